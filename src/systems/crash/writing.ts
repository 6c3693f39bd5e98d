import { formatAmount } from '../../core/money.ts'
import type { Person, ShownBet } from './audience.ts'

/** How money and people stand in frames. */
export interface Writing {
  /** Minor units as a JSON string with all decimals of the currency: `"9850.00"` (K32). */
  money(minor: number): string
  /** `"playerId":…,"nickname":…` as everybody may see them: of somebody anonymous neither is told. */
  identity(person: Person): string
}

/** Writes with so many decimals; `alias` is what somebody anonymous is called in place of the id. */
export function createWriting({
  decimals,
  alias,
}: {
  readonly decimals: number
  readonly alias: (account: number) => string
}): Writing {
  return {
    money: (minor) => `"${formatAmount(minor, decimals)}"`,
    identity: ({ account, playerId, nickname, isAnonymous }) =>
      isAnonymous
        ? `"playerId":"${alias(account)}","nickname":"Anonymous"`
        : `"playerId":${JSON.stringify(playerId)},"nickname":${JSON.stringify(nickname)}`,
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
  { money }: Writing,
  own: boolean,
): string {
  const auto = own && target !== null ? `,"autoCashOut":"${multiplierText(target)}"` : ''
  const out = multiplier === null ? '' : `,"cashOutMultiplier":${multiplierText(multiplier)}`
  const won = payout === null ? '' : `,"winAmount":${money(payout)}`
  return `{"slotId":${slot},"amount":${money(amount)},"status":"${status}"${auto}${out}${won}}`
}
