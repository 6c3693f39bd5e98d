import { Refusal } from '../../core/errors.ts'
import { formatAmount } from '../../core/money.ts'
import { winOf, type Stake } from './ledger.ts'

/** What bets may come to; amounts in minor units, multipliers in hundredths. */
export interface Limits {
  readonly minBet: number
  readonly maxBet: number
  /** Most that one bet may win: it is cashed out where it would win more. */
  readonly maxProfit: number
  /** Most that all bets of a round could win together. */
  readonly maxExposure: number
  /** Highest crash point of chains to come. */
  readonly maxMultiplier: number
  /** Of the currency, for what is told of a limit. */
  readonly decimals: number
}

/** A stake with the most it can win. */
export interface Weighed {
  readonly stake: Stake
  readonly profit: number
}

/** The largest multiplier at which a bet of `amount` wins at most `maxProfit`. */
export function farthest(amount: number, maxProfit: number): number {
  const bound = 100n * (BigInt(maxProfit) + BigInt(amount) + 1n) - 1n
  return Number(bound / BigInt(amount))
}

/**
 * Holds a stake against the limits, `cap` being the highest multiplier a round can reach: its target is the player's own
 * or where it would win too much, whichever comes first. Refuses INVALID_AMOUNT with the limit that it breaks.
 */
export function weigh(stake: Stake, cap: number, limits: Limits): Weighed {
  const { slot, amount } = stake
  const { minBet, maxBet, maxProfit, decimals } = limits
  if (amount < minBet) throw beyond('A bet is at least', minBet, slot, decimals)
  if (amount > maxBet) throw beyond('A bet is at most', maxBet, slot, decimals)
  const forced = farthest(amount, maxProfit)
  // At 1.00 nobody wins, so such a bet could only lose (R25).
  if (forced < 101) throw beyond('A bet wins at most', maxProfit, slot, decimals)
  const highest = Math.min(stake.target ?? cap, cap, forced)
  const target =
    stake.target === null && forced >= cap ? null : Math.min(stake.target ?? cap, forced)
  return { stake: { slot, amount, target }, profit: winOf(amount, highest) - amount }
}

/** The refusal of bets that could win more than a round may. */
export function overExposed({ maxExposure, decimals }: Limits): Refusal {
  const limit = formatAmount(maxExposure, decimals)
  return new Refusal('INVALID_AMOUNT', 'The bets of this round could win no more together', {
    limit,
  })
}

function beyond(what: string, minor: number, slotId: number, decimals: number): Refusal {
  const limit = formatAmount(minor, decimals)
  return new Refusal('INVALID_AMOUNT', `${what} "${limit}"`, { slotId, limit })
}
