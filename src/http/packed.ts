import type { Context } from 'hono'

/** Bytes packed with gzip, made once. */
export type Packed = () => Promise<Uint8Array<ArrayBuffer>>

/** Sends packed bytes as they are to who takes gzip, else unpacked; asked for anew each time, under their ETag. */
export function sendPacked(
  context: Context,
  bytes: Uint8Array<ArrayBuffer>,
  type: string,
): Response {
  context.header('content-type', type)
  context.header('x-content-type-options', 'nosniff')
  context.header('cache-control', 'no-cache')
  context.header('vary', 'accept-encoding')
  const takes = /\bgzip\b/.test(context.req.header('accept-encoding') ?? '')
  if (!takes) return context.body(Bun.gunzipSync(bytes))
  context.header('content-encoding', 'gzip')
  return context.body(bytes)
}
