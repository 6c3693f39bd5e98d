import { localBroker } from './brokers/local.ts'
import type { Config, Origin } from './config.ts'
import { createConsole, type Console } from './console.ts'
import type { Served } from './core/channel.ts'
import type { Clock, Stop } from './core/clock.ts'
import { createGateway } from './core/gateway.ts'
import { createHub, type Hub } from './core/hub.ts'
import { createAuthorize, createFindCaller } from './core/keys.ts'
import { measureLag } from './core/lag.ts'
import { createLimiter } from './core/limiter.ts'
import type { Log } from './core/log.ts'
import { createPartings } from './core/partings.ts'
import { createMetrics, type Metrics } from './core/metrics.ts'
import { processMetrics } from './core/process.ts'
import type { Heat } from './core/spread.ts'
import { createSessions } from './core/sessions.ts'
import { createRegistry, type Registry } from './core/registry.ts'
import type { Store } from './core/store.ts'
import { assertPortsFree, openInternal, openPublic, type House } from './listeners.ts'
import type { AnySystem, Running } from './server.ts'
import { limitsOf, verifyOf } from './settings.ts'
import { openSqlite } from './storage/sqlite/client.ts'
import { allSystems, type Plug } from './systems.ts'
import { traceFrames } from './tracing.ts'
import { commit, version } from './version.ts'

/** What a server is made of besides its configuration. */
export interface FanfareParts {
  readonly clock: Clock
  readonly log: Log
  /** The storage is gone for good: nothing can be kept any more, and the process should end. */
  readonly lost: (cause: string) => void
  /** Where each setting comes from, for the console. */
  readonly origins?: ReadonlyMap<string, Origin>
  /** When a channel is hot; for tests, which have few connections. */
  readonly heat?: Heat
}

/** A whole server: every system over one core. */
export interface Fanfare {
  /** Opens every listener; throws when one cannot be opened, and leaves none open. */
  start(): Promise<void>
  /** The public listeners that run, in the order of the configuration. */
  readonly listeners: readonly Running[]
  readonly internal: Running | null
  /** The secret of a new link that logs into the console once; null where there are no pages. */
  invite(): string | null
  /** Refuses newcomers, lets everybody go within `server.drain`, writes what is queued, closes. */
  stop(): Promise<void>
}

/** Opens the storage and puts the parts together; nothing listens before `start`. Throws ListenError when a port is taken, before anything is touched. */
export async function createFanfare(
  config: Config,
  parts: FanfareParts,
  plug: Plug = allSystems,
): Promise<Fanfare> {
  assertPortsFree(config)
  const house = await build(config, parts, plug)
  const { store, broker, hub, gateway, systems, draining, clock, running } = house
  let internal: Running | null = null
  let stops: readonly Stop[] = []

  async function open(): Promise<void> {
    await broker.start(hub.receive)
    await store.start(hub.told)
    for (const system of systems) await system.start?.()
    for (const listener of config.listen) running.push(openPublic(house, listener))
    internal = openInternal(house)
    gateway.start()
    stops = [startPruning(house), measureLag(house.metrics, clock), traceFrames(house)]
  }

  async function close(): Promise<void> {
    for (const stop of stops) stop()
    house.console?.stop()
    for (const system of systems) await system.stop?.()
    const listeners = internal === null ? running : [...running, internal]
    await Promise.all(listeners.map((one) => stopWithin(one, clock)))
    await broker.stop()
    await store.stop()
  }

  return {
    listeners: running,
    get internal() {
      return internal
    },
    invite: () => house.console?.invite() ?? null,
    start: () =>
      open().catch(async (error: unknown) => {
        await close()
        throw error
      }),
    async stop() {
      draining.now = true
      const ms = config.server.drain
      house.console?.stop()
      await gateway.drain(ms, endingsOf(house, ms))
      await close()
    },
  }
}

