import { Hono } from 'hono'
import { limitKey, requestAddress } from '../../core/address.ts'
import { Refusal } from '../../core/errors.ts'
import type { Limiter, Rate } from '../../core/limiter.ts'
import { spend } from '../../core/turn.ts'
import type { Prices } from './prices.ts'

/** What asking for a price works with. */
export interface RouteParts {
  /** The first one is that of the bare addresses (P12). */
  readonly symbols: readonly string[]
  readonly prices: Pick<Prices, 'quote'>
  readonly limiter: Limiter
  /** Whose forwarded addresses are believed. */
  readonly trustedProxies: readonly string[]
}

/** Where prices are heard and asked for (P12); with `/:symbol` behind it for those that are configured. */
export const paths = ['/api/v21/price', '/pledge/ws'] as const

/** Of one address: whole offices share one. */
const asking: Rate = { perSecond: 100, burst: 1_000 }

/** GET on the addresses of the sockets: the last price with its age (P14), for anybody. Refuses NOT_FOUND for a symbol that is not configured and RATE_LIMITED. */
export function routes(parts: RouteParts): Hono {
  const { symbols, prices, limiter } = parts
  const app = new Hono()
  for (const path of paths) {
    for (const pattern of [path, `${path}/:symbol`]) {
      app.get(pattern, (context) => {
        const address = requestAddress(context.req.raw, context.env, parts.trustedProxies)
        spend(limiter, `pledge/price:${limitKey(address)}`, asking)
        const symbol = symbolOf(context.req.param('symbol'), symbols)
        context.header('cache-control', 'no-store')
        return context.json(prices.quote(symbol))
      })
    }
  }
  return app
}

/** The symbol that an address speaks of: the first one where it names none. Refuses NOT_FOUND. */
export function symbolOf(named: string | undefined, symbols: readonly string[]): string {
  const symbol = symbols.find((one) => named === undefined || one === named)
  if (symbol === undefined) throw new Refusal('NOT_FOUND', 'No such symbol')
  return symbol
}
