import type { Hono } from 'hono'
import { etag } from 'hono/etag'

/** GET /client.js, for anybody and from any page: the clients of all systems as one module. `packed` gives it in gzip. */
export function clientRoute(app: Hono, packed: () => Promise<Uint8Array<ArrayBuffer>>): void {
  let made: Promise<Uint8Array<ArrayBuffer>> | undefined
  app.get('/client.js', etag(), async (context) => {
    const bytes = await (made ??= packed())
    context.header('content-type', 'text/javascript; charset=utf-8')
    context.header('access-control-allow-origin', '*')
    context.header('cross-origin-resource-policy', 'cross-origin')
    context.header('x-content-type-options', 'nosniff')
    context.header('cache-control', 'no-cache')
    context.header('vary', 'accept-encoding')
    const takes = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '')
    if (!takes) return context.body(Bun.gunzipSync(bytes))
    context.header('content-encoding', 'gzip')
    return context.body(bytes)
  })
}
