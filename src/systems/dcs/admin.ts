import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import type { Clock } from '../../core/clock.ts'
import { fieldRefusal, Refusal } from '../../core/errors.ts'
import type { Channels } from '../../core/hub.ts'
import type { Authorize } from '../../core/keys.ts'
import { shaped } from '../../core/protocol.ts'
import { textsOf, wholeText } from '../../core/query.ts'
import { presence } from './channels.ts'
import { idPattern, type Acting, type Partner, type Partners } from './partners.ts'
import { newApiKey, newApiSecret } from './secrets.ts'

/** What the routes of operators work with. */
export interface AdminParts {
  readonly partners: Partners
  readonly channels: Channels
  readonly clock: Clock
  readonly authorize: Authorize
}

/** Query of a list: the last id of the part before, and how many. */
export const ListQuery = v.object({
  after: v.optional(v.pipe(v.string(), v.regex(idPattern, 'Expected the id of a partner'))),
  limit: v.optional(wholeText(1, 1_000), '100'),
})

/** HTTP for operators, with a server key of the scope admin: partners and their secrets. Refusals are thrown; the server's app answers them. */
export function adminRoutes(parts: AdminParts): Hono {
  const { partners, channels, clock, authorize } = parts
  const acting = async ({ req }: Context): Promise<Acting> => {
    const { name } = await authorize(req.raw, 'admin')
    return { actor: name, at: clock.now() }
  }
  const app = new Hono()
  app.get('/api/dcs/partners', async (context) => {
    await acting(context)
    const { after = '', limit } = shaped(ListQuery, textsOf(context.req.queries()))
    const { items, more } = await partners.list(after, limit)
    return context.json({ partners: items, more })
  })
  app.get('/api/dcs/partners/:id', async (context) => {
    await acting(context)
    return context.json(await partners.find(idOf(context)))
  })
  app.put('/api/dcs/partners/:id', async (context) => {
    const { actor, at } = await acting(context)
    const id = context.req.param('id')
    if (!idPattern.test(id)) {
      throw fieldRefusal('INVALID_REQUEST', 'id', 'Expected 1 to 64 of A-Z, a-z, 0-9, _ and -')
    }
    const apiSecret = newApiSecret()
    const wanted: Partner = { id, apiKey: newApiKey(), createdAt: at }
    const { partner, created } = await partners.create(wanted, apiSecret, actor)
    const { apiKey } = partner
    return created ? once(context, { id, apiKey, apiSecret }, 201) : context.json({ id, apiKey })
  })
  app.post('/api/dcs/partners/:id/secret', async (context) => {
    const by = await acting(context)
    const apiSecret = newApiSecret()
    const { id, apiKey } = await partners.renew(idOf(context), apiSecret, by)
    return once(context, { id, apiKey, apiSecret }, 200)
  })
  app.delete('/api/dcs/partners/:id', async (context) => {
    const by = await acting(context)
    for (const hash of await partners.remove(idOf(context), by)) {
      channels.close(presence(hash), 'gone')
    }
    return context.body(null, 204)
  })
  return app
}

/** An answer that nobody on the way may keep, since the secret in it is told this once. */
function once(context: Context, body: Readonly<Record<string, string>>, status: 200 | 201) {
  return context.json(body, status, { 'cache-control': 'no-store' })
}

/** An id of the path; one that cannot exist is answered like one that does not. */
function idOf({ req }: Context): string {
  const id = req.param('id') ?? ''
  if (!idPattern.test(id)) throw new Refusal('NOT_FOUND', 'No such partner')
  return id
}
