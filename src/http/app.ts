import { Hono } from 'hono'
import { Refusal } from '../core/errors.ts'
import { refusalResponse } from '../core/handshake.ts'
import type { Log } from '../core/log.ts'

/** An app whose every answer to trouble is `{code, message, details}`; a fault of ours shows nothing of itself. */
export function createApp(log: Log): Hono {
  const app = new Hono()
  app.notFound(() => refusalResponse(new Refusal('NOT_FOUND', 'No such address')))
  app.onError((error, { req }) => {
    if (error instanceof Refusal) return refusalResponse(error)
    log.error('request failed', error, { method: req.method, path: req.path })
    return refusalResponse(new Refusal('INTERNAL_ERROR', 'Internal error'))
  })
  return app
}
