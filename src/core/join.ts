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
const partLength = 65_536

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
    for (const part of parts(messages)) {
      sendAll(connection, part)
      await room(connection, maxBacklog / 4)
      if (left(connection)) return
    }
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

/** Cuts a page into writes, so that a replay never outgrows the socket's buffer. */
function* parts(messages: readonly Message[]): Iterable<readonly Message[]> {
  let from = 0
  let length = 0
  for (const [index, { body }] of messages.entries()) {
    length += body.length
    if (length < partLength && index < messages.length - 1) continue
    yield messages.slice(from, index + 1)
    from = index + 1
    length = 0
  }
}

/** What was held and is not part of the replay; published messages have no id and always are. */
function fresh(held: readonly Message[], replayed: number): readonly Message[] {
  return held.filter(({ id }) => id === '' || Number(id) > replayed)
}

/** Waits until the socket has no more than `bytes` unsent, or is gone. */
async function room(connection: LiveConnection, bytes: number): Promise<void> {
  while (connection.socket !== null && connection.socket.getBufferedAmount() > bytes) {
    await new Promise<void>((resolve) => (connection.roomy = resolve))
  }
}
