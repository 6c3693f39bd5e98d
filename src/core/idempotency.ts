import * as v from 'valibot'
import { fieldRefusal } from './errors.ts'
import { canonicalJson } from './json.ts'

/** What makes the repeat of a request known: the key its caller chose, and what it asks for. */
export interface Repeatable {
  readonly key: string
  readonly fingerprint: string
}

/** The Idempotency-Key of a request, null when it has none; refuses a key that is none. `wanted` is what it asks for, once it is parsed. */
export function repeatable(headers: Headers, wanted: unknown): Repeatable | null {
  const key = headers.get('idempotency-key')
  if (key === null) return null
  if (keyPattern.test(key)) return { key, fingerprint: fingerprintOf(wanted) }
  throw fieldRefusal('INVALID_REQUEST', 'Idempotency-Key', expected)
}

const keyPattern = /^[\x21-\x7e]{1,128}$/
const expected = 'Expected 1 to 128 visible ASCII characters'

/** The Idempotency-Key as documents tell it. */
export const IdempotencyHeader = v.optional(v.pipe(v.string(), v.regex(keyPattern, expected)))

/** SHA-256 in hex of a value as canonical JSON: the same for equal values. */
export function fingerprintOf(value: unknown): string {
  return new Bun.CryptoHasher('sha256').update(canonicalJson(value)).digest('hex')
}
