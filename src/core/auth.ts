import { SignJWT } from 'jose'
import type { Clock } from './clock.ts'
import { Refusal } from './errors.ts'
import { checkSecret, createKeyring, type Keyring, type KeySource } from './keyring.ts'
import type { MaybePromise } from './protocol.ts'
import { createSeen } from './seen.ts'
import { fits, readToken, type Demands } from './token.ts'

/** What a verified token says; `exp` in epoch seconds. */
export interface Claims {
  readonly sub: string
  readonly exp: number
  readonly [claim: string]: unknown
}

/** Checks a token for a system; refuses with UNAUTHORIZED and never says why. Synchronous for a token verified a moment ago. */
export type Verify = (token: string | null, system: string) => MaybePromise<Claims>

/** Whose tokens are taken. `issuer` and `audience` are demanded beside what a key demands anyway. */
export interface TokenSource extends KeySource {
  readonly issuer?: string
  readonly audience?: string
}

/** The shared keys, whose tokens must name the system in `aud`, and systems with keys of their own. */
export interface VerifyOptions extends TokenSource {
  /** Longest life of a token in ms, from `iat` or else from now. */
  readonly maxSpan: number
  /** A system with keys here takes tokens of these alone. */
  readonly systems?: Readonly<Record<string, TokenSource>>
  /** Ms within which an unknown kid makes the public keys be fetched only once. */
  readonly jwksCooldown?: number
}

/** Verifies tokens by the strict rules of RFC 8725. Throws an Error for a secret under 32 bytes; refuses with NOT_CONFIGURED where no key is given and with OVERLOADED while public keys cannot be fetched. */
export function createVerify(options: VerifyOptions, clock: Clock): Verify {
  const keyringOf = (source: TokenSource) => createKeyring(source, clock, options.jwksCooldown)
  const shared = keyringOf(options)
  const issuers = new Map<string, Issuer>()
  for (const system of Object.keys(options.systems ?? {})) {
    const { keys, demands } = trustOf(options, system)
    issuers.set(system, { keyring: keys === options ? shared : keyringOf(keys), demands })
  }
  const seen = createSeen(clock)

  function issuerOf(system: string): Issuer {
    return issuers.get(system) ?? { keyring: shared, demands: trustOf(options, system).demands }
  }

  return (token, system) => {
    const { keyring, demands } = issuerOf(system)
    if (keyring.empty) {
      throw new Refusal('NOT_CONFIGURED', 'No key for tokens: set "auth.secret" or "auth.jwks_url"')
    }
    if (token === null) throw unauthorized()
    const known = seen.find(system, token)
    if (known !== undefined) return known
    const read = readToken(token)
    if (read === null || !fits(read.claims, demands, clock.now())) throw unauthorized()
    const claims = read.claims as Claims
    const signed = keyring.signed(token, read.header)
    if (signed === true) return claims
    if (signed === false) throw unauthorized()
    return signed.then((good) => {
      if (!good) throw unauthorized()
      return seen.keep(system, token, claims)
    })
  }
}

/** Signs claims with an HS256 secret; for the command line, development and tests. */
export async function signToken(
  claims: Readonly<Record<string, unknown>>,
  secret: string,
  { kid }: { readonly kid?: string } = {},
): Promise<string> {
  const header = { alg: 'HS256', typ: 'JWT', ...(kid !== undefined && { kid }) }
  const key = new TextEncoder().encode(checkSecret(kid ?? '', secret))
  return new SignJWT({ ...claims }).setProtectedHeader(header).sign(key)
}

/** The token of an `Authorization: Bearer` header, null when there is none. */
export function bearer(headers: Headers): string | null {
  return /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? null
}

/** The one answer to every token that does not hold: why is never told. */
export function unauthorized(): Refusal {
  return new Refusal('UNAUTHORIZED', 'Token missing, invalid or expired')
}

interface Issuer {
  readonly keyring: Keyring
  readonly demands: Demands
}

/** Whose keys a system takes and what its tokens must say: a system with keys of its own takes no others; a shared key speaks for every system, so its tokens say which one they are for. */
export function trustOf(
  options: VerifyOptions,
  system: string,
): { readonly keys: TokenSource; readonly demands: Demands } {
  const { maxSpan, issuer, audience, systems = {} } = options
  const own = Object.hasOwn(systems, system) ? systems[system] : undefined
  if (own !== undefined && hasKeys(own)) {
    return { keys: own, demands: demandsOf(maxSpan, own.issuer, [own.audience]) }
  }
  const audiences = [system, audience, own?.audience]
  return { keys: options, demands: demandsOf(maxSpan, own?.issuer ?? issuer, audiences) }
}

function hasKeys({ secrets = {}, jwksUrl }: KeySource): boolean {
  return Object.keys(secrets).length > 0 || jwksUrl !== undefined
}

function demandsOf(
  maxSpan: number,
  issuer: string | undefined,
  audiences: readonly (string | undefined)[],
): Demands {
  return { maxSpan, issuer, audiences: audiences.filter((one) => one !== undefined) }
}
