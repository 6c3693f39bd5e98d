import type { Hono } from 'hono'
import * as v from 'valibot'
import { logLevels } from '../core/log.ts'
import { shaped } from '../core/protocol.ts'
import { textsOf, wholeText } from '../core/query.ts'
import { subjectPattern } from '../core/token.ts'
import { pageRoute } from '../http/pages.ts'
import type { Packed } from '../http/packed.ts'
import type { Desk } from './desk.ts'
import { loginRoutes } from './login.ts'
import type { ConsoleParts } from './parts.ts'

const Name = v.pipe(v.string(), v.regex(/^[a-z]{1,32}$/, 'Expected the name of a system'))
const User = v.pipe(v.string(), v.regex(subjectPattern, 'Expected the id of a user'))
const Channel = v.pipe(
  v.string(),
  v.regex(/^[a-z]+\/[A-Za-z0-9_:.-]{1,160}$/, 'Expected a channel such as "jive/family:f1"'),
)

/** Fields of a query of what happens. */
export const LiveFields = v.object({
  channel: v.optional(Channel),
  system: v.optional(Name),
  user: v.optional(User),
})

/** Query of the stream of what happens: a channel, a user, or a whole system. */
export const LiveQuery = v.pipe(
  LiveFields,
  v.check(
    ({ channel, system, user }) =>
      channel === undefined ? system !== undefined : system === undefined && user === undefined,
    'Expected a channel, a system, or a system and a user',
  ),
)

/** Fields of a query of a delivery. */
export const DeliveriesFields = v.object({
  user: User,
  channel: v.optional(Channel),
  version: v.optional(wholeText(1, Number.MAX_SAFE_INTEGER)),
  system: v.optional(Name),
  id: v.optional(v.pipe(v.string(), v.regex(/^\d{1,15}$/, 'Expected the id of a message'))),
})

/** Query of a delivery: a user, and a message by channel and version or by system and id. */
export const DeliveriesQuery = v.pipe(
  DeliveriesFields,
  v.check(
    ({ channel, version, system, id }) =>
      channel === undefined
        ? version === undefined && system !== undefined && id !== undefined
        : version !== undefined && system === undefined && id === undefined,
    'Expected a channel and a version, or a system and an id',
  ),
)

/** Query of what crash has paid back: over how many rounds. */
export const FiguresQuery = v.object({ rounds: v.optional(wholeText(1, 10_000), '1000') })

/** Query of the log: the least important lines that are told. */
export const LogQuery = v.object({ level: v.optional(v.picklist(logLevels), 'trace') })

/** The page of the console and what it asks for, for sessions and for server keys with the scope read or admin; what is behind it is loaded when it is first asked for. */
export function consoleRoutes(
  app: Hono,
  parts: ConsoleParts,
  desk: () => Promise<Desk>,
  page: Packed,
): void {
  const { authorize } = parts
  const looks = (request: Request) => authorize(request, 'read', 'admin')
  pageRoute(app, '/console', page)
  loginRoutes(app, parts)
  app.get('/api/console/overview', async ({ req }) => {
    await looks(req.raw)
    return (await desk()).overview(() => looks(req.raw))
  })
  app.get('/api/console/connections/:id', async ({ req, json }) => {
    await looks(req.raw)
    return json((await desk()).connection(req.param('id')))
  })
  app.get('/api/console/connections/:id/frames', async ({ req }) => {
    await looks(req.raw)
    return (await desk()).frames(req.param('id'), () => looks(req.raw))
  })
  app.get('/api/console/kinds', async ({ req, json }) => {
    await looks(req.raw)
    return json(await (await desk()).kinds())
  })
  app.get('/api/console/live', async ({ req }) => {
    await looks(req.raw)
    const query = shaped(LiveQuery, textsOf(req.queries()))
    return (await desk()).live(query, () => looks(req.raw))
  })
  app.get('/api/console/deliveries', async ({ req, json }) => {
    await looks(req.raw)
    return json(await (await desk()).delivery(shaped(DeliveriesQuery, textsOf(req.queries()))))
  })
  crashRoutes(app, parts, desk)
  app.get('/api/console/logs', async ({ req }) => {
    await looks(req.raw)
    const { level } = shaped(LogQuery, textsOf(req.queries()))
    return (await desk()).logs(level, () => looks(req.raw))
  })
  app.get('/api/console/config', async ({ req, json }) => {
    await looks(req.raw)
    return json(parts.configuration())
  })
}

function crashRoutes(
  app: Hono,
  { authorize, clock, store }: ConsoleParts,
  desk: () => Promise<Desk>,
): void {
  app.get('/api/console/crash', async ({ req, json }) => {
    await authorize(req.raw, 'read', 'admin')
    const { rounds } = shaped(FiguresQuery, textsOf(req.queries()))
    return json(await (await desk()).crash.figures(rounds))
  })
  app.get('/api/console/crash/audit', async ({ req, json }) => {
    await authorize(req.raw, 'read', 'admin')
    return json((await desk()).crash.audit())
  })
  app.post('/api/console/crash/audit', async ({ req, json }) => {
    const { name } = await authorize(req.raw, 'admin')
    const { crash } = await desk()
    if (crash.audit().state !== 'running') {
      const at = clock.now()
      await store.audit({ at, actor: name, action: 'books.audit', subject: 'crash' })
    }
    return json(crash.begin(name), 202)
  })
}
