import type { Server } from 'bun'
import type { LiveConnection } from './connection.ts'
import { createMembers, type Members } from './members.ts'
import type { Codec, Frame } from './protocol.ts'
import type { Message } from './store.ts'

/** A system as the hub serves it: its codec and the listeners whose native topics carry its channels. */
export interface Served {
  readonly name: string
  readonly codec: Codec
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
export function openChannel(name: string, served: Served, newest: Message | null): Channel {
  const members = createMembers<LiveConnection>()
  return { name, served, members, joining: null, newest, pinging: false, dialects: onlyDefault }
}

/** The native topic of a channel and dialect; `#` is in no channel name. */
export function topic(channel: string, dialect: string): string {
  return dialect === '' ? channel : `${channel}#${dialect}`
}

/** Puts a connection on the native topic of a channel it has entered. */
export function listen(connection: LiveConnection, channel: Channel): void {
  connection.socket?.subscribe(topic(channel.name, connection.dialect))
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
  for (const dialect of channel.dialects) {
    const name = topic(channel.name, dialect)
    for (const server of channel.served.servers) {
      if (server.subscriberCount(name) > 0) server.publish(name, frame(dialect), false)
    }
  }
  if (channel.joining !== null) for (const member of channel.joining) hold(member, message)
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
