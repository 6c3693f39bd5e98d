import { Hono, type Context } from 'hono'
import { requestAddress } from '../../core/address.ts'
import { Refusal, refusalOf, wantsLater } from '../../core/errors.ts'
import type { Channels } from '../../core/hub.ts'
import { hashKey } from '../../core/keys.ts'
import type { Log } from '../../core/log.ts'
import { queryOf } from '../../core/query.ts'
import { signed, type Gatehouse, type Signed } from './access.ts'
import { presence, stream } from './channels.ts'
import { answered, refused } from './envelope.ts'
import { newChannel } from './secrets.ts'
import { search } from './search.ts'

/** What the routes of partners work with; times in ms. */
export interface DapiParts extends Gatehouse {
  readonly channels: Channels
  readonly log: Log
  readonly channelTtl: number
  readonly rotationGrace: number
  /** The server is about to stop: a new channel could not be listened to, and would end the one that still is. */
  readonly isStopping: () => boolean
}

/** HTTP for partners, signed (D4, D17–D19). Every answer has the envelope of D5, on the addresses of sockets too. */
export function dapiRoutes(parts: DapiParts): Hono {
  const { partners, channels, log } = parts
  const app = new Hono()
  app.onError((error, { req }) => {
    // Never the path: it may be the secret of a partner.
    if (!(error instanceof Refusal)) {
      log.error('request failed', error, { system: 'dcs', method: req.method })
    }
    return refused(refusalOf(error))
  })
  app.get('/websocket/v1/get-channel', async (context) => {
    if (parts.isStopping()) throw wantsLater('RESTARTING', 'The server is restarting', 1_000)
    return answered(await fetchChannel(await caller(context, parts), parts))
  })
  app.get('/websocket/v1/search', async (context) => {
    const { partner, use } = await caller(context, parts)
    await partners.spend(use)
    const since = (version: number, limit: number) =>
      channels.since(stream(partner), version, limit)
    return answered(await search(queryOf(context.req.raw.url), since))
  })
  app.all('/ws/:channel', () => {
    throw new Refusal(
      'UPGRADE_REQUIRED',
      'This is a WebSocket address: connect with ws:// or wss://',
    )
  })
  app.on('ALL', ['/websocket/v1/*', '/ws/:rest{.*}'], () => {
    throw noAddress()
  })
  return app
}

/** Makes a new channel; whoever listens to an earlier one is gone before this resolves, or hears of the sooner end (D7). */
async function fetchChannel({ use }: Signed, parts: DapiParts): Promise<string> {
  const { partners, channels, channelTtl: ttl, rotationGrace: grace } = parts
  const channel = newChannel()
  const { ended, shortened } = await partners.rotate(use, { hash: hashKey(channel), ttl, grace })
  for (const hash of ended) channels.close(presence(hash), 'gone')
  for (const hash of shortened) channels.review(presence(hash))
  return channel
}

async function caller({ req, env }: Context, gate: Gatehouse): Promise<Signed> {
  // Hono hands a HEAD over as a GET: it would end a channel and keep the next one to itself.
  if (req.method !== 'GET') throw noAddress()
  return signed(req.raw, requestAddress(req.raw, env, gate.trustedProxies), gate)
}

function noAddress(): Refusal {
  return new Refusal('NOT_FOUND', 'No such address')
}
