import { formatAmount } from '../../core/money.ts'
import type { Person, ShownBet } from './audience.ts'
import { farthest } from './stakes.ts'

/** How money and people stand in frames. */
export interface Writing {
  /** Minor units as a JSON string with all decimals of the currency: `"9850.00"` (K32). */
  money(minor: number): string
  /** `"playerId":…,"nickname":…` as everybody may see them: of somebody anonymous neither is told. */
  identity(person: Person): string
  /** `,"autoCashOut":"2.00"` of a bet that its player wants cashed out there; nothing where only the limit of profit would do it (R13). */
  target(amount: number, target: number | null): string
}

/** What the writing of a deployment depends on. */
export interface WritingParts {
  readonly decimals: number
  /** What somebody anonymous is called in place of the id. */
  readonly alias: (account: number) => string
  /** Most that one bet may win, minor units. */
  readonly maxProfit: number
}

/** The writing of a deployment. */
export function createWriting({ decimals, alias, maxProfit }: WritingParts): Writing {
  return {
    money: (minor) => `"${formatAmount(minor, decimals)}"`,
    identity: ({ account, playerId, nickname, isAnonymous }) =>
      isAnonymous
        ? `"playerId":"${alias(account)}","nickname":"Anonymous"`
        : `"playerId":${JSON.stringify(playerId)},"nickname":${JSON.stringify(nickname)}`,
    target: (amount, target) =>
      target === null || target >= farthest(amount, maxProfit)
        ? ''
        : `,"autoCashOut":"${multiplierText(target)}"`,
  }
}

/** A multiplier in hundredths as a JSON number with two decimals: `1.00` (R22). */
export function multiplierText(hundredths: number): string {
  return formatAmount(hundredths, 2)
}

/** The id of a round as frames show it; null before the first one (R9). */
export function roundText(round: number | null): string {
  return round === null || round === 0 ? 'null' : `"${round}"`
}

/** The bets of a player; `own`: with what only the player may know, where they are to be cashed out. */
export function betsText(bets: readonly ShownBet[], writing: Writing, own: boolean): string {
  return `[${bets.map((bet) => betText(bet, writing, own)).join(',')}]`
}

function betText(
  { slot, amount, status, target, multiplier, payout }: ShownBet,
  { money, target: targetText }: Writing,
  own: boolean,
): string {
  const auto = own ? targetText(amount, target) : ''
  const out = multiplier === null ? '' : `,"cashOutMultiplier":${multiplierText(multiplier)}`
  const won = payout === null ? '' : `,"winAmount":${money(payout)}`
  return `{"slotId":${slot},"amount":${money(amount)},"status":"${status}"${auto}${out}${won}}`
}
