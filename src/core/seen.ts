import type { Claims } from './auth.ts'
import type { Clock } from './clock.ts'

/** Claims by system and token. */
export interface Seen {
  /** The claims of a token that was kept, undefined when it was not or not any more. */
  find(system: string, token: string): Claims | undefined
  /** Keeps the claims, which nobody can change from now on. */
  keep(system: string, token: string, claims: Claims): Claims
}

/** Tokens per generation; there are two. */
const mostSeen = 10_000
/** A public key that its issuer takes back counts no longer than this for tokens seen before. */
const seenFor = 600_000

type Generation = Map<string, { readonly claims: Claims; readonly until: number }>

/** Tokens verified a moment ago, never past their `exp`: for public keys, whose signatures cost more than the memory. The older generation goes as a whole: taking single entries off the front of a Map gets slower with each. */
export function createSeen(clock: Clock): Seen {
  let young: Generation = new Map()
  let old: Generation = new Map()
  return {
    find(system: string, token: string): Claims | undefined {
      if (young.size === 0) return undefined
      const key = `${system} ${token}`
      const entry = young.get(key) ?? old.get(key)
      return entry !== undefined && entry.until > clock.now() ? entry.claims : undefined
    },
    keep(system: string, token: string, claims: Claims): Claims {
      if (young.size >= mostSeen) {
        old = young
        young = new Map()
      }
      young.set(`${system} ${token}`, {
        claims: frozen(claims),
        until: Math.min(claims.exp * 1_000, clock.now() + seenFor),
      })
      return claims
    },
  }
}

/** One token's claims are handed to many connections. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const member of Object.values(value)) frozen(member)
  return Object.freeze(value)
}
