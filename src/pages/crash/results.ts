import type { CrashBet } from '../../client/crash-types.ts'
import { keep, readKept } from '../common/storage.ts'
import type { Result } from './view.ts'

const kept = 'fanfare-crash-results'
const mostKept = 100

/** What a player's bets came to while this tab was open; none where the browser keeps nothing. */
export function readResults(player: string): readonly Result[] {
  try {
    const all = JSON.parse(readKept('sessionStorage', kept) ?? '{}')
    return all.player === player ? all.results : []
  } catch {
    return []
  }
}

/** Adds the bets of a round that is over, newest first, each once, and keeps them. */
export function addResults(
  results: readonly Result[],
  player: string,
  round: {
    readonly roundId: string
    readonly crashPoint: number
    readonly bets: readonly CrashBet[]
  },
): readonly Result[] {
  const { roundId, crashPoint, bets } = round
  const fresh = bets
    .filter(({ status }) => status === 'cashed_out' || status === 'lost')
    .filter(
      ({ slotId }) => !results.some((one) => one.roundId === roundId && one.slotId === slotId),
    )
    .map(({ slotId, amount, cashOutMultiplier, winAmount }) => ({
      ...{ roundId, slotId, amount, crashPoint },
      multiplier: cashOutMultiplier ?? null,
      winAmount: winAmount ?? null,
    }))
  if (fresh.length === 0) return results
  const all = [...fresh, ...results].slice(0, mostKept)
  keep('sessionStorage', kept, JSON.stringify({ player, results: all }))
  return all
}
