import { listen, type Channel, type Joining } from './channel.ts'
import type { LiveConnection } from './connection.ts'
import type { Gate } from './gate.ts'
import type { Message, Page, Store } from './store.ts'

/** What a joining connection is told of the past before it is told what happens. */
export interface Past {
  /** The first page; whatever was recorded after it follows. */
  first(limit: number): Promise<Page>
  /** Called wherever a part is no longer kept, before the frame after the gap. */
  gone(): void
  /** Which of the messages are told; all when absent. */
  wanted?(message: Message): boolean
}

/** What a join needs of the hub. */
interface JoinParts {
  readonly enter: (connection: LiveConnection, name: string) => Channel | null
  readonly after: Store['after']
  /** Lets a few joins read at a time. */
  readonly gate: Gate
  readonly maxBacklog: number
}

const pageMessages = 200
/** Most bytes of one write, unless a message is larger. */
const partBytes = 65_536
/** About what a frame has beside the body. */
const frameBytes = 200

/**
 * Replay meets live without a gap or a double: the connection first joins in name only, so that live
 * messages are held; what the store has is sent; then, in one synchronous step, what was held and not
 * replayed is sent and the native topics take over.
 */
export async function join(
  connection: LiveConnection,
  names: readonly string[],
  past: Past,
  { enter, after, gate, maxBacklog }: JoinParts,
): Promise<void> {
  const joining: Joining = { held: [], characters: 0, behind: null }
  const entered = names.map((name) => enter(connection, name)).filter((channel) => channel !== null)
  connection.joining = joining
  for (const channel of entered) (channel.joining ??= new Set()).add(connection)
  // The id up to which all is told. A start beyond the head leaves it open: that is no reason to drop what happens now.
  let replayed: number | null = null
  // What a replay leaves unread: whoever is found with the double is too slow, which nobody is for our writes alone.
  const share = maxBacklog / 4
  // Where a gap begins that the client knows of. Retention goes on meanwhile: a long replay may meet another.
  let told: number | null = null
  for (let start = true; ; start = false) {
    const from: number = replayed ?? joining.behind ?? 0
    const page: Page | null = await gate(async () => {
      if (left(connection)) return null
      if (start) return past.first(pageMessages)
      joining.behind = null
      const channels = entered.map((channel) => channel.name)
      return after(channels, String(from), pageMessages)
    })
    if (page === null || left(connection)) return
    if (page.gone && told !== from) {
      told = from
      past.gone()
    }
    const messages = past.wanted ? page.messages.filter(past.wanted) : page.messages
    for (const part of parts(messages, Math.min(partBytes, share))) {
      await room(connection, share - part.bytes)
      if (left(connection)) return
      sendAll(connection, part.messages)
    }
    await room(connection, share)
    if (left(connection)) return
    const last = page.messages.at(-1)
    if (last !== undefined) replayed = Number(last.id)
    if (!page.more && joining.behind === null) break
  }
  connection.joining = null
  sendAll(connection, fresh(joining.held, replayed ?? 0))
  for (const channel of entered) {
    channel.joining?.delete(connection)
    if (channel.joining?.size === 0) channel.joining = null
    if (channel.members.has(connection)) listen(connection, channel)
  }
}

function left({ socket, closing }: LiveConnection): boolean {
  return socket === null || closing !== null
}

/** Sends messages in one write. */
function sendAll(connection: LiveConnection, messages: readonly Message[]): void {
  connection.flush()
  const { socket, protocol, dialect } = connection
  socket?.cork(() => {
    for (const message of messages) connection.write(protocol.codec.message(message, dialect))
  })
}

/** What goes out in one write. */
interface Part {
  readonly messages: readonly Message[]
  readonly bytes: number
}

/** Cuts a page into parts of at most so many bytes; a message that is larger is a part of its own. */
function* parts(messages: readonly Message[], most: number): Iterable<Part> {
  let from = 0
  let bytes = 0
  for (const [index, { body }] of messages.entries()) {
    const size = Buffer.byteLength(body) + frameBytes
    if (index > from && bytes + size > most) {
      yield { messages: messages.slice(from, index), bytes }
      from = index
      bytes = 0
    }
    bytes += size
  }
  if (from < messages.length) yield { messages: messages.slice(from), bytes }
}

/** What was held and is not part of the replay; published messages have no id and always are. */
function fresh(held: readonly Message[], replayed: number): readonly Message[] {
  return held.filter(({ id }) => id === '' || Number(id) > replayed)
}

/** Waits until the socket has no more than `bytes` unsent, none where they are negative, or is gone. */
async function room(connection: LiveConnection, bytes: number): Promise<void> {
  const most = Math.max(0, bytes)
  while (connection.socket !== null && connection.socket.getBufferedAmount() > most) {
    await new Promise<void>((resolve) => (connection.roomy = resolve))
  }
}
