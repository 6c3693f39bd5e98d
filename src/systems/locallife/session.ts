import { bearer, unauthorized, type Verify } from '../../core/auth.ts'
import { fieldRefusal, Refusal } from '../../core/errors.ts'
import type { Accepted, Handshake } from '../../core/protocol.ts'
import type { Query } from '../../core/query.ts'
import { spend } from '../../core/turn.ts'
import type { LocallifeParts } from './options.ts'
import { idPattern, type People, type Standing } from './people.ts'

/** What a user can be connected as. */
export const roles = ['rider', 'merchant', 'platform'] as const
/** One of them. */
export type Role = (typeof roles)[number]

/** Who is connected, and as what. */
export interface Session {
  readonly user: string
  /** The roles it asked to be let in for; one of them has to hold as long as the connection does. */
  readonly asked: readonly Role[]
  /** Those that held at the handshake. */
  readonly held: readonly Role[]
  /** The last sequence the client knows of (L13), null when it names none. */
  readonly lastSequence: number | null
}

/** Where the platform had its clients in the original: other roles do not count there (L7). */
export const platformPath = '/v1/platform/ws'

/** Finds out who asks and what the store has it as: 401 for a token that does not hold (L5), 403 without a role, RIDER_OFFLINE for a rider who only has to go online (L6). */
export async function authenticate(
  { url, query, headers }: Handshake,
  { verify, people }: { readonly verify: Verify; readonly people: Pick<People, 'standing'> },
): Promise<Accepted<Session>> {
  const tokens = query('token')
  if (tokens.length > 1) throw unauthorized()
  const claims = await verify(tokens[0] ?? bearer(headers), 'locallife')
  const user = claims.sub
  if (!idPattern.test(user)) throw unauthorized()
  const asked = askedRoles(url, query)
  const lastSequence = position(query)
  const standing = await people.standing(user)
  const held = heldRoles(standing, asked)
  if (held.length === 0) throw refusalFor(standing, asked)
  return {
    session: { user, asked, held, lastSequence },
    user,
    expiresAt: claims.exp * 1000,
  }
}

/** Which of the asked roles a user has now: riders must be approved and online (L3), merchants onboarded (L4). */
export function heldRoles(
  { rider, merchants, operator }: Standing,
  asked: readonly Role[],
): readonly Role[] {
  const held: Record<Role, boolean> = {
    rider: rider?.online === true,
    merchant: merchants.length > 0,
    platform: operator !== null,
  }
  return asked.filter((role) => held[role])
}

/** The user of the Bearer token of an HTTP request; refuses UNAUTHORIZED, and RATE_LIMITED at the rate of one user over all requests. */
export async function asker(
  headers: Headers,
  { verify, limiter, rate }: Pick<LocallifeParts, 'verify' | 'limiter' | 'rate'>,
): Promise<string> {
  const { sub: user } = await verify(bearer(headers), 'locallife')
  if (!idPattern.test(user)) throw unauthorized()
  spend(limiter, `locallife/${user}:http`, rate)
  return user
}

function askedRoles(url: string, query: Query): readonly Role[] {
  const [path = ''] = url.split('?', 1)
  const possible = path.endsWith(platformPath) ? (['platform'] as const) : roles
  const [role, ...others] = query('role')
  if (role === undefined) return possible
  if (others.length > 0 || !roles.includes(role as Role)) {
    throw fieldRefusal('INVALID_PARAMS', 'role', `Expected one of ${roles.join(', ')}`)
  }
  return possible.filter((one) => one === role)
}

function position(query: Query): number | null {
  const [sequence, ...others] = query('last_sequence')
  if (sequence === undefined) return null
  if (others.length === 0 && /^\d{1,15}$/.test(sequence)) return Number(sequence)
  throw fieldRefusal('INVALID_PARAMS', 'last_sequence', 'Expected a sequence')
}

function refusalFor({ rider }: Standing, asked: readonly Role[]): Refusal {
  return asked.includes('rider') && rider?.status === 'approved'
    ? new Refusal('RIDER_OFFLINE', 'Go online first with POST /v1/rider/online')
    : new Refusal('FORBIDDEN', 'Only riders, merchants and the platform may connect')
}
