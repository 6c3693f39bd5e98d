import type { Clock } from '../../core/clock.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Check } from '../../system.ts'
import type { Feed } from './feed.ts'
import type { Prices, Quote } from './prices.ts'

/** What is looked at. */
export interface Watched {
  readonly symbols: readonly string[]
  readonly prices: Pick<Prices, 'quote'>
  /** Null when there is none. */
  readonly feed: Pick<Feed, 'state'> | null
  readonly clock: Clock
  readonly metrics: Metrics
  /** Not ready while the exchange is out of reach. */
  readonly required: boolean
}

/** So many symbols are told of one by one. */
const mostTold = 5

/** What /readyz says (P7): `up; PLGR-USDT 2 s old`, or since when and why the exchange is out of reach. Only that fails it, and only where it is required. */
export function checkOf({ symbols, prices, feed, clock, required }: Watched): Check {
  return () => {
    const told = symbols.slice(0, mostTold).map((symbol) => aged(prices.quote(symbol)))
    if (symbols.length > mostTold) told.push(`${symbols.length - mostTold} more`)
    const ages = told.join(', ')
    if (feed === null) return { tolerated: `off; ${ages}` }
    const { up, since, reason } = feed.state()
    if (up) return { tolerated: `up; ${ages}` }
    const down = `down for ${seconds(clock.elapsed() - since)}`
    const text = `${down}${reason === null ? '' : ` (${reason})`}; ${ages}`
    return required ? text : { tolerated: text }
  }
}

/** Tells metrics how old each price is (P7); `name` is that of the exchange. */
export function measure(
  name: string | undefined,
  { symbols, prices, metrics }: Pick<Watched, 'symbols' | 'prices' | 'metrics'>,
): void {
  metrics.collect(
    'upstream_age_seconds',
    'gauge',
    'Since the last price of a symbol',
    ['feed', 'symbol'],
    () =>
      symbols
        .map((symbol) => prices.quote(symbol))
        .filter(({ age_ms: age }) => age !== null)
        .map(({ symbol, age_ms: age }) => [[name ?? 'off', symbol], age! / 1_000] as const),
  )
}

function aged({ symbol, age_ms: age, stale }: Quote): string {
  if (age === null) return `${symbol} without a price`
  return `${symbol} ${seconds(age)} old${stale ? ' (stale)' : ''}`
}

function seconds(ms: number): string {
  return `${Math.floor(ms / 1_000)} s`
}
