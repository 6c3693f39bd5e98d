import { publish, topic, type Channel } from './channel.ts'
import type { LiveConnection } from './connection.ts'
import { pingDue } from './pace.ts'
import type { Frame } from './protocol.ts'

/** Into how many shards all connections fall. */
const count = 32

/** When a channel is hot, and how much of it is told at once. */
export interface Heat {
  /** A channel with more members is hot. */
  readonly above: number
  /** After so many members the loop turns, or after a whole shard where that has more. */
  readonly perTurn: number
}

/** A write takes about 5 µs, so that the loop is held up for less than a millisecond. */
const usual: Heat = { above: 500, perTurn: 150 }

/**
 * The hot channels. Telling thousands of readers at once would hold up everybody's commands, so the members
 * of such a channel are told shard by shard, with the loop free in between. A connection is in one shard
 * for all its channels, and what goes to it on another way flushes that shard first: so each socket gets
 * everything in the order in which it was told.
 */
export interface Shards {
  /** Whether anything told is still on its way. */
  readonly waiting: boolean
  /** Tells a spread channel, some members each turn of the loop; what is told meanwhile follows in the same order. */
  queue(channel: Channel, frame: (dialect: string) => Frame): void
  /** Pings the members that are due along with what was just queued for them, at `now` (monotonic ms). */
  pingAlong(channel: Channel, now: number): void
  /** What waits for a connection leaves before this returns. */
  flush(connection: LiveConnection): void
  /** Spreads a channel that has become hot; it stays so until its last member has left. */
  consider(channel: Channel): void
  /** From now on the connection is among those told by shard, of nothing that was told before. */
  admit(connection: LiveConnection): void
}

/** The shard of a connection. */
export function shardOf({ serial }: LiveConnection): number {
  return serial % count
}

interface Entry {
  readonly channel: Channel
  readonly frame: (dialect: string) => Frame
}

interface Due {
  readonly connection: LiveConnection
  readonly now: number
}

interface Shard {
  readonly number: number
  /** How much of the queue it was told. */
  done: number
  /** Who is pinged along with it. */
  due: Due[]
}

/** Shards with nothing on its way. */
export function createShards({ above, perTurn }: Heat = usual): Shards {
  // Every shard is told the same, and so there is one queue for all of them.
  const queue: Entry[] = []
  const all = Array.from({ length: count }, (_, number): Shard => ({ number, done: 0, due: [] }))
  let last = 0
  let turning = false

  const isBehind = ({ done, due }: Shard) => done < queue.length || due.length > 0

  /** Tells a shard all that waits for it; how many members there were to tell. */
  function tell(shard: Shard): number {
    let most = 0
    while (shard.done < queue.length) {
      const entry = queue[shard.done] as Entry
      // Counted first: telling may close a socket, and that may have something else told to this shard.
      shard.done++
      most = Math.max(most, publish(entry.channel, entry.frame, shard.number))
    }
    const { due } = shard
    if (due.length === 0) return most
    shard.due = []
    for (const { connection, now } of due) pingDue(connection, now)
    return Math.max(most, due.length)
  }

  /** Drops what every shard was told. */
  function trim(): void {
    const least = Math.min(...all.map(({ done }) => done))
    if (least === 0) return
    queue.splice(0, least)
    for (const shard of all) shard.done -= least
  }

  function turn(): void {
    let told = 0
    for (let looked = 0; looked < count && told < perTurn; looked++) {
      last = (last + 1) % count
      told += tell(all[last] as Shard)
    }
    trim()
    turning = all.some(isBehind)
    if (turning) setImmediate(turn)
  }

  function begin(): void {
    if (turning) return
    turning = true
    setImmediate(turn)
  }

  function flush(connection: LiveConnection): void {
    if (turning) tell(all[shardOf(connection)] as Shard)
  }

  const shards: Shards = {
    get waiting() {
      return turning
    },
    queue(channel, frame) {
      // A message that cannot be encoded is a fault of whoever tells it, and not of a later turn.
      for (const dialect of channel.dialects) frame(dialect)
      queue.push({ channel, frame })
      begin()
    },
    pingAlong(channel, now) {
      for (const connection of channel.members) {
        if (connection.pace?.due) all[shardOf(connection)]?.due.push({ connection, now })
      }
      begin()
    },
    flush,
    admit(connection) {
      flush(connection)
      connection.shards = shards
    },
    consider(channel) {
      if (channel.spread || channel.members.size <= above) return
      channel.spread = true
      for (const connection of [...channel.members]) {
        const { socket, dialect } = connection
        const native = topic(channel.name, dialect, null)
        if (!socket?.isSubscribed(native)) continue
        shards.admit(connection)
        socket.subscribe(topic(channel.name, dialect, shardOf(connection)))
        socket.unsubscribe(native)
      }
    },
  }
  return shards
}
