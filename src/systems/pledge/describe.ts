import * as v from 'valibot'
import { Instant, named, Whole, type Description, type Operation } from '../../core/operation.ts'

const Quote = named(
  'Quote',
  v.object({
    symbol: v.string(),
    price: v.nullable(v.pipe(v.string(), v.description('The exact text of the exchange'))),
    at: v.nullable(Instant),
    age_ms: v.nullable(Whole),
    stale: v.boolean(),
  }),
)

const symbol = 'PLGR-USDT'
const quote = { symbol, price: '0.003431', at: 1_767_323_045_000, age_ms: 212, stale: false }

function asked(path: string, id: string, named: boolean): Operation {
  return {
    reads: true,
    method: 'get',
    path: named ? `${path}/:symbol` : path,
    id,
    summary: named ? 'The last price of a symbol' : 'The last price of the first symbol',
    description: 'The same address takes WebSocket connections, which hear every price.',
    ...(named && { params: v.object({ symbol: v.string() }), example: { params: { symbol } } }),
    answers: {
      200: {
        says: 'The price with its age; all null while there is none',
        schema: Quote,
        example: quote,
      },
    },
    refusals: ['NOT_FOUND', 'RATE_LIMITED'],
  }
}

/** The last prices, for anybody. */
export const description: Description = {
  name: 'pledge',
  summary: 'Prices of an exchange, pushed unchanged',
  operations: [
    asked('/api/v21/price', 'price', false),
    asked('/api/v21/price', 'priceOf', true),
    asked('/pledge/ws', 'pledgePrice', false),
    asked('/pledge/ws', 'pledgePriceOf', true),
  ],
}
