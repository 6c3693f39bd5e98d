import type { Broker } from './broker.ts'
import { openChannel, unlisten, type Channel, type Served } from './channel.ts'
import type { LiveConnection } from './connection.ts'
import { Refusal } from './errors.ts'
import type { Shards } from './spread.ts'
import type { Message } from './store.ts'

/** Who listens to what on this node. */
export interface Roster {
  readonly channels: ReadonlyMap<string, Channel>
  /** Makes a connection a member in name only; null when it is one already, or has closed while it was looked up whether it may. Refuses with TOO_MANY_SUBSCRIPTIONS. */
  enter(connection: LiveConnection, channel: string): Channel | null
  /** Takes a connection out of one channel. */
  exit(connection: LiveConnection, channel: string): void
  /** Takes a connection out of every channel. */
  leave(connection: LiveConnection): void
  /** Remembers what was told in place of everything before it, for who enters the channel later. */
  keep(message: Message): void
  /** How many connections are in any of the channels. */
  count(channels: readonly string[]): number
}

/** A roster that tells the broker which channels this node listens to. */
export function createRoster(
  broker: Broker,
  systems: ReadonlyMap<string, Served>,
  shards: Shards,
  subscriptions: number,
): Roster {
  const channels = new Map<string, Channel>()
  const newest = new Map<string, Message>()

  function open(name: string, connection: LiveConnection): Channel {
    const served = systems.get(connection.protocol.name)
    if (served === undefined) throw new Error(`No system "${connection.protocol.name}"`)
    const channel = openChannel(name, served, shards, newest.get(name) ?? null)
    channels.set(name, channel)
    broker.listen(name)
    return channel
  }

  function depart(connection: LiveConnection, channel: Channel): void {
    channel.members.delete(connection)
    channel.joining?.delete(connection)
    if (channel.members.size > 0) return
    channels.delete(channel.name)
    broker.unlisten(channel.name)
  }

  return {
    channels,
    enter(connection, name) {
      if (connection.socket === null) return null
      const existing = channels.get(name)
      if (existing?.members.has(connection)) return null
      if (connection.memberships.length >= subscriptions) {
        throw new Refusal('TOO_MANY_SUBSCRIPTIONS', 'Too many subscriptions', {
          limit: subscriptions,
        })
      }
      const channel = existing ?? open(name, connection)
      channel.members.add(connection)
      if (!channel.dialects.includes(connection.dialect)) {
        channel.dialects = [...channel.dialects, connection.dialect]
      }
      connection.memberships.push(channel)
      return channel
    },
    exit(connection, name) {
      const place = connection.memberships.findIndex((channel) => channel.name === name)
      const [channel] = place < 0 ? [] : connection.memberships.splice(place, 1)
      if (channel === undefined) return
      unlisten(connection, channel)
      const followed = connection.pace?.channels.indexOf(channel) ?? -1
      if (followed >= 0) connection.pace?.channels.splice(followed, 1)
      depart(connection, channel)
    },
    leave(connection) {
      for (const channel of connection.memberships) depart(connection, channel)
      connection.memberships.length = 0
    },
    keep(message) {
      newest.set(message.channel, message)
      const channel = channels.get(message.channel)
      if (channel !== undefined) channel.newest = message
    },
    count(names) {
      if (names.length === 1) return channels.get(names[0] ?? '')?.members.size ?? 0
      const all = new Set<LiveConnection>()
      for (const name of names) {
        for (const member of channels.get(name)?.members ?? []) all.add(member)
      }
      return all.size
    },
  }
}
