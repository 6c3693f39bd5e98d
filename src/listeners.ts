import type { Hono } from 'hono'
import type { Config } from './config.ts'
import type { Console } from './console.ts'
import type { Broker } from './core/broker.ts'
import type { Served } from './core/channel.ts'
import type { Clock } from './core/clock.ts'
import type { Gateway } from './core/gateway.ts'
import type { Hub } from './core/hub.ts'
import type { Log } from './core/log.ts'
import type { Metrics } from './core/metrics.ts'
import type { Registry } from './core/registry.ts'
import type { Store } from './core/store.ts'
import { packed } from './assets.ts'
import { documentsOf } from './docs.ts'
import { createApp } from './http/app.ts'
import { channelRoutes } from './http/channels.ts'
import { connectionRoutes } from './http/connections.ts'
import { clientRoute } from './http/client.ts'
import { docsRoutes } from './http/docs.ts'
import { countAnswers, healthRoutes, metricsRoute } from './http/health.ts'
import type { Authorize } from './core/keys.ts'
import { publishRoutes } from './http/publish.ts'
import { pagesOf } from './pages.ts'
import { assertFree, listen, type AnySystem, type Running } from './server.ts'
import type { Check } from './system.ts'
import { logRequests } from './tracing.ts'

/** The parts of a running server. */
export interface House {
  readonly config: Config
  readonly clock: Clock
  readonly log: Log
  readonly store: Store
  readonly broker: Broker
  readonly hub: Hub
  readonly registry: Registry
  readonly authorize: Authorize
  readonly gateway: Gateway
  readonly systems: readonly AnySystem[]
  readonly served: ReadonlyMap<string, Served>
  readonly metrics: Metrics
  readonly draining: { now: boolean }
  /** The server's side of the console, where pages are served. */
  readonly console: Pick<Console, 'routes'> | null
  /** The public listeners that run, in the order of the configuration. */
  readonly running: Running[]
}

/** Opens a listener of the configuration: its systems, and the common HTTP API where it serves all. */
export function openPublic(house: House, listener: Config['listen'][number]): Running {
  const { config, log, gateway, systems, served } = house
  const { cert, key } = config.tls
  return listen(
    { ...listener, setting: 'listen' },
    {
      gateway,
      systems,
      served,
      log,
      maxBody: config.limits.max_body,
      ...(cert !== undefined && key !== undefined && { tls: { cert, key } }),
      http: (here, whole) => publicApp(house, here, whole),
    },
  )
}

/** The HTTP side of a public listener with these systems; `whole`: with all, and so with what belongs to none. */
export function publicApp(house: House, here: readonly AnySystem[], whole: boolean): Hono {
  const { config, clock, log, store, hub, registry, authorize, systems } = house
  const app = createApp(log, config.limits.origins)
  countAnswers(app, house.metrics)
  logRequests(app, house)
  healthRoutes(app, checksOf(house))
  if (whole) {
    // One message must leave room in the backlog of a slow reader, or nobody on a thin link gets it.
    const maxMessage = Math.floor(config.limits.max_backlog / 4)
    publishRoutes(app, { systems, hub, clock, authorize, maxMessage })
    channelRoutes(app, { systems, hub, store, authorize })
    connectionRoutes(app, { systems, registry, hub, store, clock, authorize })
    clientRoute(app, () => packed('client.js'))
    if (config.pages) pagesOf(app, house)
    house.console?.routes(app)
    if (config.docs) docsRoutes(app, documentsOf(house))
  }
  for (const { routes } of here) if (routes !== undefined) app.route('/', routes)
  return app
}

/** Throws a ListenError when a listener of the configuration could not be opened. */
export function assertPortsFree({ listen, internal }: Config): void {
  for (const one of listen) assertFree({ ...one, setting: 'listen' })
  if (internal !== null) assertFree({ ...internal, systems: [], setting: 'internal' })
}

/** Opens the listener for health and metrics; null when it is turned off. */
export function openInternal(house: House): Running | null {
  const { config, log, gateway, served, metrics } = house
  if (config.internal === null) return null
  const listener = { ...config.internal, systems: [], setting: 'internal' }
  return listen(listener, {
    gateway,
    systems: [],
    served,
    log,
    maxBody: config.limits.max_body,
    http() {
      // It asks for no key, so a page in the browser of an operator must not read it.
      const app = createApp(log, null)
      const checks = checksOf(house)
      healthRoutes(app, checks)
      metricsRoute(app, metrics, checks)
      return app
    },
  })
}

/** What /readyz looks at, by name. */
export function checksOf({
  store,
  broker,
  draining,
  systems,
}: House): Readonly<Record<string, Check>> {
  return {
    store: store.fault,
    broker: broker.fault,
    draining: () => (draining.now ? 'draining' : null),
    ...Object.assign({}, ...systems.map(({ checks }) => checks)),
  }
}
