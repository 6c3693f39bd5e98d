import type { Frame } from './protocol.ts'

/** How a listener compresses where one of its systems wants it (RFC 7692): one compressor for all connections, since one for each takes some 146 KB. So no message leans on the one before it. */
export const deflate = { compress: 'shared', decompress: 'shared' } as const

/** In characters: below it a deflated frame saves no packet, and costs more than the write itself. */
const leastLength = 256

/** Whether a frame of a system that `wants` compression is long enough for it. */
export function isDeflated({ length }: Frame, wants: boolean | undefined): boolean {
  return wants === true && length >= leastLength
}
