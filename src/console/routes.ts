import type { Hono, HonoRequest } from 'hono'
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
  const ask = asking(app, parts)
  pageRoute(app, '/console', page)
  loginRoutes(app, parts)
  ask('/api/console/overview', async (_, may) => (await desk()).overview(may))
  ask('/api/console/connections/:id', async (req) => (await desk()).connection(req.param('id')))
  ask('/api/console/connections/:id/frames', async (req, may) =>
    (await desk()).frames(req.param('id'), may),
  )
  ask('/api/console/kinds', async () => (await desk()).kinds())
  ask('/api/console/live', async (req, may) => {
    const query = shaped(LiveQuery, textsOf(req.queries()))
    return (await desk()).live(query, may)
  })
  ask('/api/console/deliveries', async (req) =>
    (await desk()).delivery(shaped(DeliveriesQuery, textsOf(req.queries()))),
  )
  ask('/api/console/crash', async (req) => {
    const { rounds } = shaped(FiguresQuery, textsOf(req.queries()))
    return (await desk()).crash.figures(rounds)
  })
  ask('/api/console/crash/audit', async () => (await desk()).crash.audit())
  auditRoute(app, parts, desk)
  ask('/api/console/logs', async (req, may) => {
    const { level } = shaped(LogQuery, textsOf(req.queries()))
    return (await desk()).logs(level, may)
  })
  ask('/api/console/config', async () => parts.configuration())
}

/** Adds routes for whoever may look; what is no response is told as JSON. `may` asks again while a stream runs. */
function asking(app: Hono, { authorize }: ConsoleParts) {
  return <Path extends string>(
    path: Path,
    answer: (req: HonoRequest<Path>, may: () => Promise<unknown>) => Promise<object>,
  ): void => {
    app.get(path, async ({ req, json }) => {
      const may = () => authorize(req.raw, 'read', 'admin')
      await may()
      const told = await answer(req, may)
      return told instanceof Response ? told : json(told)
    })
  }
}

function auditRoute(
  app: Hono,
  { authorize, clock, store }: ConsoleParts,
  desk: () => Promise<Desk>,
): void {
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
