import type { Server, WebSocketHandler } from 'bun'
import { clientAddress, isLoopback } from './address.ts'
import type { Clock, Stop } from './clock.ts'
import { LiveConnection } from './connection.ts'
import { createDrain, type Endings } from './drain.ts'
import { Refusal, refusalOf, refusalResponse } from './errors.ts'
import { createDoor, type DoorLimits } from './handshake.ts'
import { startHeartbeat } from './heartbeat.ts'
import type { Hub } from './hub.ts'
import type { Limiter } from './limiter.ts'
import type { Log } from './log.ts'
import { startCollecting } from './memory.ts'
import type { Metrics } from './metrics.ts'
import type { Partings } from './partings.ts'
import type { Accepted, MaybePromise, Protocol } from './protocol.ts'
import { queryOf } from './query.ts'
import type { Registry } from './registry.ts'
import { socketHandlers } from './sockets.ts'
import { createTurns, type Turns } from './turn.ts'

/** Limits of sockets, their memory and what may come in; sizes in bytes. */
export interface GatewayLimits extends DoorLimits {
  readonly maxFrame: number
  /** What a client may leave unread before it is closed with 1013; Bun cuts at twice the soft limit. */
  readonly maxBacklog: number
  readonly maxWaiting: number
  readonly commandsPerSecond: number
  readonly trustedProxies: readonly string[]
}

/** What a gateway works with. */
export interface GatewayParts {
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly limiter: Limiter
  readonly hub: Hub
  readonly registry: Registry
  readonly partings: Partings
  readonly limits: GatewayLimits
}

/** Turns sockets into connections and frames into commands. */
export interface Gateway {
  /** Answers a handshake; undefined once the socket is upgraded. */
  upgrade(
    protocol: Protocol<unknown>,
    request: Request & { params?: Record<string, string> },
    server: Server<LiveConnection>,
  ): MaybePromise<Response | undefined>
  readonly websocket: WebSocketHandler<LiveConnection>
  /** Starts the one timer that looks after all connections. */
  start(): void
  /** Refuses newcomers, closes everybody with 1012, in even steps and once they have read what they were told, and resolves when all are gone or after `ms`; connections of a system that has something to end stay until it has. */
  drain(ms: number, endings: Endings): Promise<void>
  /** Resolves once every frame that came to a system before `before` (monotonic ms) is done. */
  readonly settled: Turns['settled']
}

/** A gateway that lets nobody in before a listener hands it handshakes; `start` begins the heartbeat. */
export function createGateway(parts: GatewayParts): Gateway {
  const { clock, log, metrics, limiter, registry, limits } = parts
  const drain = createDrain(registry, clock)
  const door = createDoor(limits, limiter, (ip) => limits.loopbackExempt && isLoopback(ip))
  const turns = createTurns({
    clock,
    log,
    metrics,
    limiter,
    limits: {
      maxWaiting: limits.maxWaiting,
      maxWaitingBytes: 2 * limits.maxFrame,
      frames: { perSecond: 4 * limits.commandsPerSecond, burst: 20 * limits.commandsPerSecond },
    },
  })
  const refused = metrics.counter('handshakes_refused_total', 'Refused handshakes by reason', [
    'system',
    'reason',
  ])
  const slow = metrics.counter('slow_consumers_closed_total', 'Connections closed as too slow')()
  // Serials start at the wall clock, so that ids of two runs do not meet in one log.
  let serial = clock.now()
  let stops: readonly Stop[] = []
  let warned = false

  function warnOnce(peer: string, address: string, headers: Headers): void {
    if (warned || !headers.has('x-forwarded-for')) return
    // A listener of both families writes an IPv4 peer as IPv6, so the peer's own text tells nothing.
    if (address !== clientAddress(peer, headers, [])) return
    warned = true
    log.warn('forwarded address not believed', { peer, setting: 'limits.trusted_proxies' })
  }

  function refuse(protocol: Protocol<unknown>, error: unknown, address: string): Response {
    const refusal = refusalOf(error)
    const { code } = refusal
    const about = { system: protocol.name, address, code }
    if (refusal !== error) log.error('handshake failed', error, about)
    else log.debug('handshake refused', about)
    refused(protocol.name, code).inc()
    const answer = protocol.refused?.(refusal) ?? refusalResponse(refusal)
    // Where there are too many already, one that is kept would hold a file until its listener finds it idle, half a minute.
    if (refusal.status === 429 || refusal.status === 503) answer.headers.set('connection', 'close')
    return answer
  }

  return {
    websocket: socketHandlers({ ...parts, turns, door, drain }),
    settled: turns.settled,
    start() {
      stops = [
        startHeartbeat(registry, clock, log, { maxBacklog: limits.maxBacklog, slow }),
        startCollecting(registry, clock),
      ]
    },
    upgrade(protocol, request, server) {
      const peer = server.requestIP(request)?.address ?? ''
      const address = clientAddress(peer, request.headers, limits.trustedProxies)
      warnOnce(peer, address, request.headers)
      function accept(accepted: Accepted<unknown>): Response | undefined {
        const data = new LiveConnection({
          serial: serial++,
          protocol,
          session: accepted.session,
          identity: accepted,
          dialect: accepted.dialect ?? '',
          address,
          openedAt: clock.now(),
          heardAt: clock.elapsed(),
        })
        withdrawOffers(protocol, request.headers)
        if (server.upgrade(request, { data })) return undefined
        throw new Refusal('INVALID_REQUEST', 'Not a WebSocket handshake')
      }
      function leave(error: unknown): Response {
        door.exit(address)
        return refuse(protocol, error, address)
      }
      try {
        door.check(request, address)
      } catch (error) {
        return refuse(protocol, error, address)
      }
      door.enter(address)
      try {
        const { headers, params = {} } = request
        const { url } = request
        const handshake = { url, query: queryOf(url), headers, params, address }
        const accepted = protocol.authenticate(handshake)
        if (!(accepted instanceof Promise)) return accept(accepted)
        return accepted.then(accept).catch(leave)
      } catch (error) {
        return leave(error)
      }
    },
    async drain(ms, endings) {
      door.shut()
      await drain.closeAll(ms, endings)
      for (const stop of stops) stop()
    },
  }
}

/** Takes from a handshake what Bun would accept for us: the first subprotocol, of which we speak none, and compression wherever its listener has any. */
function withdrawOffers({ compression }: Protocol<unknown>, headers: Headers): void {
  headers.delete('sec-websocket-protocol')
  if (!compression) headers.delete('sec-websocket-extensions')
}
