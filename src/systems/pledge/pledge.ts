import * as v from 'valibot'
import { command } from '../../core/protocol.ts'
import type { Host, System } from '../../system.ts'
import { codec, farewell, ignored, pong } from './codec.ts'
import type { Exchange } from './exchange.ts'
import { createFeed, type Feed } from './feed.ts'
import { createKeeping } from './keeping.ts'
import { createPrices, isPrice, type Dated } from './prices.ts'
import { checkOf, measure } from './readiness.ts'
import { paths, routes, symbolOf } from './routes.ts'
import { createSequences } from './sequences.ts'

/** What this system is set up with; times in ms. */
export interface PledgeOptions {
  /** The first one is that of the bare addresses (P12, P14). */
  readonly symbols: readonly string[]
  /** Where prices come from; null: from nowhere. */
  readonly exchange: Exchange | null
  /** Time without a client's `ping` after which it is closed with 4408 (P5). */
  readonly timeout: number
  /** Time without a price after which the last one is called stale. */
  readonly staleAfter: number
  /** Not ready while the exchange is out of reach. */
  readonly required: boolean
  /** Whose forwarded addresses are believed. */
  readonly trustedProxies: readonly string[]
  /** Chance, from 0 up to but not 1. */
  readonly random: () => number
}

/** A connection of a price's listener. */
export interface Session {
  readonly symbol: string
}

/** Price push: every price of an exchange, at once and unchanged, to everybody who listens (P1–P14). */
export function pledge(host: Host, options: PledgeOptions): System<Session> {
  const { hub, store, clock, limiter, log, metrics } = host
  const { exchange, timeout, staleAfter } = options
  const symbols = [...new Set(options.symbols)]
  const { commandsPerSecond } = host.limits
  const rate = { perSecond: commandsPerSecond, burst: 2 * commandsPerSecond }
  const channels = hub.channels('pledge')
  const prices = createPrices(clock, staleAfter)
  const keeping = createKeeping({ store, clock, log })
  const feed = exchange === null || symbols.length === 0 ? null : feedOf(exchange)

  function feedOf(of: Exchange): Feed {
    const isNews = createSequences(clock, staleAfter)
    const refused = metrics.counter('upstream_refused_total', 'Prices not told on', ['feed', 'why'])
    return createFeed({
      ...{ exchange: of, symbols, clock, log, metrics, random: options.random },
      tick(tick) {
        const { symbol, price } = tick
        if (!symbols.includes(symbol) || !isPrice(price)) refused(of.name, 'malformed').inc()
        else if (!isNews(tick)) refused(of.name, 'old').inc()
        else {
          keeping.keep(symbol, prices.take(symbol, price))
          tell(symbol, price)
        }
      },
    })
  }

  function tell(symbol: string, price: Dated['price']): void {
    channels.replace(channelOf(symbol), 'Price', JSON.stringify(price))
  }

  async function restore(symbol: string): Promise<void> {
    const kept = await keeping.read(symbol)
    if (kept === null) return
    prices.restore(symbol, kept)
    tell(symbol, kept.price)
  }

  const watched = { symbols, prices, feed, clock, metrics, required: options.required }
  measure(exchange?.name, watched)
  return {
    name: 'pledge',
    paths: { shared: paths.flatMap((path) => [path, `${path}/:symbol`]), own: [] },
    codec,
    heartbeat: { timeout, counts: 'ping', farewell },
    // What is ignored must not use up the rate of pings.
    rates: { other: rate, ping: rate },
    commands: new Map([
      [
        'ping',
        command(v.unknown(), { rate: 'ping' }, (connection) => {
          connection.alive()
          return pong
        }),
      ],
      [ignored, command(v.unknown(), {}, () => undefined)],
    ]),
    authenticate: ({ params }) => ({ session: { symbol: symbolOf(params['symbol'], symbols) } }),
    opened: (connection) => channels.follow(connection, channelOf(connection.session.symbol)),
    channels: { price: { events: {}, publish: false } },
    routes: routes({ symbols, prices, limiter, trustedProxies: options.trustedProxies }),
    checks: { pledge: checkOf(watched) },
    async start() {
      await Promise.all(symbols.map(restore))
      feed?.start()
    },
    async stop() {
      feed?.stop()
      await keeping.stop()
    },
  }
}

function channelOf(symbol: string): string {
  return `price:${symbol}`
}
