import type { Context, Hono } from 'hono'
import * as v from 'valibot'
import { limitKey, requestAddress } from '../core/address.ts'
import { unauthorized } from '../core/auth.ts'
import { Refusal } from '../core/errors.ts'
import { readJson } from '../core/json.ts'
import { bearerOf, hashKey, type Caller } from '../core/keys.ts'
import type { Rate } from '../core/limiter.ts'
import { shaped } from '../core/protocol.ts'
import type { Session } from '../core/sessions.ts'
import type { Scope } from '../core/store.ts'
import { spend } from '../core/turn.ts'
import type { Session as Told } from '../pages/console/api.ts'
import type { ConsoleParts } from './parts.ts'

const Secret = v.pipe(
  v.string(),
  v.regex(/^[!-~]{1,512}$/, 'Expected 1 to 512 visible ASCII characters without a space'),
)

/** Body of a login: a server key, or the secret of a one-time link. */
export const Login = v.pipe(
  v.object({ key: v.optional(Secret), once: v.optional(Secret) }),
  v.forward(
    v.check(
      ({ key, once }) => (key === undefined) !== (once === undefined),
      'Expected "key" or "once"',
    ),
    ['key'],
  ),
)

/** Of one address; whoever guesses 256 bits at this rate guesses for ever. */
const trying: Rate = { perSecond: 1 / 6, burst: 10 }

/** A body takes 600 bytes. */
const mostBytes = 4_096

/** What a session may at most: money stays with the backends that have a key for it. */
const most: readonly Scope[] = ['publish', 'admin', 'read']

/** POST, GET and DELETE /api/console/session: a key with the scope admin or read, or a one-time link, for the token of a session. */
export function loginRoutes(app: Hono, parts: ConsoleParts): void {
  const { sessions, limiter, clock, log } = parts
  app.post('/api/console/session', async (context) => {
    const address = requestAddress(context.req.raw, context.env, parts.trustedProxies)
    spend(limiter, `console/login:${limitKey(address)}`, trying)
    const login = shaped(Login, await readJson(context.req.raw, [], mostBytes))
    const { caller, keyHash } = await callerOf(parts, login).catch((error: unknown) => {
      log.warn('console login refused', { address })
      throw error
    })
    await kept(parts, {
      at: clock.now(),
      actor: caller.name,
      action: 'console.login',
      subject: address,
    })
    const { token, session } = sessions.open(caller, keyHash)
    return fresh(context).json({ token, ...told(session) }, 201)
  })
  app.get('/api/console/session', async (context) => {
    // The session may still be there though its key is revoked.
    await parts.authorize(context.req.raw, 'read')
    return fresh(context).json(told(mine(context).session))
  })
  app.delete('/api/console/session', (context) => {
    sessions.end(mine(context).hash)
    return context.body(null, 204)
  })

  function mine({ req }: Context): { readonly session: Session; readonly hash: string } {
    const hash = hashKey(bearerOf(req.raw) ?? '')
    const session = sessions.find(hash)
    if (session === null) throw unauthorized()
    return { session, hash }
  }
}

function fresh(context: Context): Context {
  context.header('cache-control', 'no-store')
  return context
}

async function callerOf(
  { sessions, findCaller }: ConsoleParts,
  login: v.InferOutput<typeof Login>,
): Promise<{ readonly caller: Caller; readonly keyHash: string | null }> {
  const { key = '', once } = login
  if (once !== undefined) {
    if (!sessions.redeem(once))
      throw new Refusal('UNAUTHORIZED', 'This link was used or has run out')
    return { caller: { name: 'console:link', scopes: most }, keyHash: null }
  }
  const keyHash = hashKey(key)
  const found = await findCaller(keyHash)
  if (found === null) throw new Refusal('UNAUTHORIZED', 'Server key missing or unknown')
  // Whoever may administrate may look.
  const all = found.scopes.includes('admin') ? [...found.scopes, 'read'] : found.scopes
  const scopes = most.filter((scope) => all.includes(scope))
  if (!scopes.includes('read')) throw new Refusal('FORBIDDEN', 'This key lacks the scope "read"')
  const looks = scopes.includes('admin') ? scopes : (['read'] as const)
  return { caller: { name: `console:${found.name}`, scopes: looks }, keyHash }
}

function told({ name, scopes, expiresAt }: Session): Omit<Told, 'token'> {
  const role = scopes.includes('admin') ? 'full' : 'read'
  return { role, name, scopes: scopes as Told['scopes'], expiresAt }
}

/** Looking must be possible when nothing can be written: then the log has to do. */
async function kept(
  { store, log }: ConsoleParts,
  entry: Parameters<ConsoleParts['store']['audit']>[0],
): Promise<void> {
  const { actor, action, subject } = entry
  log.info(action.replace('.', ' '), { actor, subject })
  await store.audit(entry).catch((error: unknown) => {
    log.warn('audit row not kept', { actor, action, reason: String(error) })
  })
}
