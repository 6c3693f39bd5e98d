import type { Clock, Stop } from './clock.ts'
import type { LiveConnection } from './connection.ts'
import type { Counter } from './metrics.ts'

/** The connections in a few slices, so that one look at all of them is spread over a second. */
export interface Registry extends Iterable<LiveConnection> {
  readonly size: number
  add(connection: LiveConnection): void
  delete(connection: LiveConnection): void
  find(id: string): LiveConnection | undefined
  slice(index: number): Iterable<LiveConnection>
}

const slices = 10
const sliceMs = 100

export function createRegistry(): Registry {
  const sets = Array.from({ length: slices }, () => new Map<number, LiveConnection>())
  const setOf = (serial: number) => sets[serial % slices] as Map<number, LiveConnection>
  return {
    get size() {
      return sets.reduce((sum, { size }) => sum + size, 0)
    },
    add: (connection) => void setOf(connection.serial).set(connection.serial, connection),
    delete: (connection) => void setOf(connection.serial).delete(connection.serial),
    find(id) {
      const serial = Number.parseInt(id, 36)
      const found = Number.isSafeInteger(serial) ? setOf(serial).get(serial) : undefined
      return found?.id === id ? found : undefined
    },
    slice: (index) => (sets[index % slices] as Map<number, LiveConnection>).values(),
    *[Symbol.iterator]() {
      for (const set of sets) yield* set.values()
    },
  }
}

/** One timer for all connections: every second each is looked at for silence, expiry and a full buffer, and pinged when it is time. */
export function startHeartbeat(
  registry: Registry,
  clock: Clock,
  { maxBacklog, slow }: { maxBacklog: number; slow: Counter },
): Stop {
  let index = 0
  return clock.every(sliceMs, () => {
    const now = clock.elapsed()
    const wall = clock.now()
    for (const connection of registry.slice(index++)) look(connection, now, wall)
  })

  function look(connection: LiveConnection, now: number, wall: number): void {
    const { socket, protocol } = connection
    if (socket === null || connection.closing !== null) return
    const { timeout, ping, farewell } = protocol.heartbeat
    if (connection.expiresAt > 0 && wall >= connection.expiresAt) {
      connection.close('unauthorized')
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
  }
}
