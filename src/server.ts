import type { Server as BunServer } from 'bun'
import type { Hono } from 'hono'
import type { LiveConnection } from './core/connection.ts'
import { deflate } from './core/deflate.ts'
import { Refusal, refusalOf, refusalResponse } from './core/errors.ts'
import type { Gateway } from './core/gateway.ts'
import { names } from './core/handshake.ts'
import type { Served } from './core/channel.ts'
import type { Log } from './core/log.ts'
import type { System } from './system.ts'

/** A port and the systems it serves; port 0 picks a free one. */
export interface Listener {
  readonly host: string
  readonly port: number
  /** `*`: every system, and everything that belongs to none. */
  readonly systems: readonly string[] | '*'
  /** The configuration key it comes from, for messages. */
  readonly setting: string
}

/** A system, whatever its sessions are. */
export type AnySystem = System<any>

/** What listeners serve with. */
export interface ServerParts {
  readonly gateway: Gateway
  readonly systems: readonly AnySystem[]
  /** How each system is known to the hub, by name. */
  readonly served: ReadonlyMap<string, Served>
  readonly log: Log
  /** The HTTP side of a listener: of the systems it serves, with the common API where it serves all. */
  readonly http: (systems: readonly AnySystem[], whole: boolean) => Hono
  readonly maxBody: number
  readonly tls?: { readonly cert: string; readonly key: string }
}

/** A listener that runs: where it can be reached. */
export interface Running {
  readonly url: URL
  readonly listener: Listener
  stop(now: boolean): Promise<void>
}

type Route = (
  request: Bun.BunRequest,
  server: BunServer<LiveConnection>,
) => Response | undefined | Promise<Response | undefined>

/** Opens a listener; throws when the port is taken or two systems claim one path. */
export function listen(listener: Listener, parts: ServerParts): Running {
  const { gateway, log, tls } = parts
  const systems = parts.systems.filter(
    ({ name }) => listener.systems === '*' || listener.systems.includes(name),
  )
  const app = parts.http(systems, listener.systems === '*')
  const options: Bun.Serve.Options<LiveConnection> = {
    hostname: listener.host,
    port: listener.port,
    // Bun would let a second process share the port without a word.
    reusePort: false,
    development: false,
    maxRequestBodySize: parts.maxBody,
    idleTimeout: 30,
    ...(tls && { tls }),
    routes: upgradeRoutes(systems, listener, gateway, app) as never,
    fetch: (request, served) => app.fetch(request, { server: served }),
    error(error) {
      log.error('request failed', error)
      return refusalResponse(refusalOf(error))
    },
    websocket: {
      ...gateway.websocket,
      perMessageDeflate: systems.some(({ compression }) => compression) && deflate,
    },
  }
  const server = bind(listener, () => Bun.serve(options))
  for (const { name } of systems) parts.served.get(name)?.servers.add(server)
  return {
    url: server.url,
    listener,
    async stop(now) {
      await server.stop(now)
      for (const { name } of systems) parts.served.get(name)?.servers.delete(server)
    },
  }
}

/** Throws a ListenError when a port cannot be had. For a look before anything else is opened: a start that cannot work touches nothing (promise 11). */
export function assertFree(listener: Listener): void {
  const { host: hostname, port } = listener
  const socket = { data() {} }
  bind(listener, () => Bun.listen({ hostname, port, socket })).stop(true)
}

const known: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use',
  EACCES: 'permission denied; a port below 1024 needs CAP_NET_BIND_SERVICE',
}

/** Opens a port; says which address is taken instead of what Bun guesses. */
function bind<Opened>({ host, port, setting }: Listener, open: () => Opened): Opened {
  try {
    return open()
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    const taken = known[code ?? ''] ?? message
    const cause = isHere(host) ? taken : 'the host is no address of this machine'
    throw new ListenError(`Cannot listen on ${host}:${port} (${setting}): ${cause}`)
  }
}

/** Whether this machine has the address; of one like 999.1.1.1 Bun says that its port is in use. */
function isHere(hostname: string): boolean {
  try {
    Bun.listen({ hostname, port: 0, socket: { data() {} } }).stop(true)
    return true
  } catch {
    return false
  }
}

/** A listener could not be opened; the message is for people. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** A route per WebSocket path; one path for two systems is a fault of the configuration. */
function upgradeRoutes(
  systems: readonly AnySystem[],
  listener: Listener,
  gateway: Gateway,
  app: Hono,
): Record<string, Route> {
  const routes: Record<string, Route> = {}
  const owners = new Map<string, string>()
  for (const system of systems) {
    const alone = systems.length === 1 && listener.systems !== '*'
    for (const path of [...system.paths.shared, ...(alone ? system.paths.own : [])]) {
      const owner = owners.get(path)
      if (owner !== undefined) {
        throw new Error(
          `Both "${owner}" and "${system.name}" claim ${path} on port ${listener.port}`,
        )
      }
      owners.set(path, system.name)
      routes[path] = (request, server) => {
        const wanted = names(request.headers.get('upgrade'), 'websocket')
        if (wanted) return gateway.upgrade(system, request, server)
        return plain(app, request, server)
      }
    }
  }
  return routes
}

/** Answers a request without Upgrade: the HTTP route of that path if there is one, else 426 saying what is missing. */
async function plain(
  app: Hono,
  request: Request,
  server: BunServer<LiveConnection>,
): Promise<Response> {
  let routed = true
  const answer = await app.fetch(request, { server, unrouted: () => void (routed = false) })
  // A route may have a 404 of its own to tell.
  if (routed) return answer
  return refusalResponse(
    new Refusal('UPGRADE_REQUIRED', 'This is a WebSocket address: connect with ws:// or wss://', {
      missing: ['Connection: Upgrade', 'Upgrade: websocket'],
    }),
  )
}
