import type { Stats } from './audience.ts'

/** A round that has ended; `crash` in hundredths, sums in minor units, `at` in epoch ms. */
export interface RoundSums {
  readonly crash: number
  readonly staked: number
  readonly paid: number
  readonly at: number
}

/** Statistics of the rounds of a time that moves along (K20). */
export interface StatsWindow {
  /** The newest round; what was added before it counts as no newer. */
  add(round: RoundSums): void
  /** Of the rounds later than `now` less the window. */
  read(now: number): Stats
}

const mostRecent = 10

/** A window of `ms`; adding a round costs the same however many there are. */
export function createStats(ms: number): StatsWindow {
  const rounds = queue<RoundSums>()
  const highest = queue<RoundSums>()
  const lowest = queue<RoundSums>()
  // In a day more may be staked than a double can count.
  let staked = 0n
  let paid = 0n
  let crashes = 0
  let below2x = 0
  let above10x = 0

  function forget(now: number): void {
    for (let first = rounds.first(); first !== undefined; first = rounds.first()) {
      if (first.at > now - ms) return
      rounds.shift()
      if (highest.first() === first) highest.shift()
      if (lowest.first() === first) lowest.shift()
      staked -= BigInt(first.staked)
      paid -= BigInt(first.paid)
      crashes -= first.crash
    }
  }

  return {
    add(round) {
      const { crash } = round
      rounds.push(round)
      while ((highest.last()?.crash ?? Infinity) <= crash) highest.pop()
      highest.push(round)
      while ((lowest.last()?.crash ?? -Infinity) >= crash) lowest.pop()
      lowest.push(round)
      staked += BigInt(round.staked)
      paid += BigInt(round.paid)
      crashes += crash
      below2x = crash < 200 ? below2x + 1 : 0
      above10x = crash > 1_000 ? above10x + 1 : 0
    },
    read(now) {
      forget(now)
      const count = rounds.size()
      return {
        rounds: count,
        average: count === 0 ? 0 : Math.floor((2 * crashes + count) / (2 * count)),
        most: highest.first()?.crash ?? 0,
        least: lowest.first()?.crash ?? 0,
        staked: Number(staked),
        paid: Number(paid),
        below2x: Math.min(below2x, count),
        above10x: Math.min(above10x, count),
        recent: rounds.newest(mostRecent).map(({ crash }) => crash),
      }
    },
  }
}

interface Queue<Item> {
  push(item: Item): void
  pop(): void
  shift(): void
  first(): Item | undefined
  last(): Item | undefined
  /** Newest first. */
  newest(most: number): readonly Item[]
  size(): number
}

/** An array whose front is given up in large pieces, since `Array.shift` moves everything. */
function queue<Item>(): Queue<Item> {
  let items: Item[] = []
  let front = 0
  return {
    push: (item) => void items.push(item),
    pop: () => void items.pop(),
    shift() {
      if (++front < 1_024 || front * 2 < items.length) return
      items = items.slice(front)
      front = 0
    },
    first: () => items[front],
    last: () => (items.length > front ? items.at(-1) : undefined),
    newest: (most) => items.slice(Math.max(front, items.length - most)).reverse(),
    size: () => items.length - front,
  }
}
