import type { Config } from './config.ts'
import { tokenSystems } from './config/listen.ts'
import { signToken, trustOf } from './core/auth.ts'
import type { Clock } from './core/clock.ts'
import type { Demands } from './core/token.ts'
import { verifyOptionsOf } from './settings.ts'

/** A system that takes tokens. */
export type TokenSystem = (typeof tokenSystems)[number]

/** What a system wants its tokens to say, and the secrets they may be signed with, by key id (`''`: none). */
export interface Expected extends Demands {
  readonly secrets: Readonly<Record<string, string>>
  readonly jwks: boolean
}

/** What a token is to say; `ttl` in ms. */
export interface Wish {
  readonly sub: string
  readonly ttl: number
  readonly claims?: Readonly<Record<string, unknown>>
  /** Which of the secrets signs it; the newest when absent. */
  readonly kid?: string | undefined
}

/** What the server itself would demand for the system, by the same rule. */
export function expectedOf(config: Config, system: TokenSystem): Expected {
  const { keys, demands } = trustOf(verifyOptionsOf(config), system)
  return { ...demands, secrets: keys.secrets ?? {}, jwks: keys.jwksUrl !== undefined }
}

/** Whether anybody can be let into the system here: it takes no tokens, or there is a secret to sign them with. */
export function canEnter(config: Config, system: string): boolean {
  const of = tokenSystems.find((name) => name === system)
  return of === undefined || Object.keys(expectedOf(config, of).secrets).length > 0
}

/** Signs a token that a server with this configuration takes for the system; null when it has no such secret. */
export function signFor(
  config: Config,
  system: TokenSystem,
  { sub, ttl, claims, kid: wanted }: Wish,
  clock: Clock,
): Promise<string> | null {
  const { secrets, audiences, issuer } = expectedOf(config, system)
  const kid = wanted ?? Object.keys(secrets).at(-1)
  const secret = kid !== undefined && Object.hasOwn(secrets, kid) ? secrets[kid] : undefined
  if (kid === undefined || secret === undefined) return null
  const iat = Math.floor(clock.now() / 1_000)
  const all = {
    sub,
    aud: audiences.length > 1 ? audiences : (audiences[0] ?? system),
    ...(issuer !== undefined && { iss: issuer }),
    ...claims,
    iat,
    exp: iat + Math.floor(ttl / 1_000),
  }
  return signToken(all, secret, kid === '' ? {} : { kid })
}
