import * as v from 'valibot'
import { Instant, named, Whole } from '../../core/operation.ts'
import type { WireFrame } from '../../core/wire.ts'
import { mostSlots } from './shapes.ts'

/** A sum of money with all decimals of the currency. */
export const Money = v.pipe(
  v.string(),
  v.regex(/^-?\d+(\.\d+)?$/),
  v.description('A decimal string'),
)
/** A number with two decimals, from 1.00 on. */
export const Multiplier = v.pipe(v.number(), v.minValue(1))
/** The id of a round that has begun. */
export const RoundId = v.pipe(v.string(), v.regex(/^\d{16}$/))
/** One of the slots of a player. */
export const Slot = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(mostSlots))
/** What a round is in. */
export const Phase = v.picklist(['betting', 'flying', 'waiting'])
/** A player as others see it. */
export const identity = { playerId: v.string(), nickname: v.string() }

/** What every bet has. */
export const bet = { slotId: Slot, amount: Money }
const out = { cashOutMultiplier: v.optional(Multiplier), winAmount: v.optional(Money) }
/** A bet as others see it. */
export const Bet = named(
  'Bet',
  v.object({ ...bet, status: v.picklist(['active', 'cashed_out', 'lost']), ...out }),
)
/** A bet as its player sees it. */
export const OwnBet = named(
  'OwnBet',
  v.object({
    ...bet,
    status: v.picklist(['pending', 'active', 'cashed_out', 'lost']),
    autoCashOut: v.optional(Money),
    ...out,
  }),
)

/** A bet for examples. */
export const active = { slotId: 1, amount: '100.00', status: 'active' }
/** A round for examples. */
export const roundId = '2024010112345678'
/** A player for examples. */
export const person = { playerId: 'player456', nickname: 'Bob' }

/** A frame of ours (K2), and one of them; `i` is that of the request, `evt-N`, or `state-init` and `auth-init` of the first two. */
export function frame(
  t: string,
  means: string,
  payload: v.ObjectEntries,
  [i, p]: readonly [i: string, p: object],
): Record<string, WireFrame> {
  const id = v.pipe(v.string(), v.maxLength(128))
  const shape = v.object({ i: id, t: v.literal(t), p: v.object(payload) })
  return { [t]: { means, frame: shape, examples: [{ i, t, p }] } }
}

/** A frame that says when it was told. */
export function told(
  t: string,
  means: string,
  payload: v.ObjectEntries,
  [i, p]: readonly [i: string, p: object],
): Record<string, WireFrame> {
  const example = [i, { ...p, timestamp: 1704096000000 }] as const
  return frame(t, means, { ...payload, timestamp: Instant }, example)
}
