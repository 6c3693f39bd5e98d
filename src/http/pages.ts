import { createHash } from 'node:crypto'
import type { Hono } from 'hono'
import { etag } from 'hono/etag'
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
