import { formatAmount } from '../../core/money.ts'
import type { Chain } from './chains.ts'
import type { PastRound } from './ledger.ts'
import type { CrashOptions } from './options.ts'
import { multiplierText, roundText, type Writing } from './writing.ts'

/** What is promised: the chain that is played, and as `next` one that waits for its turn; null without any. */
export function fairnessText(playable: Chain | null, known: readonly Chain[]): string | null {
  const shown = playable ?? known[0] ?? null
  if (shown === null) return null
  const next = known.find(({ id }) => id > shown.id)
  return `{${promiseOf(shown)}${next === undefined ? '' : `,"next":{${promiseOf(next)}}`}}`
}

/** What everybody plays by: currency, limits of a bet, the curve, how long things last in ms, and whether there is play money for whoever asks. */
export function rulesText(
  options: Pick<CrashOptions, 'currency' | 'limits' | 'terms' | 'times' | 'sign'>,
): string {
  const { currency, limits, terms, times } = options
  const { decimals, minBet, maxBet, maxProfit, maxMultiplier } = limits
  const money = (minor: number) => formatAmount(minor, decimals)
  const { betting, waiting, tick } = times
  const bounds = { minBet: money(minBet), maxBet: money(maxBet), maxProfit: money(maxProfit) }
  const playMoney = options.sign !== null
  const rest = { curve: terms.curve, betting, waiting, tick, playMoney }
  const text = JSON.stringify({ currency, decimals, ...bounds, ...rest })
  return `${text.slice(0, -1)},"maxMultiplier":${multiplierText(maxMultiplier)}}`
}

/** Every chain there was, newest first: what older rounds are checked by. */
export function chainsText(known: readonly Chain[]): string {
  return `{"chains":[${known.map((chain) => `{"chain":${chain.id},${promiseOf(chain)}}`).join(',')}]}`
}

/** A list of rounds as everybody may see them. */
export function roundsText(rounds: readonly PastRound[]): string {
  return `{"rounds":[${rounds.map((round) => `{${roundMembers(round)}}`).join(',')}]}`
}

/** One round with its sums and the promise of the chain it is of; a scenario has none. */
export function roundDetailText(
  round: PastRound,
  chain: Chain | null,
  { money }: Pick<Writing, 'money'>,
): string {
  const { source, endedAt, bets, staked, paid, curve } = round
  const sums = `"bets":${bets},"totalBets":${money(staked)},"totalPayout":${money(paid)}`
  const promise = chain === null ? 'null' : `{${promiseOf(chain)}}`
  return `{${roundMembers(round)},"endedAt":${endedAt},"source":"${source}","curve":${JSON.stringify(curve)},${sums},"fairness":${promise}}`
}

function promiseOf(chain: Chain): string {
  const { h0, length, rtpBps, curve, cap, salt, saltSource, saltAt, committedAt } = chain
  const { position, leftAt } = chain
  const given = `"salt":${JSON.stringify(salt)},"saltSource":"${saltSource}","saltAt":${saltAt}`
  return `"commitment":"${h0}","length":${length},"rtpBps":${rtpBps},"curve":${JSON.stringify(curve)},"cap":${multiplierText(cap)},"committedAt":${committedAt},${given},"position":${position},"leftAt":${leftAt}`
}

/** Until a round is over its hash gives the crash point away. */
function roundMembers({ round, status, crash, hash, index, startedAt }: PastRound): string {
  const over = status !== 'open'
  const point = status === 'ended' && crash !== null ? multiplierText(crash) : 'null'
  const shown = over ? JSON.stringify(hash) : 'null'
  const state = over ? status : 'running'
  return `"roundId":${roundText(round)},"status":"${state}","crashPoint":${point},"hash":${shown},"roundIndex":${index},"startedAt":${startedAt}`
}
