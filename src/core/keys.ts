import type { Clock } from './clock.ts'
import { Refusal } from './errors.ts'
import { scopes, type Scope, type Store } from './store.ts'

/** Who calls with a server key. */
export interface Caller {
  readonly name: string
  readonly scopes: readonly Scope[]
}

/** Finds the caller of a request, or refuses: 401 without a good key, 403 when the key lacks the scope. */
export type Authorize = (request: Request, scope: Scope) => Promise<Caller>

/** How long a looked-up key is believed, so that a revoked one ends within a second. */
const believedMs = 900
const mostBelieved = 1_000

/** Knows the bootstrap key and the keys of the store. */
export function createAuthorize(
  store: Store,
  clock: Clock,
  bootstrapKey: string | undefined,
): Authorize {
  const bootstrap = bootstrapKey === undefined ? null : hashKey(bootstrapKey)
  const believed = new Map<string, { caller: Caller | null; until: number }>()

  async function find(hash: string): Promise<Caller | null> {
    if (hash === bootstrap) return { name: 'server_key', scopes }
    const known = believed.get(hash)
    if (known !== undefined && clock.elapsed() < known.until) return known.caller
    const caller = await store.keyByHash(hash)
    if (believed.size >= mostBelieved) believed.clear()
    believed.set(hash, { caller, until: clock.elapsed() + believedMs })
    return caller
  }

  return async (request, scope) => {
    const [, key] = /^Bearer (\S{1,512})$/i.exec(request.headers.get('authorization') ?? '') ?? []
    const caller = key === undefined ? null : await find(hashKey(key))
    if (caller === null) throw new Refusal('UNAUTHORIZED', 'Server key missing or unknown')
    if (!caller.scopes.includes(scope)) {
      throw new Refusal('FORBIDDEN', `This key lacks the scope "${scope}"`)
    }
    return caller
  }
}

/** SHA-256 in hex: the only form in which a server key is kept or compared. */
export function hashKey(key: string): string {
  return new Bun.CryptoHasher('sha256').update(key).digest('hex')
}
