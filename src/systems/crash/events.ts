import type {
  OwnResult,
  PhaseChange,
  PlayerChange,
  RoundResult,
  Stats,
  Totals,
} from './audience.ts'
import { betsText, multiplierText, roundText, type Writing } from './writing.ts'

/** What happened to everybody, in the order of the original's list, each with a subscription of its own (K7, K23). */
export const eventTypes = [
  'CRASH_PHASE_CHANGE',
  'CRASH_MULTIPLIER_UPDATE',
  'CRASH_PLAYER_UPDATE',
  'CRASH_ROUND_END',
  'CRASH_STATS',
] as const
/** One of them. */
export type EventType = (typeof eventTypes)[number]

/** Most winners, and most losers, that the end of a round lists (R26). */
export const mostListed = 100

const nextPhase = { betting: 'flying', flying: 'waiting', waiting: 'betting' } as const

/** A phase has begun (K14); in flight `duration` is null, or it would tell the crash point (R8). `at` in epoch ms, like in all of these. */
export function phaseChange({ round, phase, duration }: PhaseChange, at: number): string {
  return `{"roundId":${roundText(round)},"phase":"${phase}","duration":${duration},"nextPhase":"${nextPhase[phase]}","timestamp":${at}}`
}

/** The multiplier in flight (K15). */
export function multiplierUpdate(multiplier: number, elapsed: number, at: number): string {
  return `{"multiplier":${multiplierText(multiplier)},"elapsedTime":${elapsed},"timestamp":${at}}`
}

/** What happened to one player, with the sums of the round (K16, R12). */
export function playerUpdate(
  { action, seat: { person, bets } }: PlayerChange,
  { players, staked }: Totals,
  at: number,
  writing: Writing,
): string {
  const avatar = JSON.stringify(person.isAnonymous ? '' : person.avatar)
  const shown = betsText(bets, writing, false)
  const player = `{${writing.identity(person)},"avatar":${avatar},"isAnonymous":${person.isAnonymous},"bets":${shown}}`
  return `{"action":"${action}","player":${player},"totalPlayers":${players},"totalBets":${writing.money(staked)},"timestamp":${at}}`
}

/** How a round came out (K17), a row for each slot (R21); `hash` and `roundIndex` prove its crash point. */
export function roundEnd(result: RoundResult, at: number, { money, identity }: Writing): string {
  const winners = result.winners
    .slice(0, mostListed)
    .map(
      ({ person, win: { slot, amount, multiplier, payout } }) =>
        `{${identity(person)},"slotId":${slot},"betAmount":${money(amount)},"cashOutMultiplier":${multiplierText(multiplier)},"winAmount":${money(payout)},"profit":${money(payout - amount)}}`,
    )
  const losers = result.losers
    .slice(0, mostListed)
    .map(
      ({ person, slot, amount }) =>
        `{${identity(person)},"slotId":${slot},"betAmount":${money(amount)},"lostAmount":${money(amount)}}`,
    )
  const { round, crash, flown, hash, index, staked, paid, nextRoundIn } = result
  const proof = `"hash":${JSON.stringify(hash)},"roundIndex":${index}`
  return `{"roundId":${roundText(round)},"crashPoint":${multiplierText(crash)},"duration":${flown},"winners":[${winners.join(',')}],"losers":[${losers.join(',')}],"totalBets":${money(staked)},"totalPayout":${money(paid)},"nextRoundIn":${nextRoundIn},${proof},"timestamp":${at}}`
}

/** Statistics of the last 24 hours (K20); without a round or a bet they are 0 and never null, since clients write them with `toFixed`. */
export function statsUpdate(stats: Stats, at: number, { money }: Writing): string {
  const { rounds, average, most, least, staked, paid, below2x, above10x, recent } = stats
  const last24h = `{"totalRounds":${rounds},"averageCrashPoint":${multiplierText(average)},"maxCrashPoint":${multiplierText(most)},"minCrashPoint":${multiplierText(least)},"totalBets":${money(staked)},"totalPayout":${money(paid)},"rtp":${rtpText(staked, paid)}}`
  return `{"last24h":${last24h},"currentStreak":{"below2x":${below2x},"above10x":${above10x}},"recentCrashPoints":[${recent.map(multiplierText).join(',')}],"timestamp":${at}}`
}

/** What was paid of what was staked, four decimals, half up (R23); 0 without a stake. */
export function rtpText(staked: number, paid: number): string {
  if (staked === 0) return '0.0000'
  const whole = BigInt(staked)
  const ratio = String((BigInt(paid) * 20_000n + whole) / (2n * whole)).padStart(5, '0')
  return `${ratio.slice(0, -4)}.${ratio.slice(-4)}`
}

/** A player's balance has changed by something else than its own command; `currency` as configured. */
export function balanceUpdate(
  playerId: string,
  change: { readonly balance: number; readonly amount: number; readonly reason: string },
  at: number,
  { money }: Writing,
  currency: string,
): string {
  const { balance, amount, reason } = change
  return `{"playerId":${JSON.stringify(playerId)},"currency":"${currency}","balance":${money(balance)},"changeAmount":${money(amount)},"reason":"${reason}","gameId":"crash","timestamp":${at}}`
}

/** What a round came to for one player, whatever the lists for everybody leave out (R26). */
export function myResult({ round, crash, bets }: OwnResult, at: number, writing: Writing): string {
  return `{"roundId":${roundText(round)},"crashPoint":${multiplierText(crash)},"bets":${betsText(bets, writing, true)},"timestamp":${at}}`
}
