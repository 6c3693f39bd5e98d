import * as v from 'valibot'
import type { Wire } from '../../core/wire.ts'
import { farewell, ignored, pings, pong } from './codec.ts'
import { isPrice } from './prices.ts'
import { paths } from './routes.ts'

const Price = v.pipe(
  v.string(),
  v.regex(/^\d+(\.\d+)?$/),
  v.maxLength(64),
  v.check(isPrice, 'Exactly as the exchange wrote it: a number of a language may lose digits'),
)
const [first] = paths

/** The wire of this system (P3–P6, P12, P13). */
export const wire: Wire = {
  title: 'pledge: prices of an exchange',
  about: `Tells each price of a symbol the moment the exchange does. The last one comes at once after connecting, if there is one; after that at most one in 50 ms, always the newest. How old the last price is, and whether it is stale, a plain \`GET\` on the same address answers. **Ping every 5 seconds**: prices that arrive are no sign that the client lives.`,
  credentials: [],
  query: v.object({}),
  params: { symbol: ['One of `pledge.symbols`, written as there', 'PLGR-USDT'] },
  paths: Object.fromEntries(
    paths.flatMap((path) => [
      [path, `The first configured symbol${path === first ? '' : `, as at \`${first}\``}`],
      [`${path}/:symbol`, 'Any configured symbol'],
    ]),
  ),
  refused: '{"code","message","details"}',
  handshake: { NOT_FOUND: 'A symbol that is not configured' },
  client: {
    ping: {
      means:
        'I am still there. These characters alone, in a text or binary frame; quoted is as good.',
      frame: v.picklist([...pings]),
      examples: [...pings],
      answers: ['Pong'],
    },
    [ignored]: {
      means: 'Any other text is ignored, without an answer, and is no sign of life.',
      frame: v.string(),
      examples: ['hello'],
    },
  },
  server: {
    Price: {
      means: 'A price. The same one comes again when the exchange tells it again.',
      frame: v.object({ code: v.literal(0), data: Price }),
      examples: [{ code: 0, data: '0.0027' }],
    },
    Pong: constant('The answer to a ping.', pong),
    HeartbeatTimeout: constant(
      'No ping has come for too long: the connection is closed with 4408 right behind it.',
      farewell,
    ),
  },
  refusal: null,
  alive: 'Only the `ping` above counts: neither other frames nor WebSocket pings and pongs do.',
  closes: { unauthorized: null, badFrame: null, heartbeat: 'No `ping` in time' },
}

function constant(means: string, text: string) {
  const { code, data } = JSON.parse(text) as { code: number; data: string }
  const frame = v.object({ code: v.literal(code), data: v.literal(data) })
  return { means, frame, examples: [{ code, data }] }
}
