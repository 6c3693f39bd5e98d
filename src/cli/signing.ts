import type { Config } from '../config.ts'
import type { systemNames } from '../config/listen.ts'
import { signToken } from '../core/auth.ts'
import type { Clock } from '../core/clock.ts'
import { expectedOf, type Expected } from './diagnosis.ts'
import { Failure } from './failure.ts'

/** What a token is to say; `ttl` in ms. */
export interface Wish {
  readonly sub: string
  readonly ttl: number
  readonly claims?: Readonly<Record<string, unknown>>
  /** Which of `auth.secrets` signs it. */
  readonly kid?: string | undefined
}

/** Signs a token that a server with this configuration takes for the system; fails when there is no secret to sign with. */
export function signFor(
  config: Config,
  system: (typeof systemNames)[number],
  { sub, ttl, claims, kid: wanted }: Wish,
  clock: Clock,
): Promise<string> {
  const expected = expectedOf(config, system)
  const { audiences, issuer } = expected
  const [kid, secret] = signer(expected, wanted)
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

/** Key id (`''`: none) and secret: the named one, else `auth.secret`, else the last of `auth.secrets`. */
function signer({ secrets }: Expected, kid: string | undefined): readonly [string, string] {
  if (kid !== undefined) {
    const secret = Object.hasOwn(secrets, kid) ? secrets[kid] : undefined
    if (secret !== undefined) return [kid, secret]
    throw new Failure(2, `There is no "${kid}" in auth.secrets that this system takes`)
  }
  const newest = Object.entries(secrets).at(-1)
  if (newest !== undefined) return newest
  throw new Failure(2, 'No secret to sign with: set FANFARE_AUTH_SECRET ("openssl rand -hex 32")')
}
