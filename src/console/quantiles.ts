import type { Sample } from '../core/metrics.ts'
import type { Quantiles } from '../pages/console/api.ts'

/** What fell into a histogram of seconds between two readings of its cumulative buckets, in ms; within a bucket it counts as even. */
export function quantilesOf(before: readonly Sample[], after: readonly Sample[]): Quantiles {
  const earlier = new Map(before.map(([[bound], count]) => [bound, count]))
  const buckets = after.map(([[bound = ''], count]) => ({
    bound: bound === '+Inf' ? Infinity : Number(bound),
    count: count - (earlier.get(bound) ?? 0),
  }))
  const count = buckets.at(-1)?.count ?? 0
  if (count <= 0) return { count: 0, p50: null, p99: null }
  return { count, p50: at(buckets, count * 0.5), p99: at(buckets, count * 0.99) }
}

function at(
  buckets: readonly { readonly bound: number; readonly count: number }[],
  rank: number,
): number {
  let low = 0
  let below = 0
  for (const { bound, count } of buckets) {
    if (count >= rank) {
      // Nothing is known beyond the last bound.
      const high = bound === Infinity ? low : bound
      return (low + ((high - low) * (rank - below)) / Math.max(count - below, 1)) * 1_000
    }
    low = bound
    below = count
  }
  return low * 1_000
}
