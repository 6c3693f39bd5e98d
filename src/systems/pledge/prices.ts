import type { Clock } from '../../core/clock.ts'

/** The last price of a symbol as GET tells it (P14); without one yet all but the symbol is null and it is stale. */
export interface Quote {
  readonly symbol: string
  /** The exact text of the exchange (P13). */
  readonly price: string | null
  /** When it arrived here, epoch ms. */
  readonly at: number | null
  /** Ms since then, by the monotonic clock. */
  readonly age_ms: number | null
  /** No price has come for `staleAfter` ms, or none since the server started. */
  readonly stale: boolean
}

/** A price with the time it arrived (epoch ms). */
export interface Dated {
  readonly price: string
  readonly at: number
}

/** The last price of each symbol, in memory (P2). */
export interface Prices {
  /** A price has come from the exchange. */
  take(symbol: string, price: string): Dated
  /** A price of an earlier run: it stays stale until the exchange has spoken. */
  restore(symbol: string, dated: Dated): void
  quote(symbol: string): Quote
}

/** Whether the text is a plain decimal number: digits, with a point between some where it has one, at most 64 characters. Nothing else goes out to clients (P13). */
export function isPrice(text: string): boolean {
  return text.length <= 64 && /^\d+(\.\d+)?$/.test(text)
}

/** Remembers prices; `staleAfter` in ms. */
export function createPrices(clock: Clock, staleAfter: number): Prices {
  const last = new Map<string, Dated & { readonly since: number; readonly restored: boolean }>()
  return {
    take(symbol, price) {
      const dated = { price, at: clock.now() }
      last.set(symbol, { ...dated, since: clock.elapsed(), restored: false })
      return dated
    },
    restore(symbol, { price, at }) {
      const since = clock.elapsed() - Math.max(0, clock.now() - at)
      last.set(symbol, { price, at, since, restored: true })
    },
    quote(symbol) {
      const found = last.get(symbol)
      if (found === undefined) return { symbol, price: null, at: null, age_ms: null, stale: true }
      const { price, at, since, restored } = found
      const age = Math.floor(clock.elapsed() - since)
      return { symbol, price, at, age_ms: age, stale: restored || age >= staleAfter }
    },
  }
}
