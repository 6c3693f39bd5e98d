import { signature } from '../../../src/systems/dcs/signing.ts'

/** What a signed request says of itself; each part may be made wrong. */
export interface Claims {
  apiKey: string
  secret: string
  timestamp: string
  nonce: string
  /** What is signed; the query itself when absent. */
  payload?: string
}

let nonce = 10_000
/** The next nonce; they come round after 90,000 calls. */
export function nextNonce(): string {
  nonce = nonce === 99_999 ? 10_000 : nonce + 1
  return String(nonce)
}

/** The headers of a signed request (D19). */
export function headersOf({ apiKey, secret, timestamp, nonce, payload = '' }: Claims) {
  return {
    'X-DAPI-API-KEY': apiKey,
    'X-DAPI-TIMESTAMP': timestamp,
    'X-DAPI-NONCE': nonce,
    'X-DAPI-SIGN': signature(secret, { apiKey, timestamp, nonce, payload }),
  }
}
