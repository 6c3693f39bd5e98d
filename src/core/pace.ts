import { listen, unlisten, type Channel } from './channel.ts'
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
  /** It is to be pinged along with the next message. */
  due: boolean
  /** A ping is on its way. */
  probing: boolean
  /** Monotonic ms of the last ping. */
  probedAt: number
}

/** How long a pong may take (ms). */
const pongMs = 2_000
/** From a ping to when the next one is due (ms): looked for once a second, they come 2 s apart. */
const probeMs = 1_500
/** Of one channel: with more followers the pings of each are further apart, or they and their pongs would cost thousands of readers as much as what they read. */
const probesPerSecond = 1_000

/** Follows a channel from now on: the newest message at once, then each one for as long as the connection keeps up. */
export function follow(connection: LiveConnection, channel: Channel): void {
  const pace = (connection.pace ??= newPace())
  pace.channels.push(channel)
  if (pace.behind === null) resume(connection, channel)
}

/** Looks at how the connection reads; whoever is behind leaves the native topics, so that nothing old waits for it. */
export function probe(connection: LiveConnection, now: number): void {
  const { pace, socket } = connection
  if (pace === null || socket === null || pace.channels.length === 0) return
  const late = pace.probing && now - pace.probedAt >= pongMs
  if (pace.behind === null && (late || socket.getBufferedAmount() > 0)) {
    pace.behind = new Map(pace.channels.map((channel) => [channel, channel.newest]))
    for (const channel of pace.channels) unlisten(connection, channel)
  }
  if (pace.probing) return
  if (pace.behind !== null || pace.due) return ping(connection, pace, now)
  if (now - pace.probedAt < probeEvery(pace)) return
  pace.due = true
  for (const channel of pace.channels) channel.pinging = true
}

function probeEvery({ channels }: Pace): number {
  const followers = channels.reduce((most, { members }) => Math.max(most, members.size), 0)
  return Math.max(probeMs, (followers * 1_000) / probesPerSecond)
}

/** Pings those who are due along with a message that has just been told: both leave in one write, which is half of what a ping costs. Whoever gets no message by the next look is pinged alone. */
export function pingAlong(channel: Channel, now: number): void {
  channel.pinging = false
  if (channel.spread) return channel.shards.pingAlong(channel, now)
  for (const member of channel.members) pingDue(member, now)
}

/** Pings a connection that is due, in the write of what it was just told. */
export function pingDue(connection: LiveConnection, now: number): void {
  const { pace, socket } = connection
  if (pace?.due) socket?.cork(() => ping(connection, pace, now))
}

function ping(connection: LiveConnection, pace: Pace, now: number): void {
  pace.due = false
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

function newPace(): Pace {
  return { channels: [], behind: null, due: false, probing: false, probedAt: 0 }
}
