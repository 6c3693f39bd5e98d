import type { Hono } from 'hono'
import * as v from 'valibot'
import { stageFor } from '../cli/examples/stage.ts'
import { Refusal } from '../core/errors.ts'
import { readJson } from '../core/json.ts'
import { shaped } from '../core/protocol.ts'
import { canEnter } from '../signing.ts'
import type { House } from '../listeners.ts'
import type { Cast, PlaySession } from '../pages/play/api.ts'
import { troupes } from './cast.ts'

const Name = v.pipe(v.string(), v.regex(/^[a-z]{1,32}$/, 'Expected a name'))

/** Body of POST /api/play/session. */
export const Part = v.object({ system: Name, role: Name })

/** What the playground asks for: who can be played, and tokens and the server key for whoever asks. For development alone: it gives everything away. */
export function playRoutes(app: Hono, house: House): void {
  const { config, clock, running } = house
  const systems = Object.entries(troupes).flatMap(([system, { roles }]) =>
    (config.systems as readonly string[]).includes(system) ? [{ system, roles }] : [],
  )

  app.get('/api/play', ({ json }) => json({ systems } satisfies Cast))
  app.post('/api/play/session', async ({ req, json }) => {
    onlyFromHere(req.raw)
    const { system, role } = shaped(Part, await readJson(req.raw, [], 4_096))
    const troupe = Object.hasOwn(troupes, system) ? troupes[system] : undefined
    const stage = stageFor(system, { listeners: running }, config, clock)
    if (troupe === undefined || stage === null || !troupe.roles.includes(role)) {
      throw new Refusal('NOT_FOUND', `Nobody plays "${role}" of "${system}" here`)
    }
    if (!canEnter(config, system)) {
      const message = 'Not configured: set "auth.secret"'
      throw new Refusal('NOT_CONFIGURED', message, { key: 'auth.secret' })
    }
    const key = config.server_key ?? ''
    const given = await troupe.enter(role, stage)
    return json({ system, role, key, ...given } satisfies PlaySession)
  })
}

/** Refuses what pages of others ask in the browser of a developer: they may neither ask across origins nor give a name of theirs to this machine. */
function onlyFromHere(request: Request): void {
  const host = request.headers.get('host') ?? ''
  const origin = request.headers.get('origin')
  const asked = origin === null ? host : URL.parse(origin)?.host
  const named = URL.parse(`http://${host}`)?.hostname ?? ''
  const own = /(^|\.)localhost$|^\[.*\]$|^\d+(\.\d+){3}$/.test(named)
  if (asked === host && own) return
  throw new Refusal('ORIGIN_REFUSED', 'Ask by the address of the server, or as "localhost"')
}
