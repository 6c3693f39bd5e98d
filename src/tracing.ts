import type { Hono } from 'hono'
import { routePath } from 'hono/route'
import { shown } from './console/masking.ts'
import type { Stop } from './core/clock.ts'
import { watchArrivals, watchFrames, type Watcher } from './core/watch.ts'
import type { House } from './listeners.ts'
import { masked } from './systems/jive/masking.ts'

/** At the level trace: writes every frame of every connection into the log, cut and masked as the console shows it, without the card numbers of clients. It costs more than the whole rest of the server. */
export function traceFrames({ config, log, registry }: House): Stop {
  if (config.log.level !== 'trace') return () => {}
  const watcher: Watcher = ({ id, user, protocol }, direction, frame) => {
    const { text, length } = shown(frame, protocol.name)
    // No card number may stand in a log. What goes out has none; a client may say anything.
    const told = direction === 'in' ? masked(text) : text
    log.trace('frame', { system: protocol.name, id, user, direction, length, text: told })
  }
  return watchArrivals((connection) => {
    // Connections of other servers in this process arrive here, too.
    if (registry.find(connection.id) === connection) watchFrames(connection, watcher)
  })
}

/** From the level debug on: writes each request over HTTP that whatever is added to the app after this answers, by its route, since an address may hold what is secret. */
export function logRequests(app: Hono, { config, log, clock }: House): void {
  if (config.log.level !== 'trace' && config.log.level !== 'debug') return
  app.use(async (context, next) => {
    const began = clock.elapsed()
    await next()
    const { method } = context.req
    const ms = Math.round(clock.elapsed() - began)
    const route = routePath(context)
    log.debug('request', { method, route, status: context.res.status, ms })
  })
}
