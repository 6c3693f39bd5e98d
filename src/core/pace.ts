import { listen, topic, type Channel } from './channel.ts'
import type { LiveConnection } from './connection.ts'
import type { Message } from './store.ts'

/**
 * How a connection keeps up with channels of which only the newest message counts. The kernel takes
 * megabytes for a reader that has stopped before anything shows here, so it is pinged: the pong says
 * that everything before the ping was read.
 */
export interface Pace {
  readonly channels: Channel[]
  /** It reads too slowly and is told nothing until it has caught up: what each channel had told it last by then. Null while it keeps up. */
  behind: ReadonlyMap<Channel, Message | null> | null
  /** A ping is on its way. */
  probing: boolean
  /** Monotonic ms of the last ping. */
  probedAt: number
}

/** Between two pings, and how long a pong may take (ms). */
const probeMs = 2_000

/** Follows a channel from now on: the newest message at once, then each one for as long as the connection keeps up. */
export function follow(connection: LiveConnection, channel: Channel): void {
  const pace = (connection.pace ??= { channels: [], behind: null, probing: false, probedAt: 0 })
  pace.channels.push(channel)
  if (pace.behind === null) resume(connection, channel)
}

/** Looks at how the connection reads; whoever is behind leaves the native topics, so that nothing old waits for it. */
export function probe(connection: LiveConnection, now: number): void {
  const { pace, socket } = connection
  if (pace === null || socket === null) return
  const late = pace.probing && now - pace.probedAt >= probeMs
  if (pace.behind === null && (late || socket.getBufferedAmount() > 0)) {
    pace.behind = new Map(pace.channels.map((channel) => [channel, channel.newest]))
    for (const { name } of pace.channels) socket.unsubscribe(topic(name, connection.dialect))
  }
  if (pace.probing || (pace.behind === null && now - pace.probedAt < probeMs)) return
  pace.probing = true
  pace.probedAt = now
  connection.ping()
}

/** Everything up to the last ping was read: whoever was behind gets the newest messages and goes on. */
export function caughtUp(connection: LiveConnection): void {
  const { pace } = connection
  if (pace === null || !pace.probing) return
  pace.probing = false
  const { behind } = pace
  if (behind === null) return
  pace.behind = null
  for (const channel of pace.channels) resume(connection, channel, behind.get(channel))
}

/** `told` it has already. */
function resume(connection: LiveConnection, channel: Channel, told?: Message | null): void {
  const { newest, served } = channel
  if (newest !== null && newest !== told)
    connection.send(served.codec.message(newest, connection.dialect))
  listen(connection, channel)
}
