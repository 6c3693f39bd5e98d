import * as v from 'valibot'
import { Instant, Whole } from '../../core/operation.ts'
import type { ErrorCode } from '../../core/errors.ts'
import type { WireFrame } from '../../core/wire.ts'
import { mostPlayers } from './answers.ts'
import { eventTypes } from './events.ts'
import {
  active,
  Bet,
  bet,
  frame,
  identity,
  Money,
  Multiplier,
  OwnBet,
  person,
  Phase,
  RoundId,
  roundId,
  Slot,
  told,
} from './wire-shapes.ts'

const Events = v.array(v.picklist(eventTypes))

/** Every code of a refusal (K19, R28). */
export const refusals = {
  RATE_LIMITED: '`details.retryAfterMs`; who goes on all the same is closed with 4429',
  UNAUTHORIZED: 'No token, or one that does not hold or has expired: then the connection ends',
  INSUFFICIENT_BALANCE: '`details.required` and `details.available` tell the sums',
  INVALID_AMOUNT: 'No amount, beyond a limit (`details.limit`), or not the sum of the slots',
  INVALID_PHASE: 'Not in this phase',
  BET_NOT_FOUND: 'No such bet, or none at all',
  ALREADY_CASHED_OUT: 'This bet has won already',
  ROUND_ENDED: 'A cash-out that arrived after the crash',
  MAX_BETS_EXCEEDED: 'More than three slots, one twice, or one that is taken',
  INVALID_MULTIPLIER: '`autoCashOut` below 1.01 or above the highest crash point',
  INVALID_REQUEST:
    'No frame, an unknown request, a field that does not fit (`details.fields`), or another wish under an `i` that was used',
  INTERNAL_ERROR:
    'With `details.cause` `STORE_UNAVAILABLE` or `OVERLOADED` the outcome is unknown: send the same frame again, with the same `i`. With `RESTARTING` nothing was done. Otherwise a fault of ours',
} satisfies Partial<Record<ErrorCode, string>>

const Details = v.object({
  httpStatus: Whole,
  retryAfterMs: v.optional(Whole),
  ...{ required: v.optional(Money), available: v.optional(Money), staked: v.optional(Money) },
  ...{ limit: v.optional(Money), slotId: v.optional(Slot) },
  ...{ lowest: v.optional(Multiplier), highest: v.optional(Multiplier) },
  fields: v.optional(v.array(v.object({ path: v.string(), message: v.string() }))),
  cause: v.optional(v.string()),
})

/** What requests are answered with (K6, K10–K13, K18). */
export const answers: Readonly<Record<string, WireFrame>> = {
  ...told(
    'AUTH_RESPONSE',
    'A player is let in; unasked after the state when the token came in the handshake.',
    {
      success: v.literal(true),
      ...identity,
      ...{ balance: Money, currency: v.string(), expiresAt: Instant },
    },
    [
      'auth-001',
      {
        ...{ success: true, ...person, balance: '10000.00', currency: 'USD' },
        ...{ expiresAt: 1704099600000 },
      },
    ],
  ),
  ...told('PONG', 'The answer to `PING`.', {}, ['ping-001', {}]),
  ...told(
    'GET_STATE_RESPONSE',
    `The state of the game; the first frame of a connection. At most ${mostPlayers} players are listed, the sums are those of all. \`currentMultiplier\` and \`elapsedTime\` are 1.00 and 0 while betting, the crash point and the length of the flight while waiting.`,
    {
      roundId: v.pipe(v.nullable(RoundId), v.description('Null before the first round')),
      ...{ phase: Phase, currentMultiplier: Multiplier, elapsedTime: Whole },
      timeRemaining: v.pipe(v.nullable(Whole), v.description('Null in flight')),
      myBets: v.array(OwnBet),
      players: v.array(v.object({ ...identity, bets: v.array(Bet) })),
      ...{ totalPlayers: Whole, totalBets: Money },
    },
    [
      'msg-003',
      {
        ...{ roundId, phase: 'flying', currentMultiplier: 1.85, elapsedTime: 3500 },
        ...{ timeRemaining: null, myBets: [active], players: [{ ...person, bets: [active] }] },
        ...{ totalPlayers: 45, totalBets: '15230.00' },
      },
    ],
  ),
  ...told(
    'PLACE_BET_RESPONSE',
    'The bets are taken. For the next round: `roundId` null, `status` `pending`.',
    {
      roundId: v.nullable(RoundId),
      slots: v.array(
        v.object({
          ...bet,
          status: v.picklist(['pending', 'active']),
          autoCashOut: v.optional(Money),
        }),
      ),
      ...{ balance: Money },
    },
    ['msg-001', { roundId, slots: [active], balance: '9900.00' }],
  ),
  ...told(
    'CASH_OUT_RESPONSE',
    'What the bets have won; `profit` is without the stake.',
    {
      results: v.array(
        v.object({
          ...{ slotId: Slot, betAmount: Money, multiplier: Multiplier },
          ...{ winAmount: Money, profit: Money },
        }),
      ),
      ...{ balance: Money },
    },
    [
      'msg-002',
      {
        results: [
          {
            ...{ slotId: 1, betAmount: '100.00', multiplier: 2.35 },
            ...{ winAmount: '235.00', profit: '135.00' },
          },
        ],
        ...{ balance: '10085.00' },
      },
    ],
  ),
  ...frame(
    'CANCEL_BET_RESPONSE',
    'These slots are free again.',
    { cancelled: v.array(Slot), refundAmount: Money, balance: Money },
    ['msg-004', { cancelled: [1], refundAmount: '100.00', balance: '9950.00' }],
  ),
  ...Object.assign(
    {},
    ...['SUBSCRIBE', 'UNSUBSCRIBE'].map((name) =>
      frame(
        `${name}_RESPONSE`,
        'What is heard from now on.',
        { success: v.literal(true), eventTypes: Events },
        ['sub-001', { success: true, eventTypes: ['CRASH_STATS'] }],
      ),
    ),
  ),
  ...told(
    'ERROR',
    'A request is refused; `i` is empty where none could be read. When several things are wrong the first of these is told: shape, token, rate, phase, slots, amount, balance.',
    {
      code: v.picklist(Object.keys(refusals)),
      message: v.string(),
      details: Details,
    },
    [
      'msg-001',
      {
        ...{ code: 'INSUFFICIENT_BALANCE', message: 'Not enough money' },
        details: { required: '150.00', available: '100.00', httpStatus: 400 },
      },
    ],
  ),
  1: { means: 'The answer to the text `0`.', frame: v.literal('1'), examples: ['1'] },
}
