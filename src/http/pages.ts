import { createHash } from 'node:crypto'
import type { Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { etag } from 'hono/etag'
import { names } from '../core/handshake.ts'
import { kept } from '../core/kept.ts'
import { sendPacked, type Packed } from './packed.ts'

/** A page at an address: one HTML that holds everything, and may run and load nothing but what is in it; it may ask this server. */
export function pageRoute(app: Hono, path: string, packed: Packed): void {
  const page = kept(async () => {
    const bytes = await packed()
    return { bytes, policy: policyOf(new TextDecoder().decode(Bun.gunzipSync(bytes))) }
  })
  app.get(path, etag(), async (context) => {
    const { bytes, policy } = await page()
    const host = context.req.header('host') ?? ''
    // Not every browser takes 'self' for WebSockets.
    const sockets = host === '' ? '' : ` ws://${host} wss://${host}`
    context.header('content-security-policy', policy.replace('{sockets}', sockets))
    context.header('referrer-policy', 'no-referrer')
    return sendPacked(context, bytes, 'text/html; charset=utf-8')
  })
}

/** The page at `/`, for who asks for HTML. To everybody else nothing is there: a program that has lost its path or its upgrade must not take a page for an answer. */
export function frontRoute(app: Hono, packed: Packed): void {
  app.get('/', async (context, next) => {
    const supports = ['text/html', 'application/json']
    const wanted = accepts(context, { header: 'Accept', supports, default: '' })
    const upgrades = names(context.req.header('upgrade') ?? null, 'websocket')
    if (wanted === 'text/html' && !upgrades) await next()
    else context.res = await context.notFound()
    // What stands between must not keep one answer for everybody.
    context.header('vary', 'accept', { append: true })
  })
  pageRoute(app, '/', packed)
}

/** Allows the scripts and styles of a page by their hashes, and nothing else. */
function policyOf(html: string): string {
  const hashes = (tag: string) =>
    [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>([\\s\\S]*?)</${tag}>`, 'g'))]
      .map(([, text = '']) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`)
      .join(' ')
  return [
    "default-src 'none'",
    `script-src ${hashes('script')}`,
    `style-src ${hashes('style')}`,
    "img-src 'self' data:",
    "connect-src 'self'{sockets}",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
