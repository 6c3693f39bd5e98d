import * as v from 'valibot'
import { Whole } from '../../core/operation.ts'
import type { WireFrame } from '../../core/wire.ts'
import { mostListed } from './events.ts'
import {
  active,
  Bet,
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

const Average = v.pipe(v.number(), v.minValue(0))

/** What happens, unasked (K7, K14–K17, K20). */
export const events: Readonly<Record<string, WireFrame>> = {
  ...told(
    'CRASH_PHASE_CHANGE',
    'A phase begins.',
    {
      ...{ roundId: RoundId, phase: Phase },
      duration: v.pipe(v.nullable(Whole), v.description('Null of `flying`: nobody knows it')),
      ...{ nextPhase: Phase },
    },
    ['evt-1', { roundId, phase: 'betting', duration: 5000, nextPhase: 'flying' }],
  ),
  ...told(
    'CRASH_MULTIPLIER_UPDATE',
    'The multiplier in flight; to a slow reader only the newest.',
    { multiplier: Multiplier, elapsedTime: Whole },
    ['evt-2', { multiplier: 1.85, elapsedTime: 3500 }],
  ),
  ...told(
    'CRASH_PLAYER_UPDATE',
    'The bets of a player have changed; of several changes between two multipliers the newest.',
    {
      action: v.picklist(['BET_PLACED', 'BET_CANCELLED', 'CASHED_OUT', 'LEFT']),
      player: v.object({
        ...identity,
        ...{ avatar: v.string(), isAnonymous: v.boolean(), bets: v.array(Bet) },
      }),
      ...{ totalPlayers: Whole, totalBets: Money },
    },
    [
      'evt-3',
      {
        action: 'BET_PLACED',
        player: { ...person, avatar: '', isAnonymous: false, bets: [active] },
        ...{ totalPlayers: 46, totalBets: '15430.00' },
      },
    ],
  ),
  ...told(
    'CRASH_ROUND_END',
    `The crash. A row for each slot, at most ${mostListed} winners and losers; \`hash\` and \`roundIndex\` prove the crash point, and are null in rounds of a scenario.`,
    {
      ...{ roundId: RoundId, crashPoint: Multiplier, duration: Whole },
      winners: v.array(
        v.object({
          ...{ ...identity, slotId: Slot, betAmount: Money },
          ...{ cashOutMultiplier: Multiplier, winAmount: Money, profit: Money },
        }),
      ),
      losers: v.array(v.object({ ...identity, slotId: Slot, betAmount: Money, lostAmount: Money })),
      ...{ totalBets: Money, totalPayout: Money, nextRoundIn: Whole },
      hash: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
      ...{ roundIndex: v.nullable(Whole) },
    },
    [
      'evt-4',
      {
        ...{ roundId, crashPoint: 3.45, duration: 8523, winners: [] },
        losers: [{ ...person, slotId: 1, betAmount: '200.00', lostAmount: '200.00' }],
        ...{ totalBets: '200.00', totalPayout: '0.00', nextRoundIn: 3000 },
        ...{ hash: null, roundIndex: null },
      },
    ],
  ),
  ...told(
    'CRASH_STATS',
    'The last 24 hours, after each round and once a minute; 0 where there was nothing.',
    {
      last24h: v.object({
        ...{ totalRounds: Whole, averageCrashPoint: Average, maxCrashPoint: Average },
        ...{ minCrashPoint: Average, totalBets: Money, totalPayout: Money, rtp: Average },
      }),
      currentStreak: v.object({ below2x: Whole, above10x: Whole }),
      recentCrashPoints: v.pipe(
        v.array(Multiplier),
        v.maxLength(10),
        v.description('Newest first'),
      ),
    },
    [
      'evt-5',
      {
        last24h: {
          ...{ totalRounds: 8640, averageCrashPoint: 2.03, maxCrashPoint: 523.45 },
          ...{ minCrashPoint: 1, totalBets: '1523450.00', totalPayout: '1478126.50', rtp: 0.9703 },
        },
        currentStreak: { below2x: 3, above10x: 0 },
        recentCrashPoints: [1.23, 3.45],
      },
    ],
  ),
  ...told(
    'CRASH_MY_RESULT',
    'To a player with bets, after the end of the round: what became of them.',
    {
      ...{ roundId: RoundId, crashPoint: Multiplier, bets: v.array(OwnBet) },
    },
    ['evt-6', { roundId, crashPoint: 3.45, bets: [{ ...active, status: 'lost' }] }],
  ),
  ...told(
    'BALANCE_UPDATE',
    'To a player: the balance has changed by something else than the answer to a command.',
    {
      ...{ playerId: v.string(), currency: v.string(), balance: Money, changeAmount: Money },
      reason: v.picklist(['AUTO_CASH_OUT', 'REFUND', 'CREDIT', 'DEBIT', 'ROLLBACK']),
      ...{ gameId: v.literal('crash') },
    },
    [
      'evt-7',
      {
        ...{ playerId: 'player456', currency: 'USD', balance: '10100.00' },
        ...{ changeAmount: '100.00', reason: 'CREDIT', gameId: 'crash' },
      },
    ],
  ),
}
