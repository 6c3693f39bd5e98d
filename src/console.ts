import type { Hono } from 'hono'
import { packed } from './assets.ts'
import type { Origin } from './config.ts'
import { keys } from './config/keys.ts'
import { consoleRoutes } from './console/routes.ts'
import type { ConsoleParts } from './console/parts.ts'
import type { Desk } from './console/desk.ts'
import type { FindCaller } from './core/keys.ts'
import type { Limiter } from './core/limiter.ts'
import type { Partings } from './core/partings.ts'
import type { Sessions } from './core/sessions.ts'
import { checksOf, type House } from './listeners.ts'
import { toldOf } from './docs.ts'
import { auditApart } from './storage/sqlite/crash-audit-apart.ts'
import { crashLedger } from './storage/sqlite/crash.ts'
import { locallifeInbox } from './storage/sqlite/locallife-inbox.ts'
import type { Thread } from './storage/sqlite/procedure.ts'
import { mostPending } from './systems/locallife/inbox.ts'
import { version } from './version.ts'

/** The server's side of the page for who looks after it. */
export interface Console {
  /** Adds its routes to a listener that serves everything. */
  routes(app: Hono): void
  /** Makes the secret of a link that logs in once. */
  invite(): string
  /** Ends what is being told to it. */
  stop(): void
}

/** What the console needs beside the parts that all share. */
export interface ConsoleBase {
  readonly thread: Thread
  readonly limiter: Limiter
  readonly partings: Partings
  readonly sessions: Sessions
  readonly findCaller: FindCaller
  /** Where each setting comes from; absent where nobody knows. */
  readonly origins?: ReadonlyMap<string, Origin> | undefined
}

/** A console of a house; most of it is loaded when somebody first asks. */
export function createConsole(house: House, base: ConsoleBase): Console {
  const parts = partsOf(house, base)
  let made: Promise<Desk> | null = null
  const desk = () =>
    (made ??= import('./console/desk.ts').then(({ createDesk }) => createDesk(parts)))
  return {
    routes: (app) => consoleRoutes(app, parts, desk, () => packed('console.html')),
    invite: base.sessions.invite,
    stop() {
      made?.then(
        (desk) => desk.end(),
        () => {},
      )
    },
  }
}

function partsOf(house: House, base: ConsoleBase): ConsoleParts {
  const { config } = house
  const { thread, origins = new Map() } = base
  const runs = (name: (typeof config.systems)[number]) => config.systems.includes(name)
  const inbox = locallifeInbox(thread)
  const { dir } = config.data
  return {
    ...house,
    ...base,
    checks: () => checksOf(house),
    version,
    trustedProxies: config.limits.trusted_proxies,
    mostWaiting: config.store.queue_rows,
    configuration: () => ({
      values: keys.flatMap(({ path, description }) => {
        const origin: Origin | undefined = origins.get(path)
        if (origin === undefined) return []
        return [{ path, value: origin.raw ?? null, origin: origin.source, description }]
      }),
    }),
    schemas: async () => (await toldOf()).publishes,
    inbox: runs('locallife')
      ? {
          system: 'locallife',
          keptMs: config.locallife.notice_ttl,
          keptNewest: mostPending,
          pending: inbox.pending,
        }
      : null,
    books: runs('crash')
      ? { rounds: crashLedger(thread).rounds, audit: () => auditApart(dir) }
      : null,
  }
}
