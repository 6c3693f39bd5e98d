import type { Person, Seat, ShownBet } from './audience.ts'
import type { GameState } from './game.ts'
import type { CashedOut, Cancelled, Placed } from './ledger.ts'
import { betsText, multiplierText, roundText, type Writing } from './writing.ts'

/** Bets are placed (K10). */
export function placedAnswer({ round, bets, balance, at }: Placed, writing: Writing): string {
  const { money, target: targetText } = writing
  const slots = bets.map(
    ({ slot, amount, status, target }) =>
      `{"slotId":${slot},"amount":${money(amount)},"status":"${status}"${targetText(amount, target)}}`,
  )
  return `{"roundId":${roundText(round)},"slots":[${slots.join(',')}],"balance":${money(balance)},"timestamp":${at}}`
}

/** Bets are cashed out (K11). */
export function cashedOutAnswer({ wins, balance, at }: CashedOut, { money }: Writing): string {
  const results = wins.map(
    ({ slot, amount, multiplier, payout }) =>
      `{"slotId":${slot},"betAmount":${money(amount)},"multiplier":${multiplierText(multiplier)},"winAmount":${money(payout)},"profit":${money(payout - amount)}}`,
  )
  return `{"results":[${results.join(',')}],"balance":${money(balance)},"timestamp":${at}}`
}

/** Bets are cancelled (K13). */
export function cancelledAnswer({ slots, refund, balance }: Cancelled, { money }: Writing): string {
  return `{"cancelled":[${slots.join(',')}],"refundAmount":${money(refund)},"balance":${money(balance)}}`
}

/** A player is let in (R17); times in epoch ms. */
export function authenticatedAnswer(
  { playerId, nickname }: Person,
  { balance, currency, expiresAt }: { balance: number; currency: string; expiresAt: number },
  at: number,
  { money }: Writing,
): string {
  return `{"success":true,"playerId":${JSON.stringify(playerId)},"nickname":${JSON.stringify(nickname)},"balance":${money(balance)},"currency":"${currency}","expiresAt":${expiresAt},"timestamp":${at}}`
}

/** Most players that the state lists; the sums are always those of all. */
export const mostPlayers = 100

/** Writes the state of the game (K12) with the bets of whoever asks; what is the same for all is written once a change. */
export function createStateAnswers(
  writing: Writing,
): (state: GameState, own: readonly ShownBet[], at: number) => string {
  let revision = NaN
  let players = ''
  return (state, own, at) => {
    if (state.revision !== revision) {
      revision = state.revision
      players = playersText(state.seats, writing)
    }
    const { round, phase, multiplier, elapsed, remaining, totals } = state
    return `{"roundId":${roundText(round)},"phase":"${phase}","currentMultiplier":${multiplierText(multiplier)},"elapsedTime":${elapsed},"timeRemaining":${remaining},"myBets":${betsText(own, writing, true)},"players":${players},"totalPlayers":${totals.players},"totalBets":${writing.money(totals.staked)},"timestamp":${at}}`
  }
}

function playersText(seats: Iterable<Seat>, writing: Writing): string {
  const shown: string[] = []
  for (const { person, bets } of seats) {
    if (shown.length === mostPlayers) break
    shown.push(`{${writing.identity(person)},"bets":${betsText(bets, writing, false)}}`)
  }
  return `[${shown.join(',')}]`
}
