import type { Hono } from 'hono'
import * as v from 'valibot'
import type { Clock } from '../core/clock.ts'
import { Refusal } from '../core/errors.ts'
import { shaped } from '../core/protocol.ts'
import { textsOf } from '../core/query.ts'
import { subjectPattern } from '../core/token.ts'
import type { Registry } from '../core/registry.ts'
import type { Hub } from '../core/hub.ts'
import type { Store } from '../core/store.ts'
import type { System } from '../system.ts'
import type { Authorize } from '../core/keys.ts'

const mostListed = 1_000

/** Query of the list: a system, a user. */
export const ConnectionsQuery = v.object({
  system: v.optional(v.string()),
  user: v.optional(v.string()),
})

/** Whose connections end: a system, and the id of a user as tokens have it. */
export const UserParams = v.object({
  system: v.string(),
  user: v.pipe(v.string(), v.regex(subjectPattern, 'Expected the id of a user')),
})

/** What listing and ending connections works with. */
export interface ConnectionParts {
  readonly systems: readonly System<any>[]
  readonly registry: Registry
  readonly hub: Hub
  readonly store: Store
  readonly clock: Clock
  readonly authorize: Authorize
}

/** Who is connected, for a server key with the scope admin or read, and ending it with 4403, for admin alone. */
export function connectionRoutes(app: Hono, parts: ConnectionParts): void {
  const { systems, registry, hub, store, clock, authorize } = parts
  app.get('/api/connections', async ({ req, json }) => {
    await authorize(req.raw, 'admin', 'read')
    const { system, user } = shaped(ConnectionsQuery, textsOf(req.queries()))
    const connections = []
    for (const one of registry) {
      if (system !== undefined && one.protocol.name !== system) continue
      if (user !== undefined && one.user !== user) continue
      if (connections.length >= mostListed) break
      const { id, address, openedAt, channels } = one
      connections.push({
        id,
        system: one.protocol.name,
        user: one.user ?? null,
        address,
        openedAt,
        channels: channels.map((name) => name.slice(name.indexOf('/') + 1)),
      })
    }
    return json({ connections, total: registry.size })
  })
  app.delete('/api/connections/:id', async ({ req, body }) => {
    const { name } = await authorize(req.raw, 'admin')
    const id = req.param('id')
    const connection = registry.find(id)
    if (connection === undefined) throw new Refusal('NOT_FOUND', 'No such connection')
    await store.audit({ at: clock.now(), actor: name, action: 'connection.end', subject: id })
    connection.close('forbidden')
    return body(null, 204)
  })
  app.delete('/api/users/:system/:user/connections', async ({ req, body }) => {
    const { name } = await authorize(req.raw, 'admin')
    const { system, user } = shaped(UserParams, req.param())
    if (!systems.some((one) => one.name === system)) {
      throw new Refusal('NOT_FOUND', `No system "${system.slice(0, 160)}"`)
    }
    const subject = `${system}/${user}`
    await store.audit({ at: clock.now(), actor: name, action: 'user.end', subject })
    hub.channels(system).closeUser(user, 'forbidden')
    return body(null, 204)
  })
}
