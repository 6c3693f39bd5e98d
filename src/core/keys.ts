import type { Clock } from './clock.ts'
import { Refusal } from './errors.ts'
import type { Sessions } from './sessions.ts'
import { scopes, type Scope, type Store } from './store.ts'

/** Who calls with a server key, or is logged in with one. */
export interface Caller {
  readonly name: string
  readonly scopes: readonly Scope[]
}

/** Finds the caller of a request, or refuses: 401 without a good key or session, 403 when it has none of the scopes. */
export type Authorize = (
  request: Request,
  ...anyOf: readonly [Scope, ...Scope[]]
) => Promise<Caller>

/** Knows whose a server key is, by its SHA-256 in hex; null for one that is unknown or revoked. */
export type FindCaller = (hash: string) => Promise<Caller | null>

/** How long a looked-up key is believed, so that a revoked one ends within a second. */
const believedMs = 900
const mostBelieved = 1_000

/** Knows the bootstrap key and the keys of the store. */
export function createFindCaller(
  store: Store,
  clock: Clock,
  bootstrapKey: string | undefined,
): FindCaller {
  const bootstrap = bootstrapKey === undefined ? null : hashKey(bootstrapKey)
  const believed = new Map<string, { caller: Caller | null; until: number }>()
  return async (hash) => {
    if (hash === bootstrap) return { name: 'server_key', scopes }
    const known = believed.get(hash)
    if (known !== undefined && clock.elapsed() < known.until) return known.caller
    const caller = await store.keyByHash(hash)
    if (believed.size >= mostBelieved) believed.clear()
    believed.set(hash, { caller, until: clock.elapsed() + believedMs })
    return caller
  }
}

/** Takes server keys and the tokens of sessions; a session may no more than the key it was opened with may now. */
export function createAuthorize(find: FindCaller, sessions: Sessions): Authorize {
  async function callerOf(key: string): Promise<Caller | null> {
    const hash = hashKey(key)
    const session = sessions.find(hash)
    if (session === null) return find(hash)
    if (session.keyHash === null || (await find(session.keyHash)) !== null) return session
    sessions.end(hash)
    return null
  }

  return async (request, ...anyOf) => {
    const key = bearerOf(request)
    const caller = key === null ? null : await callerOf(key)
    if (caller === null) throw new Refusal('UNAUTHORIZED', 'Server key missing or unknown')
    if (!anyOf.some((scope) => caller.scopes.includes(scope))) {
      throw new Refusal('FORBIDDEN', `This key lacks the scope "${anyOf[0]}"`)
    }
    return caller
  }
}

/** What a request shows as a server key or a session's token; null when it shows nothing that could be one. */
export function bearerOf(request: Request): string | null {
  return /^Bearer (\S{1,512})$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? null
}

/** SHA-256 in hex: the only form in which a server key is kept or compared. */
export function hashKey(key: string): string {
  return new Bun.CryptoHasher('sha256').update(key).digest('hex')
}
