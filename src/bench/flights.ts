import { createLatencies, type Counted } from './latency.ts'
import type { Link } from './link.ts'
import { tickedAt, tickElapsed } from './play.ts'

/** What players of one process were told; multipliers count that were told from `from` to `to` (epoch ms). */
export interface Flown {
  /** Multipliers, in all and on the connections with the fewest and the most. */
  readonly ticks: number
  readonly least: number
  readonly most: number
  /** Multipliers that never came, seen by the holes they left. */
  readonly missed: number
  /** When the first and the last that count were told, epoch ms. */
  readonly firstAt: number
  readonly lastAt: number
  /** µs from telling to hearing; up to a ms too long, since servers tell whole ms. */
  readonly latencies: Counted
  /** What happened to players since they were let in, in all and on those who heard least and most of it. */
  readonly changes: number
  readonly leastChanges: number
  readonly mostChanges: number
}

/** Counts what players hear while a round flies. */
export interface Flights {
  /** Counts from nought; `tick` is the time between two multipliers, all in ms. */
  begin(span: { readonly from: number; readonly to: number; readonly tick: number }): void
  tick(link: Link, bytes: Uint8Array, end: number, now: number): void
  flown(links: readonly Link[]): Flown
}

/** Flights of nothing yet. */
export function createFlights(): Flights {
  let latencies = createLatencies()
  let [from, to, tick] = [Infinity, -Infinity, 1]
  let [missed, firstAt, lastAt] = [0, Infinity, -Infinity]
  return {
    begin(span) {
      latencies = createLatencies()
      ;({ from, to, tick } = span)
      ;[missed, firstAt, lastAt] = [0, Infinity, -Infinity]
    },
    tick(link, bytes, end, now) {
      const at = tickedAt(bytes, end)
      const elapsed = tickElapsed(bytes, end)
      const { newest } = link
      link.newest = elapsed
      if (at < from || at >= to) return
      link.frames++
      latencies.add(now - at * 1000)
      if (at < firstAt) firstAt = at
      if (at > lastAt) lastAt = at
      if (elapsed > newest + tick) missed += Math.round((elapsed - newest) / tick) - 1
    },
    flown(links) {
      const ticks = spanOf(links.map(({ frames }) => frames))
      const changes = spanOf(links.map((link) => link.changes))
      return {
        ticks: ticks.sum,
        least: ticks.least,
        most: ticks.most,
        missed,
        firstAt,
        lastAt,
        latencies: latencies.counted(),
        changes: changes.sum,
        leastChanges: changes.least,
        mostChanges: changes.most,
      }
    },
  }
}

function spanOf(counts: readonly number[]) {
  return {
    sum: counts.reduce((sum, count) => sum + count, 0),
    least: counts.reduce((a, b) => Math.min(a, b), Infinity),
    most: counts.reduce((a, b) => Math.max(a, b), 0),
  }
}
