import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { Refusal, refusalOf, refusalResponse } from '../core/errors.ts'
import { isHost } from '../core/handshake.ts'
import type { Log } from '../core/log.ts'

/** An app whose every answer to trouble is `{code, message, details}`; a fault of ours shows nothing of itself. Browsers may call it from the given origins, from any when none are given: tokens travel in a header, never in a cookie. Null: from no page of another origin. `unrouted` of the environment is called where no route is found. */
export function createApp(log: Log, origins: readonly string[] | null): Hono {
  const app = new Hono()
  const share = cors({
    origin: origins?.length === 0 ? '*' : [...(origins ?? [])],
    allowHeaders: ['authorization', 'content-type', 'idempotency-key'],
    exposeHeaders: ['retry-after'],
    maxAge: 600,
  })
  app.use((context, next) => {
    const { headers } = context.req.raw
    // An address without a host loses its first segment on the way to its route.
    if (!isHost(headers.get('host') ?? 'none')) {
      throw new Refusal('INVALID_REQUEST', 'The Host header is malformed')
    }
    // Sharing builds each answer three times over, and backends, who never send an Origin, read none of it.
    return origins !== null && headers.has('origin') ? share(context, next) : next()
  })
  app.notFound(({ env }) => {
    const { unrouted } = (env ?? {}) as { readonly unrouted?: () => void }
    unrouted?.()
    return refusalResponse(new Refusal('NOT_FOUND', 'No such address'))
  })
  app.onError((error, { req }) => {
    if (!(error instanceof Refusal)) {
      log.error('request failed', error, { method: req.method, path: req.path })
    }
    return refusalResponse(refusalOf(error))
  })
  return app
}
