import type { Clock, Stop } from './clock.ts'
import type { LiveConnection } from './connection.ts'
import type { Log } from './log.ts'
import type { Counter } from './metrics.ts'
import { probe } from './pace.ts'
import { slices, type Registry } from './registry.ts'

/** A slice each time makes one look at each connection a second. */
const lookMs = 1_000 / slices

/** One timer for all connections: every second each is looked at for silence, expiry and a full buffer, and pinged when it is time. */
export function startHeartbeat(
  registry: Registry,
  clock: Clock,
  log: Log,
  { maxBacklog, slow }: { maxBacklog: number; slow: Counter },
): Stop {
  let index = 0
  return clock.every(lookMs, () => {
    const now = clock.elapsed()
    const wall = clock.now()
    for (const connection of registry.slice(index++)) look(connection, now, wall)
  })

  function look(connection: LiveConnection, now: number, wall: number): void {
    const { socket, protocol } = connection
    if (socket === null || connection.closing !== null) return
    const { timeout, ping, farewell } = protocol.heartbeat
    if (connection.expiresAt > 0 && wall >= connection.expiresAt) {
      expire(connection)
    } else if (now - connection.heardAt >= timeout) {
      if (farewell !== undefined) connection.send(farewell)
      connection.close('heartbeat')
    } else if (socket.getBufferedAmount() > maxBacklog / 2) {
      slow.inc()
      connection.close('overloaded')
    } else if (ping !== undefined && now - connection.pingedAt >= ping.interval) {
      connection.pingedAt = now
      ping.send(connection)
    }
    if (connection.pace !== null) probe(connection, now)
  }

  function expire(connection: LiveConnection): void {
    const { protocol, id } = connection
    try {
      protocol.expiring?.(connection)
    } catch (error) {
      log.error('expiring failed', error, { system: protocol.name, id })
    }
    connection.close(protocol.expired ?? 'unauthorized')
  }
}
