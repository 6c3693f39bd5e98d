import type { Clock, Stop } from '../core/clock.ts'
import type { LiveConnection } from '../core/connection.ts'
import type { Registry } from '../core/registry.ts'
import { watchArrivals, watchFrames, type Watcher } from '../core/watch.ts'
import type { ConnectionDetail, Frame } from '../pages/console/api.ts'
import { shown } from './masking.ts'

/** One connection, closer; `now` and `elapsed` by the two clocks. */
export function detailOf(connection: LiveConnection, elapsed: number): ConnectionDetail {
  const { id, protocol, user, address, openedAt, channels, dialect, expiresAt } = connection
  return {
    ...{ id, system: protocol.name, user: user ?? null, address, openedAt },
    channels: channels.map((name) => name.slice(name.indexOf('/') + 1)),
    dialect,
    queuedBytes: connection.socket?.getBufferedAmount() ?? 0,
    waitingFrames: connection.waiting?.frames.length ?? 0,
    expiresAt: expiresAt === 0 ? null : expiresAt,
    silentMs: Math.max(0, Math.round(elapsed - connection.arrivedAt)),
  }
}

/** Tells every frame of one connection; masked when it is asked for, which has to be at once. */
export function followConnection(
  connection: LiveConnection,
  clock: Clock,
  tell: (frame: () => Frame) => void,
): Stop {
  return watchFrames(connection, frameTeller(clock, tell))
}

/** Tells every frame of a user's connections, of those that are there and of those that come. */
export function followUser(
  { system, user }: { readonly system: string; readonly user: string },
  registry: Registry,
  clock: Clock,
  tell: (frame: () => Frame) => void,
): Stop {
  const watcher = frameTeller(clock, tell)
  const stops = new Map<string, Stop>()
  function consider(connection: LiveConnection): void {
    const { id, protocol } = connection
    // Connections of other servers in this process arrive here, too.
    const ours = protocol.name === system && registry.find(id) === connection
    if (!ours || connection.user !== user || stops.has(id)) return
    stops.set(id, watchFrames(connection, watcher))
  }
  const stopArrivals = watchArrivals((connection) => {
    for (const id of stops.keys()) if (registry.find(id) === undefined) stops.delete(id)
    consider(connection)
  })
  for (const connection of registry) consider(connection)
  return () => {
    stopArrivals()
    for (const stop of stops.values()) stop()
  }
}

function frameTeller(clock: Clock, tell: (frame: () => Frame) => void): Watcher {
  return ({ id, protocol }, direction, frame) =>
    tell(() => ({ at: clock.now(), connection: id, direction, ...shown(frame, protocol.name) }))
}
