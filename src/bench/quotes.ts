import type { Link } from './link.ts'

/** What a client that was made to stop reading for a while has got. */
export interface Straggler {
  /** Prices that were old when they came. */
  readonly old: number
  /** The stamp of the newest it has, µs; 0 for none. */
  readonly newest: number
}

/** What clients do with prices: leave out those that come again, and count apart what stragglers get. */
export interface Quotes {
  /** Takes a price told `age` µs ago; false when it does not count as a delivery. */
  take(link: Link, stamp: number, age: number): boolean
  /** Counts from nought; deliveries are those that were told at `from` (µs) or later. */
  begin(from: number): void
  /** Prices that came although the client had that one or a newer one. */
  readonly doubled: number
}

/** A price older than this is one that nobody wants any more. */
const oldMicros = 1_000_000

/** Quotes of nothing yet. */
export function createQuotes(): Quotes {
  let doubled = 0
  let countsFrom = 0
  return {
    take(link, stamp, age) {
      if (stamp <= link.newest) {
        doubled++
        return false
      }
      link.newest = stamp
      if (!link.straggles) return stamp >= countsFrom
      if (age > oldMicros) link.old++
      return false
    },
    begin(from) {
      doubled = 0
      countsFrom = from
    },
    get doubled() {
      return doubled
    },
  }
}

/** The clients among the links that were made to stop reading. */
export function stragglersOf(links: readonly Link[]): Straggler[] {
  return links
    .filter(({ straggles }) => straggles)
    .map(({ old, newest }): Straggler => ({ old, newest }))
}
