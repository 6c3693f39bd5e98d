import type { Claims } from '../core/auth.ts'
import { fits, readToken, type Demands } from '../core/token.ts'
import type { Expected, TokenSystem } from '../signing.ts'
import { playerPattern } from '../systems/crash/player-id.ts'
import { idPattern } from '../systems/jive/topics.ts'
import { idPattern as userPattern } from '../systems/locallife/people.ts'

/** The ids a system takes in `sub` and `families`, narrower than what any token may say. */
export const idsOf: Readonly<Record<TokenSystem, RegExp>> = {
  jive: idPattern,
  locallife: userPattern,
  crash: playerPattern,
}

/** Why a system refuses claims that are signed well; null when it does not. */
export function diagnoseIds({ sub, families = [] }: Claims, system: TokenSystem): string | null {
  const fit = (id: unknown) => typeof id === 'string' && idsOf[system].test(id)
  if (!fit(sub)) return `its "sub" is no id of ${system} (${idsOf[system].source})`
  if (Array.isArray(families) && families.every(fit)) return null
  return `its "families" is no list of ids of ${system} (${idsOf[system].source})`
}

/** Why a token is refused, as far as its text tells; a server never says so to a client. */
export function diagnose(jwt: string, expected: Expected, now: number): string {
  const read = readToken(jwt)
  if (read === null) return 'it is no well-formed JWT'
  const { claims, header } = read
  if (!fits(claims, expected, now)) return diagnoseClaims(claims, expected, now)
  if (Object.keys(expected.secrets).length === 0 && !expected.jwks) {
    return 'nothing is configured to check it with'
  }
  const { alg, kid } = header
  const named = kid === undefined ? 'no "kid"' : `kid "${kid}"`
  return `its signature fits no configured key (alg "${alg}", ${named})`
}

/** Judges one claim after the other: the first that does not fit on its own is the reason. */
function diagnoseClaims(claims: Readonly<Record<string, unknown>>, wanted: Expected, now: number) {
  const { sub, exp, iat, aud, iss } = claims
  const rest: Demands = { audiences: [], issuer: undefined, maxSpan: Infinity }
  const best = { sub: 'x', exp: Math.ceil(now / 1_000) + 1 }
  if (!fits({ ...best, sub }, rest, now)) return 'its "sub" is missing or no id of a user'
  if (!Number.isSafeInteger(exp)) return 'its "exp" is missing or no number'
  if (!fits({ ...best, exp }, rest, now)) {
    return `it expired at ${new Date((exp as number) * 1_000).toISOString()}`
  }
  if (iat !== undefined && !fits({ ...best, iat }, rest, now))
    return 'its "iat" is no time of the past'
  if (!fits({ ...best, exp, iat }, { ...rest, maxSpan: wanted.maxSpan }, now)) {
    return `it lives longer than auth.max_span (${wanted.maxSpan / 1_000} s)`
  }
  if (!fits({ ...best, aud }, { ...rest, audiences: wanted.audiences }, now)) {
    return `its "aud" lacks ${wanted.audiences.map((one) => `"${one}"`).join(' or ')}`
  }
  if (!fits({ ...best, iss }, { ...rest, issuer: wanted.issuer }, now)) {
    return `its "iss" is not "${wanted.issuer}"`
  }
  return 'its "nbf" is no time of the past'
}
