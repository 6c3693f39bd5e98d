import type { Database, SQLQueryBindings, Statement } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Message, Page } from '../../core/store.ts'
import type { Context } from './procedure.ts'

/** A page ends early once its bodies hold this many characters, so that no reader makes us hold a gigabyte. */
export const pageCharacters = 4 * 1024 * 1024

interface Row {
  readonly id: number
  readonly channel: string
  readonly version: number
  readonly type: string
  readonly body: string
  readonly at: number
  readonly meta: string | null
}
interface ChannelRow {
  readonly id: number
  readonly head: number
  readonly gone_version: number
  readonly gone_id: number
}

const select = `SELECT coalesce(m.first, m.row) AS id, c.name AS channel, m.version,
    coalesce(f.type, m.type) AS type, coalesce(f.body, m.body) AS body, m.at,
    coalesce(f.meta, m.meta) AS meta
  FROM message m JOIN channel c ON c.id = m.channel LEFT JOIN message f ON f.row = m.first`

/** What a channel recorded after a version, oldest first. */
export function since(
  { db }: Context,
  { channel: name, version, limit }: { channel: string; version: number; limit: number },
): Page {
  const channel = channelOf(db, name)
  if (channel === null) return { messages: [], gone: false, more: false }
  const rows = db
    .query<Row, [number, number, number]>(
      `${select} WHERE m.channel = ? AND m.version > ? ORDER BY m.version LIMIT ?`,
    )
    .iterate(channel.id, version, limit + 1)
  return { ...page(rows, limit), gone: version < channel.gone_version }
}

/** What any of the channels recorded after a message, each message once, in order of id. */
export function after(
  { db }: Context,
  { channels, id, limit }: { channels: readonly string[]; id: string; limit: number },
): Page {
  if (!/^\d{1,15}$/.test(id)) throw new Refusal('INVALID_PARAMS', `Not a message id: "${id}"`)
  const from = Number(id)
  const found = channels.map((name) => channelOf(db, name)).filter((channel) => channel !== null)
  const rows = found.flatMap((channel) => rowsAfter(db, channel, from, limit + 1))
  rows.sort((one, other) => one - other)
  return {
    ...page(messagesOf(db, rows, from), limit),
    gone: found.some((channel) => from < channel.gone_id),
  }
}

/** The messages of rows above `row`, each with its further places, in the order they were recorded. */
export function messagesAbove(db: Database, row: number): Message[] {
  const messages: Message[] = []
  for (const found of db
    .query<Row, [number]>(`${select} WHERE m.row > ? ORDER BY m.row`)
    .all(row)) {
    const message = messageOf(found)
    const last = messages.at(-1)
    if (last?.id !== message.id) messages.push(message)
    else
      messages[messages.length - 1] = {
        ...last,
        also: [...(last.also ?? []), { channel: found.channel, version: found.version }],
      }
  }
  return messages
}

function channelOf(db: Database, name: string): ChannelRow | null {
  return db
    .query<ChannelRow, [string]>(
      'SELECT id, head, gone_version, gone_id FROM channel WHERE name = ?',
    )
    .get(name)
}

/** Rows rise with the versions of a channel, so the first one is found by halving: an index for it would cost every write. */
function rowsAfter(db: Database, channel: ChannelRow, id: number, limit: number): number[] {
  const rowAt = db.query<{ row: number }, [number, number]>(
    'SELECT row FROM message WHERE channel = ? AND version = ?',
  )
  let low = channel.gone_version
  let high = channel.head + 1
  // Readers who come back are near the head: the steps grow backwards from there before they halve.
  for (let step = 1; high - step > low; step *= 2) {
    const version = high - step
    if (rowAt.get(channel.id, version)!.row <= id) {
      low = version
      break
    }
    high = version
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (rowAt.get(channel.id, middle)!.row <= id) low = middle
    else high = middle
  }
  return db
    .query<{ row: number }, [number, number, number]>(
      'SELECT row FROM message WHERE channel = ? AND version > ? ORDER BY version LIMIT ?',
    )
    .all(channel.id, low, limit + 1)
    .map(({ row }) => row)
}

function* messagesOf(db: Database, rows: readonly number[], from: number): Generator<Row> {
  const statement: Statement<Row, SQLQueryBindings[]> = db.query(`${select} WHERE m.row = ?`)
  let last = from
  for (const row of rows) {
    const found = statement.get(row)
    // Places of one message lie side by side: a second one, or one of `from` itself, is told already.
    if (found === null || found.id <= last) continue
    last = found.id
    yield found
  }
}

function page(rows: Iterable<Row>, limit: number): { messages: Message[]; more: boolean } {
  const messages: Message[] = []
  let characters = 0
  for (const row of rows) {
    if (messages.length >= limit || characters > pageCharacters) return { messages, more: true }
    characters += row.body.length
    messages.push(messageOf(row))
  }
  return { messages, more: false }
}

function messageOf({ id, channel, version, type, body, at, meta }: Row): Message {
  const message = { id: String(id), channel, version, type, body, at }
  return meta === null ? message : { ...message, meta: JSON.parse(meta) }
}
