import { bearer, unauthorized, type Claims, type Verify } from '../../core/auth.ts'
import { fieldRefusal, Refusal } from '../../core/errors.ts'
import type { Accepted, Handshake, MaybePromise } from '../../core/protocol.ts'
import type { Query } from '../../core/query.ts'
import { withIds } from './codec.ts'
import { idPattern } from './topics.ts'

/** Who is connected: a user with the families of the token, or, for load tests, nobody in particular. */
export interface Session {
  readonly user: string | null
  readonly families: readonly string[]
  readonly anonymous: boolean
  /** The message after which the past is wanted at the start (`?after=`); null: none of it. */
  readonly after: string | null
}

/** How handshakes are judged. */
export interface Entrance {
  readonly verify: Verify
  /** A handshake without any token is let in as anonymous (J20, development only). */
  readonly anonymous: boolean
  /** Most channels a connection may have; its own ones count. */
  readonly subscriptions: number
}

/** Finds out who asks: token in the query or as Bearer (J1); refuses with 401 (J3), and with 400 for an `after` that is no message id. */
export function authenticate(
  { query, headers }: Handshake,
  { verify, anonymous, subscriptions }: Entrance,
): MaybePromise<Accepted<Session>> {
  const { after, dialect } = position(query)
  const tokens = query('token')
  const header = headers.get('authorization')
  if (tokens.length === 0 && header === null && anonymous) {
    return { session: { user: null, families: [], anonymous, after }, dialect }
  }
  if (tokens.length > 1) throw unauthorized()
  const token = tokens[0] ?? bearer(headers)
  const accept = (claims: Claims): Accepted<Session> => {
    const { user, families } = member(claims)
    if (families.length + 1 > subscriptions) {
      throw new Refusal('TOO_MANY_SUBSCRIPTIONS', 'Too many families', { limit: subscriptions - 1 })
    }
    const session = { user, families, anonymous: false, after }
    return { session, dialect, user, expiresAt: claims.exp * 1000 }
  }
  const claims = verify(token, 'jive')
  return claims instanceof Promise ? claims.then(accept) : accept(claims)
}

/** Who asks over HTTP: the user of the Bearer token; refuses with 401. */
export async function caller(
  headers: Headers,
  verify: Verify,
): Promise<{ user: string; families: readonly string[] }> {
  return member(await verify(bearer(headers), 'jive'))
}

/** `?after=` with an id asks for the past, an empty one for ids alone. */
function position(query: Query): { after: string | null; dialect: string } {
  const [after, ...others] = query('after')
  if (after === undefined) return { after: null, dialect: '' }
  if (others.length > 0 || !messageId.test(after)) {
    const message = 'Expected the id of a message'
    throw fieldRefusal('INVALID_PARAMS', 'after', message)
  }
  return { after: after === '' ? null : after, dialect: withIds }
}

const messageId = /^(\d{1,15})?$/

/** The claims this system needs; a token without them was not made for it. */
function member({ sub, families }: Claims): { user: string; families: readonly string[] } {
  const ids = families ?? []
  if (!idPattern.test(sub) || !Array.isArray(ids) || !ids.every(isId)) throw unauthorized()
  return { user: sub, families: [...new Set(ids)] }
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && idPattern.test(value)
}
