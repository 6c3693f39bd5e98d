import * as v from 'valibot'
import type { Clock, Stop } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Store } from '../../core/store.ts'
import { isPrice, type Dated } from './prices.ts'

/** What keeping prices works with. */
export interface KeepingParts {
  readonly store: Pick<Store, 'get' | 'put'>
  readonly clock: Clock
  readonly log: Log
}

/** Keeps the last price of each symbol over restarts (P2). */
export interface Keeping {
  /** The price that was kept last; null when there is none that can be used. */
  read(symbol: string): Promise<Dated | null>
  /** To be kept in place of the price before it: at most one write a second, one at a time, of the newest. */
  keep(symbol: string, dated: Dated): void
  /** Writes what is not written yet; afterwards nothing is kept any more. */
  stop(): Promise<void>
}

/** From the begin of a write to the next one, ms. */
const everyMs = 1_000

const Kept = v.object({ price: v.pipe(v.string(), v.check(isPrice)), at: v.number() })

/** Where the price of a symbol is kept, without an expiry (P2): `plgr_price` for PLGR-USDT; for other quotes `plgr_btc_price`. */
export function keyOf(symbol: string): string {
  const [base = '', quote] = symbol.toLowerCase().split('-')
  return quote === 'usdt' ? `${base}_price` : `${base}_${quote}_price`
}

/** Keeps prices in the store. A store that fails is told once in the log and tried again. */
export function createKeeping({ store, clock, log }: KeepingParts): Keeping {
  const unwritten = new Map<string, Dated>()
  let busy = false
  let stopped = false
  let failing = false
  let writing = Promise.resolve()
  let stopWaiting: Stop = () => {}

  async function write(): Promise<void> {
    const entries = [...unwritten]
    unwritten.clear()
    try {
      await Promise.all(entries.map(([symbol, one]) => store.put(keyOf(symbol), text(one))))
      failing = false
    } catch (error) {
      for (const [symbol, one] of entries) if (!unwritten.has(symbol)) unwritten.set(symbol, one)
      if (!failing) log.warn('prices not kept', { system: 'pledge', reason: String(error) })
      failing = true
    }
  }

  function next(): void {
    busy = unwritten.size > 0
    if (!busy || stopped) return
    const due = new Promise<void>((resolve) => (stopWaiting = clock.after(everyMs, resolve)))
    writing = write()
    void Promise.all([writing, due]).then(next)
  }

  return {
    async read(symbol) {
      const kept = await store.get(keyOf(symbol), clock.now())
      if (kept === null) return null
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Kept), kept)
      return parsed.success ? parsed.output : null
    },
    keep(symbol, dated) {
      unwritten.set(symbol, dated)
      if (!busy) next()
    },
    async stop() {
      stopped = true
      stopWaiting()
      await writing
      if (unwritten.size > 0) await write()
    },
  }
}

function text({ price, at }: Dated): string {
  return JSON.stringify({ price, at })
}
