import type { Hono } from 'hono'
import { etag } from 'hono/etag'
import { Refusal } from '../core/errors.ts'
import { sendPacked } from './packed.ts'

/** The documents of a server, packed with gzip. */
export interface Documents {
  openapi(): Promise<Bytes>
  /** Of one system, for clients that reach this listener as `host`; null for a system that does not run. */
  asyncapi(system: string, host: string): Promise<Bytes | null>
  /** The page, and the hash of the style in it. */
  page(): Promise<{ readonly html: Bytes; readonly style: string }>
}

type Bytes = Uint8Array<ArrayBuffer>

/** GET /docs, /openapi.json and /asyncapi/{system}.json, for anybody. What is asked for again under its ETag is 304. */
export function docsRoutes(app: Hono, documents: Documents): void {
  app.get('/docs', etag(), async (context) => {
    const { html, style } = await documents.page()
    // Nothing is loaded and nothing runs, whatever a description should ever hold.
    const policy = `default-src 'none'; style-src '${style}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
    context.header('content-security-policy', policy)
    context.header('referrer-policy', 'no-referrer')
    return sendPacked(context, html, 'text/html; charset=utf-8')
  })
  app.get('/openapi.json', etag(), async (context) =>
    sendPacked(context, await documents.openapi(), 'application/json'),
  )
  app.get('/asyncapi/:file', etag(), async (context) => {
    const [, system = ''] = /^([a-z]+)\.json$/.exec(context.req.param('file')) ?? []
    const host = context.req.header('host') ?? ''
    const bytes = await documents.asyncapi(system, host)
    if (bytes === null) throw new Refusal('NOT_FOUND', 'No such system runs here')
    return sendPacked(context, bytes, 'application/json')
  })
}
