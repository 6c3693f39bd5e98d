import { compactVerify, createRemoteJWKSet, customFetch, errors, type CryptoKey } from 'jose'
import { readBytes } from './bytes.ts'
import type { Clock } from './clock.ts'
import { wantsLater } from './errors.ts'
import type { MaybePromise } from './protocol.ts'
import type { Header } from './token.ts'

/** Where keys come from: HS256 secrets by kid (`''` or `default`: for tokens without one) and the URL of public keys. */
export interface KeySource {
  readonly secrets?: Readonly<Record<string, string>>
  readonly jwksUrl?: string
}

/** The keys of one issuer. The algorithm alone decides between secrets and public keys, so none is ever used as the other. */
export interface Keyring {
  readonly empty: boolean
  /** Whether the token is signed with the key that its header calls for: at once for secrets. Refuses with OVERLOADED while public keys cannot be fetched. */
  signed(token: string, header: Header): MaybePromise<boolean>
}

/** Throws an Error for a secret that is too short. */
export function createKeyring(source: KeySource, clock: Clock, cooldown?: number): Keyring {
  const secretFor = secretsOf(source.secrets ?? {})
  const remote = source.jwksUrl === undefined ? null : publicKeys(source.jwksUrl, clock, cooldown)
  return {
    empty: secretFor === null && remote === null,
    signed(token, header) {
      if (header.alg === 'HS256') {
        const secret = secretFor?.(header.kid)
        return secret !== undefined && signedWith(secret, token)
      }
      if (remote === null || !publicAlgorithms.has(header.alg)) return false
      return remote(header).then((key) => key !== null && signedBy(key, token, header.alg))
    },
  }
}

const leastBytes = 32

/** The secret itself; an Error for one that is too short (RFC 7518, 3.2). */
export function checkSecret(kid: string, secret: string): string {
  const bytes = Buffer.byteLength(secret)
  if (bytes >= leastBytes) return secret
  const which = kid === '' || kid === 'default' ? 'The secret for tokens' : `Secret "${kid}"`
  throw new Error(`${which} has ${bytes} bytes and needs at least ${leastBytes}`)
}

/** Bun's own HMAC takes 1 µs where the detour over WebCrypto's threads takes 24. */
function signedWith(secret: string, token: string): boolean {
  const dot = token.lastIndexOf('.')
  const signature = Buffer.from(token.slice(dot + 1), 'base64url')
  const expected = new Bun.CryptoHasher('sha256', secret).update(token.slice(0, dot)).digest()
  return signature.length === expected.length && crypto.timingSafeEqual(signature, expected)
}

async function signedBy(key: CryptoKey, token: string, algorithm: string): Promise<boolean> {
  try {
    await compactVerify(token, key, { algorithms: [algorithm] })
    return true
  } catch {
    return false
  }
}

type FindSecret = (kid: string | undefined) => string | undefined

function secretsOf(secrets: Readonly<Record<string, string>>): FindSecret | null {
  const keys = new Map(Object.entries(secrets).map(([kid, text]) => [kid, checkSecret(kid, text)]))
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
  const options = {
    cooldownDuration: cooldown,
    cacheMaxAge: Infinity,
    timeoutDuration: 5_000,
    [customFetch]: fetchKeys,
  }
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
      throw wantsLater('OVERLOADED', 'The keys that sign tokens cannot be fetched', 5_000)
    }
  }
}

/** A set of a hundred keys with their certificates has 300 KB. */
const mostBytes = 1_048_576

/** Fetches a set of keys, unpacked: 30 KB can unpack to a gigabyte, before a byte of it could be refused. */
async function fetchKeys(url: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('accept-encoding', 'identity')
  const answer = await fetch(url, { ...init, headers, decompress: false })
  const bytes = answer.status === 200 ? await readBytes(answer, mostBytes) : null
  return bytes === null ? new Response(null, { status: 502 }) : new Response(bytes)
}

/** What says that no key fits the token, and not that something is broken. */
const unknownKey = [
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
  errors.JOSENotSupported,
]
