import type { Server } from 'bun'
import type { LiveConnection } from './connection.ts'
import { isDeflated } from './deflate.ts'
import { createMembers, type Members } from './members.ts'
import type { Codec, Frame } from './protocol.ts'
import { shardOf, type Shards } from './spread.ts'
import type { Message } from './store.ts'
import { isWatching, noteFrame, watchedOnes } from './watch.ts'

/** A system as the hub serves it: its codec and the listeners whose native topics carry its channels. */
export interface Served {
  readonly name: string
  readonly codec: Codec
  /** Long frames are deflated for clients that offered it. */
  readonly compression: boolean
  readonly servers: Set<Server<LiveConnection>>
}

/** Live messages of a connection that is still being told the past. */
export interface Joining {
  held: Message[]
  /** Of their bodies. */
  characters: number
  /** The id before the first recorded message that was dropped from `held`, null when none was: from there the store has to be read once more. */
  behind: number | null
}

/** One channel with somebody listening on this node. */
export interface Channel {
  readonly name: string
  readonly served: Served
  /** What carries it once it is hot. */
  readonly shards: Shards
  /** It has so many members that they are told shard by shard. */
  spread: boolean
  readonly members: Members<LiveConnection>
  /** Members that are not on the native topic yet. */
  joining: Set<LiveConnection> | null
  /** What was told last in place of everything before it; null where every message counts. */
  newest: Message | null
  /** Members are to be pinged along with its next message. */
  pinging: boolean
  /** Dialects that ever had a member here; each has a native topic of its own. */
  dialects: readonly string[]
}

const onlyDefault: readonly string[] = ['']

/** A channel without a member yet. */
export function openChannel(
  name: string,
  served: Served,
  shards: Shards,
  newest: Message | null,
): Channel {
  return {
    name,
    served,
    shards,
    spread: false,
    members: createMembers<LiveConnection>(),
    joining: null,
    newest,
    pinging: false,
    dialects: onlyDefault,
  }
}

/** The native topic of a channel and dialect, of one shard where it is spread; `#` is in no channel name. */
export function topic(channel: string, dialect: string, shard: number | null): string {
  if (shard !== null) return `${channel}#${dialect}#${shard}`
  return dialect === '' ? channel : `${channel}#${dialect}`
}

/** Puts a connection on the native topic of a channel it has entered: it is told what happens from now on. */
export function listen(connection: LiveConnection, channel: Channel): void {
  channel.shards.consider(channel)
  if (channel.spread) channel.shards.admit(connection)
  connection.socket?.subscribe(topicOf(connection, channel))
}

/** Takes a connection off the native topic of a channel, after everything it was told. */
export function unlisten(connection: LiveConnection, channel: Channel): void {
  connection.flush()
  connection.socket?.unsubscribe(topicOf(connection, channel))
}

function topicOf(connection: LiveConnection, { name, spread }: Channel): string {
  return topic(name, connection.dialect, spread ? shardOf(connection) : null)
}

/** Makes the frame of a message once per dialect, when it is first wanted. */
export function encoder(codec: Codec, message: Message): (dialect: string) => Frame {
  let plain: Frame | undefined
  let others: Map<string, Frame> | undefined
  return (dialect) => {
    if (dialect === '') return (plain ??= codec.message(message, ''))
    let frame = others?.get(dialect)
    if (frame === undefined) {
      frame = codec.message(message, dialect)
      others ??= new Map()
      others.set(dialect, frame)
    }
    return frame
  }
}

/** Brings a message to every member through the native topics, and to those still joining by holding it. */
export function tell(channel: Channel, message: Message, frame: (dialect: string) => Frame): void {
  const { spread, shards } = channel
  if (isWatching()) show(channel, frame)
  if (spread) shards.queue(channel, frame)
  else {
    // What its members were told before may still be on its way.
    if (shards.waiting) for (const member of [...channel.members]) member.flush()
    publish(channel, frame, null)
  }
  if (channel.joining !== null) for (const member of channel.joining) hold(member, message)
}

/** Shows what the native topic brings to members somebody looks at. */
function show(channel: Channel, frame: (dialect: string) => Frame): void {
  for (const connection of watchedOnes()) {
    if (!channel.members.has(connection)) continue
    if (!connection.socket?.isSubscribed(topicOf(connection, channel))) continue
    noteFrame(connection, 'out', frame(connection.dialect))
  }
}

/** Hands a frame to the native topics of a channel, those of one shard where it is spread; how many listeners were there. */
export function publish(
  channel: Channel,
  frame: (dialect: string) => Frame,
  shard: number | null,
): number {
  let heard = 0
  for (const dialect of channel.dialects) {
    const name = topic(channel.name, dialect, shard)
    for (const server of channel.served.servers) {
      const listeners = server.subscriberCount(name)
      if (listeners === 0) continue
      const told = frame(dialect)
      server.publish(name, told, isDeflated(told, channel.served.compression))
      heard += listeners
    }
  }
  return heard
}

/** Most messages, and characters of them, that wait for one joining connection. */
const heldMessages = 1_000
const heldCharacters = 1_048_576

/** Keeps a live message for a joining connection; over the limit what is recorded is left to the store, and who waits for what is not is closed with 1013. */
export function hold(connection: LiveConnection, message: Message): void {
  const { joining } = connection
  if (joining === null) return
  if (joining.held.length < heldMessages && joining.characters < heldCharacters) {
    joining.held.push(message)
    joining.characters += message.body.length
    return
  }
  if (message.id === '' || joining.held.some((held) => held.id === '')) {
    return connection.close('overloaded')
  }
  joining.behind ??= Number(joining.held[0]?.id ?? message.id) - 1
  joining.held = []
  joining.characters = 0
}
