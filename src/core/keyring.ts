import { createRemoteJWKSet, errors, type CryptoKey } from 'jose'
import type { Clock } from './clock.ts'
import { Refusal } from './errors.ts'
import type { Header } from './token.ts'

/** Where keys come from: HS256 secrets by kid (`''` or `default`: for tokens without one) and the URL of public keys. */
export interface KeySource {
  readonly secrets?: Readonly<Record<string, string>>
  readonly jwksUrl?: string
}

/** The keys of one issuer. The algorithm alone decides between secrets and public keys, so none is ever used as the other. */
export interface Keyring {
  readonly empty: boolean
  /** The key that a token must have been signed with, null when there is none; refuses with OVERLOADED while public keys cannot be fetched. */
  find(header: Header): Promise<CryptoKey | null>
}

export function createKeyring(source: KeySource, clock: Clock, cooldown?: number): Keyring {
  const secrets = secretsOf(source.secrets ?? {})
  const remote = source.jwksUrl === undefined ? null : publicKeys(source.jwksUrl, clock, cooldown)
  return {
    empty: secrets === null && remote === null,
    async find(header) {
      if (header.alg === 'HS256') return secrets?.(header.kid) ?? null
      return publicAlgorithms.has(header.alg) ? (remote?.(header) ?? null) : null
    },
  }
}

const leastBytes = 32

/** The key of an HS256 secret; an Error for one that is too short (RFC 7518, 3.2). */
export function secretKey(kid: string, secret: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(secret)
  if (bytes.length < leastBytes) {
    const which = kid === '' || kid === 'default' ? 'The secret for tokens' : `Secret "${kid}"`
    throw new Error(`${which} has ${bytes.length} bytes and needs at least ${leastBytes}`)
  }
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  return crypto.subtle.importKey('raw', bytes, algorithm, false, ['sign', 'verify'])
}

type FindSecret = (kid: string | undefined) => Promise<CryptoKey> | undefined

function secretsOf(secrets: Readonly<Record<string, string>>): FindSecret | null {
  const keys = new Map(Object.entries(secrets).map(([kid, text]) => [kid, secretKey(kid, text)]))
  const [only] = keys.values()
  if (only === undefined) return null
  // A single secret is meant for every token, also when its issuer numbers its keys.
  const unnamed = keys.get('') ?? keys.get('default') ?? (keys.size === 1 ? only : undefined)
  const named = keys.size > 1 || (!keys.has('') && !keys.has('default'))
  return (kid) => (kid === undefined ? unnamed : (keys.get(kid) ?? (named ? undefined : only)))
}

const publicAlgorithms = new Set(['RS256', 'PS256', 'ES256', 'EdDSA'])

/** Public keys are asked for again after this, and taken no longer than that when nobody answers. */
const refreshAfter = 600_000
const staleAfter = 86_400_000

type FindPublic = (header: Header) => Promise<CryptoKey | null>

/** Keys stay usable while their issuer is out of reach for up to a day; an unknown kid asks at once, so that keys can overlap. */
function publicKeys(url: string, clock: Clock, cooldown = 30_000): FindPublic {
  const options = { cooldownDuration: cooldown, cacheMaxAge: Infinity, timeoutDuration: 5_000 }
  const remote = createRemoteJWKSet(new URL(url), options)
  let loadedAt = -Infinity
  let triedAt = -Infinity

  async function reload(): Promise<void> {
    triedAt = clock.elapsed()
    await remote.reload()
    loadedAt = clock.elapsed()
  }

  return async (header) => {
    const now = clock.elapsed()
    try {
      if (now - loadedAt > staleAfter) await reload()
      else if (now - loadedAt > refreshAfter && now - triedAt > cooldown) reload().catch(() => {})
      return await remote({ ...header })
    } catch (error) {
      if (unknownKey.some((kind) => error instanceof kind)) return null
      throw new Refusal('OVERLOADED', 'The keys that sign tokens cannot be fetched', {
        retryAfterMs: 5_000,
      })
    }
  }
}

/** What says that no key fits the token, and not that something is broken. */
const unknownKey = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
]
