/** One symbol of a simulated exchange: a price that walks at random, and the sequence of its ticks. */
export interface Market {
  readonly symbol: string
  /** An exact decimal text such as `0.002700`; its trailing zeros stay. */
  readonly price: string
  readonly sequence: bigint
  /** One step at random, with a newer sequence. */
  move(): void
  /** This price from now on, with a newer sequence unless one is given. */
  set(price: string, sequence?: bigint): void
  /** Counts from one again. */
  beginAnew(): void
}

/** Beyond what a number holds exactly (2^53), as the sequences of an exchange may be; the ms of the start are added, so that one that is started again goes on above. */
export const firstSequence = 9_007_199_254_740_993_000n

/** A market that begins at `now` (epoch ms); its first price and every step are drawn from `random`. */
export function createMarket(symbol: string, random: () => number, now: number): Market {
  const decimals = symbol.startsWith('PLGR-') ? 6 : 2 + Math.floor(random() * 7)
  let units = symbol.startsWith('PLGR-') ? 2_700n : 1_000n + BigInt(Math.floor(random() * 9e6))
  let price = decimal(units, decimals)
  let sequence = firstSequence + BigInt(Math.floor(now))

  return {
    symbol,
    get price() {
      return price
    },
    get sequence() {
      return sequence
    },
    move() {
      // At most one percent a step, and never down to nothing.
      const widest = Number(units / 100n) + 1
      units += BigInt(Math.round((random() * 2 - 1) * widest))
      if (units < 100n) units = 200n - units
      price = decimal(units, decimals)
      sequence += 1n + BigInt(Math.floor(random() * 5))
    },
    set(given, at = sequence + 1n) {
      price = given
      sequence = at
    },
    beginAnew() {
      sequence = 1n
    },
  }
}

/** `decimal(2700n, 6)` → `0.002700`. */
function decimal(units: bigint, decimals: number): string {
  const digits = String(units).padStart(decimals + 1, '0')
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** Chance that repeats itself: the same seed, the same numbers from 0 up to 1 (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
