import { createHash, createHmac } from 'node:crypto'

/** How many outcomes a draw has, all equally likely: the first 52 bits of an HMAC. */
export const outcomes = 2n ** 52n

/**
 * The crash point in hundredths that a game hash and a salt give, from 100 to `cap`: HMAC-SHA256 with the salt (UTF-8)
 * as key over the 32 bytes of the hash, its first 52 bits r, then floor(rtpBps · 2^52 / (100 · (2^52 − r))).
 * Integers only, so that every reimplementation gets the same.
 */
export function crashPoint(
  gameHash: Uint8Array,
  salt: string,
  rtpBps: number,
  cap: number,
): number {
  return pointOf(drawn(gameHash, salt), rtpBps, cap)
}

/** The outcome r of a game hash and a salt, from 0 to 2^52 − 1. */
export function drawn(gameHash: Uint8Array, salt: string): bigint {
  const hex = createHmac('sha256', salt).update(gameHash).digest('hex')
  return BigInt(`0x${hex.slice(0, 13)}`)
}

/** The crash point in hundredths of the outcome `r`, rounded down. */
export function pointOf(r: bigint, rtpBps: number, cap: number): number {
  const point = (BigInt(rtpBps) * outcomes) / (100n * (outcomes - r))
  if (point < 100n) return Math.min(100, cap)
  return point > BigInt(cap) ? cap : Number(point)
}

/** How many of the 2^52 outcomes crash at or above `point` hundredths, for points up to the cap: RTP / point of them, rounded down, and all of them at 1.00. */
export function waysAtLeast(point: number, rtpBps: number): bigint {
  if (point <= 100) return outcomes
  const ways = (BigInt(rtpBps) * outcomes) / (100n * BigInt(point))
  return ways > outcomes ? outcomes : ways
}

/** The hash of the round before: what a revealed hash is checked by. */
export function previousHash(hash: Uint8Array): Uint8Array {
  return createHash('sha256').update(hash).digest()
}

/** The 32 bytes of a hash in 64 hex digits, null for anything else. */
export function parseHash(hex: string): Uint8Array | null {
  return /^[0-9a-f]{64}$/i.test(hex) ? Buffer.from(hex, 'hex') : null
}
