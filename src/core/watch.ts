import type { LiveConnection } from './connection.ts'
import type { Stop } from './clock.ts'
import type { Frame } from './protocol.ts'

/** Which way a frame goes: from the client or to it. */
type Direction = 'in' | 'out'

/** Told of each frame of a connection; must not throw. */
export type Watcher = (connection: LiveConnection, direction: Direction, frame: Frame) => void

/** The connections somebody looks at. It is empty but for moments, and then the way of a frame pays for one comparison. */
const watched = new Map<LiveConnection, Set<Watcher>>()
/** Who wants to know of each connection that opens or becomes somebody. */
const waiting = new Set<(connection: LiveConnection) => void>()

/** Tells `watcher` every frame of a connection from now on, until stopped or until the connection closes. */
export function watchFrames(connection: LiveConnection, watcher: Watcher): Stop {
  const watchers = watched.get(connection) ?? new Set()
  watched.set(connection, watchers.add(watcher))
  return () => {
    watchers.delete(watcher)
    if (watchers.size === 0 && watched.get(connection) === watchers) watched.delete(connection)
  }
}

/** Tells `arrived` of each connection of this process that opens or gets another user, of whichever server it is. */
export function watchArrivals(arrived: (connection: LiveConnection) => void): Stop {
  waiting.add(arrived)
  return () => void waiting.delete(arrived)
}

/** Whether anybody looks at any connection. */
export function isWatching(): boolean {
  return watched.size > 0
}

/** The connections somebody looks at. */
export function watchedOnes(): Iterable<LiveConnection> {
  return watched.keys()
}

/** A frame came from a connection or went to it; asked for only where `isWatching`. */
export function noteFrame(connection: LiveConnection, direction: Direction, frame: Frame): void {
  const watchers = watched.get(connection)
  if (watchers === undefined) return
  for (const watcher of [...watchers]) watcher(connection, direction, frame)
}

/** A connection has opened, or has become somebody. */
export function noteArrival(connection: LiveConnection): void {
  if (waiting.size === 0) return
  for (const arrived of [...waiting]) arrived(connection)
}

/** A connection has closed: nobody looks at it any more. */
export function noteEnd(connection: LiveConnection): void {
  if (watched.size > 0) watched.delete(connection)
}
