import * as v from 'valibot'
import { named } from '../../core/operation.ts'
import type { Wire, WireCommand } from '../../core/wire.ts'
import { heartbeat, namesOf } from './codec.ts'
import { Authentication, CancelBet, EventTypes, mostSlots } from './shapes.ts'
import { answers, refusals } from './wire-answers.ts'
import { events } from './wire-events.ts'
import { Slot } from './wire-shapes.ts'

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(128))
/** Names that clients of a protobuf gateway write; nobody looks at which. */
const Typed = { '@type': v.optional(v.string()) }

const Target = v.pipe(
  v.union([v.pipe(v.number(), v.minValue(1.01)), v.pipe(v.string(), v.regex(/^\d+(\.\d{1,2})?$/))]),
  v.description('Cashed out at exactly that, whatever the network does; two decimals, from 1.01'),
)
const Stake = v.pipe(
  v.string(),
  v.regex(/^(0|[1-9]\d*)(\.\d+)?$/),
  v.description('A decimal string; a refusal names the limits'),
)
const Slots = v.nullish(
  named(
    'Bets',
    v.object({
      ...Typed,
      slots: v.pipe(
        v.array(v.object({ slotId: Slot, amount: Stake, autoCashOut: v.nullish(Target) })),
        v.minLength(1),
        v.maxLength(mostSlots),
      ),
    }),
  ),
)
const Wish = v.object({
  ...Typed,
  amount: v.nullish(v.pipe(Stake, v.description('The sum of the slots'))),
  nextRound: v.nullish(
    v.pipe(v.boolean(), v.description('In any phase: for the next round, money held at once')),
  ),
  gameParams: v.nullish(v.object({ ...Typed, crashParams: Slots, crash: Slots })),
  crashParams: Slots,
  crash: Slots,
})
const Out = v.object({
  ...Typed,
  slotId: v.nullish(Slot),
  cashOutAll: v.nullish(v.boolean()),
})

/** A request; it is known by several names. */
function request(
  name: string,
  means: string,
  payload: v.GenericSchema,
  ...examples: readonly (readonly [i: string, p: object])[]
): Record<string, WireCommand> {
  const names = namesOf(name)
  return {
    [name]: {
      means: `${means} Also as ${names
        .slice(1)
        .map((other) => `\`${other}\``)
        .join(', ')}.`,
      frame: v.object({ i: Id, t: v.picklist(names), p: payload }),
      examples: examples.map(([i, p]) => ({ i, t: name, p })),
      answers: [name === 'PING' ? 'PONG' : `${name}_RESPONSE`],
    },
  }
}

/** The wire of this system (K1–K24). */
export const wire: Wire = {
  title: 'crash: the multiplier game',
  about: `Everybody bets on one number that rises from 1.00 until it crashes; whoever cashes out before wins the stake times the number. A round is \`betting\`, \`flying\`, \`waiting\`, then the next. The first frame is the state (\`i\` = \`state-init\`), then, with a token in the handshake, \`AUTH_RESPONSE\` (\`i\` = \`auth-init\`). Without a token one is a spectator until a frame \`AUTH\`: sees everything, plays nothing. The token is a JWT with \`sub\` (the player), \`aud\` = \`crash\` and \`exp\`, and with \`name\`, \`avatar\`, \`anonymous\` if wanted.

A request has an \`i\` of its own choice, which comes back with its answer; events have \`evt-N\`. **A money command that got no answer is sent again as it was, with the same \`i\`**: it takes effect once, and its first answer comes again, also after a restart. So every new wish needs a new \`i\`. What counts is when a frame arrives. Bets stay in play when a connection ends. Amounts are decimal strings, multipliers numbers with two decimals, times ms, \`timestamp\` ms since 1970.`,
  credentials: ['query', 'header', 'frame'],
  query: v.object({}),
  params: {},
  refused: '{"code","message","details"}',
  handshake: {
    TOO_MANY_CONNECTIONS: 'Too many connections, or spectators, from one address',
  },
  client: {
    ...request(
      'AUTH',
      'Makes the connection that of a player, or moves its expiry with a newer token of the same one. A token that does not hold ends the connection with 4401.',
      Authentication,
      ['auth-001', { token: 'jwt-token' }],
    ),
    ...request('PING', 'To measure the network.', v.optional(v.looseObject({})), [
      'ping-001',
      { timestamp: 1704096000000 },
    ]),
    ...request('GET_STATE', 'How the game stands.', v.optional(v.looseObject({})), ['msg-003', {}]),
    ...request(
      'PLACE_BET',
      'Bets in one to three slots while `betting`; all are taken or none. The slots stand in one of `gameParams.crashParams`, `gameParams.crash`, `crashParams`, `crash`.',
      Wish,
      [
        'msg-001',
        {
          amount: '150.00',
          gameParams: {
            crashParams: {
              slots: [
                { slotId: 1, amount: '100.00' },
                { slotId: 2, amount: '50.00', autoCashOut: '2.00' },
              ],
            },
          },
        },
      ],
      ['msg-005', { crash: { slots: [{ slotId: 3, amount: '5.00' }] }, nextRound: true }],
    ),
    ...request(
      'CASH_OUT',
      'Takes the win of a slot, or of all, while `flying`; with neither that of the only bet there is.',
      v.optional(Out),
      ['msg-002', { slotId: 1, cashOutAll: false }],
      ['msg-006', { cashOutAll: true }],
    ),
    ...request(
      'CANCEL_BET',
      'Takes a bet back while `betting`, one for the next round in any phase; `slotId` 0 is all.',
      CancelBet,
      ['msg-004', { slotId: 1 }],
    ),
    ...request(
      'SUBSCRIBE',
      'Everybody hears every event until the first of these: then only what was named.',
      EventTypes,
      ['sub-001', { eventTypes: ['CRASH_MULTIPLIER_UPDATE', 'CRASH_PLAYER_UPDATE'] }],
    ),
    ...request('UNSUBSCRIBE', 'Not to hear these any more.', EventTypes, [
      'unsub-001',
      { eventTypes: ['CRASH_PLAYER_UPDATE'] },
    ]),
    [heartbeat]: {
      means: 'The heartbeat of some clients, as bare text; answered with the text `1`.',
      frame: v.literal(heartbeat),
      examples: [heartbeat],
      answers: ['1'],
    },
  },
  server: { ...answers, ...events },
  refusal: {
    frame: 'ERROR',
    id: '/i',
    codes: refusals,
  },
  alive:
    'The server sends a WebSocket ping every {interval}, which client libraries answer by themselves; any frame is a sign of life.',
  closes: { unauthorized: 'The token does not hold or has expired: come back with a new one' },
}
