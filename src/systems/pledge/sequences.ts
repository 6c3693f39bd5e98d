import type { Clock } from '../../core/clock.ts'
import type { Tick } from './exchange.ts'

/**
 * Says of each tick whether it is news: the sequences of a symbol rise, whichever connection tells them.
 * An exchange that tells nothing but lower ones, themselves rising, for longer than `patience` ms has begun
 * to count anew, and from there on those are the news.
 */
export function createSequences(clock: Clock, patience: number): (tick: Tick) => boolean {
  const newest = new Map<string, bigint>()
  const lower = new Map<string, { since: number; last: bigint }>()

  function beganAnew({ symbol, sequence }: Tick): boolean {
    const now = clock.elapsed()
    const run = lower.get(symbol)
    if (run === undefined || sequence < run.last) {
      lower.set(symbol, { since: now, last: sequence })
      return false
    }
    // A repeat proves nothing: one old tick, told again and again, is no new count.
    if (sequence === run.last) return false
    run.last = sequence
    return now - run.since > patience
  }

  return (tick) => {
    const { symbol, sequence } = tick
    const last = newest.get(symbol)
    if (last !== undefined && sequence < last && !beganAnew(tick)) return false
    // A repeat of the newest says that the old count still holds.
    lower.delete(symbol)
    newest.set(symbol, sequence)
    return sequence !== last
  }
}
