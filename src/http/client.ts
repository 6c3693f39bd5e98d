import type { Hono } from 'hono'
import { etag } from 'hono/etag'
import { kept } from '../core/kept.ts'
import { sendPacked, type Packed } from './packed.ts'

/** GET /client.js, for anybody and from any page: the clients of all systems as one module. */
export function clientRoute(app: Hono, packed: Packed): void {
  const module = kept(packed)
  app.get('/client.js', etag(), async (context) => {
    context.header('access-control-allow-origin', '*')
    context.header('cross-origin-resource-policy', 'cross-origin')
    return sendPacked(context, await module(), 'text/javascript; charset=utf-8')
  })
}
