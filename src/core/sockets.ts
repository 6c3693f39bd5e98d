import type { WebSocketHandler } from 'bun'
import type { LiveConnection } from './connection.ts'
import type { Drain } from './drain.ts'
import { closeCodes } from './errors.ts'
import type { Door } from './handshake.ts'
import type { Hub } from './hub.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import { caughtUp } from './pace.ts'
import type { Partings } from './partings.ts'
import type { MaybePromise } from './protocol.ts'
import type { Registry } from './registry.ts'
import type { Turns } from './turn.ts'
import { isWatching, noteArrival, noteEnd, noteFrame } from './watch.ts'

/** What the sockets of a gateway bring in goes to. */
export interface SocketParts {
  readonly log: Log
  readonly metrics: Metrics
  readonly hub: Hub
  readonly registry: Registry
  readonly partings: Partings
  /** In bytes. */
  readonly limits: { readonly maxFrame: number; readonly maxBacklog: number }
  readonly turns: Turns
  readonly door: Door
  readonly drain: Drain
}

/** Bun's handlers; each is behind a guard, since a throw there would reach the process. */
export function socketHandlers(parts: SocketParts): WebSocketHandler<LiveConnection> {
  const { log, metrics, hub, registry, partings, limits, turns, door, drain } = parts
  const opened = metrics.counter('connections_opened_total', 'Opened connections', ['system'])
  const closed = metrics.counter('connections_closed_total', 'Closed connections by code', [
    'system',
    'code',
  ])
  return {
    idleTimeout: 0,
    sendPings: false,
    maxPayloadLength: limits.maxFrame,
    backpressureLimit: limits.maxBacklog,
    closeOnBackpressureLimit: true,
    open(socket) {
      const connection = socket.data
      connection.socket = socket
      registry.add(connection)
      opened(connection.protocol.name).inc()
      log.info('connection opened', about(connection))
      noteArrival(connection)
      guard(turns, connection, () => connection.protocol.opened?.(connection))
    },
    message({ data: connection }, frame) {
      if (isWatching()) noteFrame(connection, 'in', frame)
      const { codec, maxFrame } = connection.protocol
      const text = typeof frame === 'string' || !codec.lenient ? frame : frame.toString()
      if (typeof text !== 'string') connection.close('badFrame')
      else if (isTooBig(text, maxFrame)) connection.close('tooBig')
      else turns.take(connection, text)
    },
    ping: ({ data }) => void turns.heard(data),
    pong({ data }, said) {
      turns.heard(data)
      caughtUp(data)
      drain.pong(data, said)
    },
    drain({ data }) {
      data.roomy?.()
    },
    close({ data: connection }, code) {
      connection.socket = null
      door.exit(connection.address)
      registry.delete(connection)
      partings.note(connection, code)
      noteEnd(connection)
      hub.leave(connection)
      turns.left(connection)
      connection.roomy?.()
      closed(connection.protocol.name, codeLabel(code)).inc()
      log.info('connection closed', { ...about(connection), code, reason: connection.closing })
      try {
        connection.protocol.closed?.(connection)
      } catch (error) {
        log.error('closing failed', error, about(connection))
      }
    },
  }
}

/** Runs what a system does on open; the client's frames wait for it, and a fault of it ends only this connection. */
function guard(turns: Turns, connection: LiveConnection, open: () => MaybePromise<void>): void {
  const failed = (error: unknown) => {
    turns.refuse(connection, error, null)
    connection.close('overloaded')
  }
  try {
    const opening = open()
    if (opening instanceof Promise) opening.then(() => turns.begin(connection)).catch(failed)
    else turns.begin(connection)
  } catch (error) {
    failed(error)
  }
}

/** Whether a text takes more bytes than a system allows; most texts are too short to be worth counting. */
function isTooBig(text: string, most: number | undefined): boolean {
  return most !== undefined && text.length * 3 > most && Buffer.byteLength(text) > most
}

function about({ protocol, id, user, address }: LiveConnection) {
  return { system: protocol.name, id, user, address }
}

const knownCodes = new Set<number>([
  ...Object.values(closeCodes).map(({ code }) => code),
  // Bun's own: no frame of RFC 6455, no code, no close, no UTF-8.
  1002,
  1005,
  1006,
  1007,
])

/** Clients choose their close codes; labels must not. */
function codeLabel(code: number): string {
  return knownCodes.has(code) ? String(code) : 'other'
}
