/** What a signature covers (D19), each part as it was sent: `payload` is the encoded query of a GET, otherwise the body, and `''` when there is none. */
export interface Signable {
  readonly apiKey: string
  readonly timestamp: string
  readonly nonce: string
  readonly payload: string
}

/** HMAC-SHA256 over the parts in a row, in lower-case hex (D19, D20). */
export function signature(secret: string, { apiKey, timestamp, nonce, payload }: Signable): string {
  const text = apiKey + timestamp + nonce + payload
  return new Bun.CryptoHasher('sha256', secret).update(text).digest('hex')
}

/** The headers of a signed request (D19). */
export function signedHeaders(secret: string, signed: Signable): Record<string, string> {
  return {
    'X-DAPI-API-KEY': signed.apiKey,
    'X-DAPI-TIMESTAMP': signed.timestamp,
    'X-DAPI-NONCE': signed.nonce,
    'X-DAPI-SIGN': signature(secret, signed),
  }
}

/** Whether it is the signature, in a time that does not tell how much of it is right. Hex digits may be written in either case. */
export function isSignature(text: string, secret: string, signed: Signable): boolean {
  const expected = Buffer.from(signature(secret, signed))
  const given = Buffer.from(text.toLowerCase())
  return given.length === expected.length && crypto.timingSafeEqual(given, expected)
}
