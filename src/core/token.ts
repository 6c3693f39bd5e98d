import { tooDeep } from './json.ts'

/** The part of a token's header that chooses its key. */
export interface Header {
  readonly alg: string
  readonly kid?: string
}

/** A well-formed token whose signature nobody has looked at yet. */
export interface Token {
  readonly header: Header
  readonly claims: Readonly<Record<string, unknown>>
}

/** What claims must say besides who and until when. */
export interface Demands {
  /** All of them must stand in `aud`. */
  readonly audiences: readonly string[]
  readonly issuer: string | undefined
  /** Longest life in ms. */
  readonly maxSpan: number
}

const longestToken = 4_096

/** Takes a compact JWS apart; null for anything that is not written in the one canonical way, is over 4 KB, or brings its own key. */
export function readToken(token: string): Token | null {
  if (token.length > longestToken) return null
  const [first, second, third, ...more] = token.split('.')
  if (more.length > 0 || third === undefined || decoded(third) === null) return null
  const header = headerOf(first)
  const claims = jsonObject(second)
  if (header === null || claims === null) return null
  const { alg, kid, typ } = header
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string')) return null
  if (typ !== undefined && !(typeof typ === 'string' && accessToken.test(typ))) return null
  if (forbidden.some((name) => Object.hasOwn(header, name))) return null
  return { header: { alg, ...(kid !== undefined && { kid }) }, claims }
}

/** The last header: the tokens of one issuer differ in their claims alone. */
let lastHeader: { part: string | undefined; read: Record<string, unknown> | null } = {
  part: undefined,
  read: null,
}

function headerOf(part: string | undefined): Record<string, unknown> | null {
  if (part !== lastHeader.part) lastHeader = { part, read: jsonObject(part) }
  return lastHeader.read
}

/** Whether the claims hold at `now` (epoch ms) and fulfil the demands. */
export function fits(claims: Token['claims'], demands: Demands, now: number): boolean {
  const { sub, exp, iat, nbf, iss, aud } = claims
  if (typeof sub !== 'string' || !subjectPattern.test(sub)) return false
  if (!isTime(exp) || exp * 1_000 <= now) return false
  if (iat !== undefined && !(isTime(iat) && iat * 1_000 <= now + tolerance)) return false
  if (nbf !== undefined && !(isTime(nbf) && nbf * 1_000 <= now + tolerance)) return false
  if (exp * 1_000 - (iat === undefined ? now : iat * 1_000) > demands.maxSpan) return false
  if (demands.issuer !== undefined && iss !== demands.issuer) return false
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  return demands.audiences.every((one) => audiences.includes(one))
}

/** Headers that would choose the key or change the rules from inside the token. */
const forbidden = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64']

/** Tokens of another kind (logout, DPoP, …) may be signed with the same key (RFC 8725, 3.11). */
const accessToken = /^(application\/)?(at\+)?jwt$/i

/** What the id of a user looks like. */
export const subjectPattern = /^[A-Za-z0-9_:.@-]{1,64}$/

/** Ms by which an issuer's clock may run ahead of ours. */
const tolerance = 5_000

/** Epoch seconds; `1e400` is a number too, and Infinity never expires. */
function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** Bits left over at the end would let one token be written in several ways. */
function decoded(part: string | undefined): Uint8Array | null {
  if (part === undefined || part === '') return null
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : null
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function jsonObject(part: string | undefined): Record<string, unknown> | null {
  const bytes = decoded(part)
  if (bytes === null) return null
  try {
    const text = utf8.decode(bytes)
    if (tooDeep(text, 8)) return null
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}