async function build(
  config: Config,
  parts: FanfareParts,
  plug: Plug,
): Promise<House & { readonly console: Console | null }> {
  const { clock, log } = parts
  const metrics = createMetrics()
  processMetrics(metrics, clock, { version, commit })
  countTroubles(metrics, log)
  const { store, thread } = await openStore(config, parts, metrics)
  const broker = localBroker()
  const registry = createRegistry()
  const limits = limitsOf(config)
  const { heat } = parts
  const hub = createHub({ store, broker, clock, metrics, connections: registry, limits, heat })
  const limiter = createLimiter(clock, { max: 200_000 })
  const partings = createPartings(clock)
  const shared = { clock, log, metrics, limiter, hub, registry }
  const gateway = createGateway({ ...shared, partings, limits })
  const { settled } = gateway
  const verify = verifyOf(config, clock)
  const sessions = createSessions(clock)
  const findCaller = createFindCaller(store, clock, config.server_key)
  const authorize = createAuthorize(findCaller, sessions)
  const host = { hub, store, clock, verify, authorize, limiter, settled, log, metrics, limits }
  const systems = await plugged(() => plug(host, thread, config), store)
  const served = new Map(systems.map((one) => [one.name, serve(one, hub)]))
  countConnections(metrics, systems, registry)
  const draining = { now: false }
  const house = {
    ...{ config, clock, log, store, broker, hub, registry, authorize, gateway, systems, served },
    ...{ metrics, draining, running: [], console: null },
  }
  if (!config.pages) return house
  const { origins } = parts
  const base = { thread, limiter, partings, sessions, findCaller, origins }
  return { ...house, console: createConsole(house, base) }
}

function openStore(config: Config, parts: FanfareParts, metrics: Metrics) {
  const { data, dev, store } = config
  const { clock, log, lost } = parts
  return openSqlite({
    dir: data.dir,
    dev,
    ledger: config.systems.includes('crash'),
    clock,
    log,
    metrics,
    onDeath: lost,
    queueRows: store.queue_rows,
    queueBytes: store.queue_bytes,
  })
}

/** What each system ends while its connections are still there; one that cannot does not keep the others. */
function endingsOf({ systems, log }: House, ms: number): ReadonlyMap<string, Promise<void>> {
  const ending = systems.filter(({ drain }) => drain !== undefined)
  return new Map(
    ending.map(({ name, drain }) => [
      name,
      drain!(ms).catch((error: unknown) => log.error('draining failed', error, { system: name })),
    ]),
  )
}

/** The systems; one that cannot be made leaves no thread behind. */
async function plugged(make: () => readonly AnySystem[], store: Store) {
  try {
    return make()
  } catch (error) {
    await store.stop()
    throw error
  }
}

function serve(system: AnySystem, hub: Hub): Served {
  const { name, codec, compression = false } = system
  const served: Served = { name, codec, compression, servers: new Set() }
  hub.serve(served)
  return served
}

function countTroubles(metrics: Metrics, { troubles }: Log): void {
  metrics.collect('log_entries_total', 'counter', 'Warnings and errors', ['level'], () =>
    Object.entries(troubles).map(([level, count]) => [[level], count] as const),
  )
}

function countConnections(metrics: Metrics, systems: readonly AnySystem[], registry: Registry) {
  metrics.collect('connections', 'gauge', 'Open connections', ['system'], () => {
    const counts = new Map(systems.map(({ name }) => [name, 0]))
    for (const { protocol } of registry) {
      counts.set(protocol.name, (counts.get(protocol.name) ?? 0) + 1)
    }
    return [...counts].map(([name, count]) => [[name], count] as const)
  })
}

const hour = 3_600_000
/** After this a server that has just started prunes for the first time. */
const calmAfter = 300_000

function startPruning({ config, store, clock, log }: House): Stop {
  function prune(): void {
    const now = clock.now()
    store
      .prune(now - config.history.retention, now)
      .then((rows) => log.info('history pruned', { rows }))
      .catch((error: unknown) => log.error('pruning failed', error))
  }
  // Not at once: a machine's clock may be wrong until it has asked for the time.
  const stops = [clock.after(calmAfter, prune), clock.every(hour, prune)]
  return () => stops.forEach((stop) => stop())
}

/** Stops a listener; what does not end within a second is ended. */
async function stopWithin(one: Running, clock: Clock): Promise<void> {
  const patience = new Promise<void>((resolve) => void clock.after(1_000, resolve))
  await Promise.race([one.stop(false), patience])
  await one.stop(true)
}
