import type { Database, SQLQueryBindings, Statement } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Message, Page } from '../../core/store.ts'
import type { Context } from './procedure.ts'
import { earliest, type Pointers, type Spot } from './skip.ts'

/** A page ends early once its bodies hold this many characters: a replay keeps its page until its reader has taken it, and thousands may be slow. */
export const pageCharacters = 512 * 1024

interface Row {
  readonly id: number
  readonly channel: string
  readonly version: number
  readonly type: string
  readonly body: string
  readonly at: number
  readonly meta: string | null
}
interface Channel {
  readonly head: Spot
  /** The last version and the last id that are no longer kept. */
  readonly gone: { readonly version: number; readonly id: number }
}

const select = (from: string) =>
  `SELECT coalesce(m.first, m.row) AS id, c.name AS channel, m.version,
     coalesce(f.type, m.type) AS type, coalesce(f.body, m.body) AS body, m.at,
     coalesce(f.meta, m.meta) AS meta
   FROM ${from} JOIN channel c ON c.id = m.channel LEFT JOIN message f ON f.row = m.first`

/** What a channel recorded after a version, oldest first. */
export function since(
  { db }: Context,
  { channel: name, version, limit }: { channel: string; version: number; limit: number },
): Page {
  const channel = channelOf(db, name)
  if (channel === null) return { messages: [], gone: false, more: false }
  const { gone } = channel
  const rows = rowsFrom(db, channel, Math.max(version, gone.version) + 1, limit + 1)
  return { ...page(messagesOf(db, rows, 0), limit), gone: version < gone.version }
}

/** What any of the channels recorded after a message, each message once, in order of id. */
export function after(
  { db }: Context,
  { channels, id, limit }: { channels: readonly string[]; id: string; limit: number },
): Page {
  if (!/^\d{1,15}$/.test(id)) throw new Refusal('INVALID_PARAMS', `Not a message id: "${id}"`)
  const from = Number(id)
  const found = channels.map((name) => channelOf(db, name)).filter((channel) => channel !== null)
  const share = Math.ceil((limit + 2) / found.length)
  const rows = merged(found.map((channel) => rowsAbove(db, channel, from, share)))
  return {
    ...page(messagesOf(db, rows, from), limit),
    gone: found.some((channel) => from < channel.gone.id),
  }
}

/** The messages of rows above `row`, each with its further places, in the order they were recorded. */
export function messagesAbove(db: Database, row: number): Message[] {
  const messages: Message[] = []
  for (const found of db
    .query<Row, [number]>(`${select('message m')} WHERE m.row > ? ORDER BY m.row`)
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

/** The message with an id, in the first of `channels` that it has a place in, else in its own; null when there is none. */
export function find(
  { db }: Context,
  { id, channels }: { id: string; channels: readonly string[] },
): Message | null {
  const row = /^\d{1,15}$/.test(id) ? Number(id) : 0
  const own = db
    .query<Row, [number]>(`${select('message m')} WHERE m.row = ? AND m.first IS NULL`)
    .get(row)
  if (own === null) return null
  // Places of one message lie side by side.
  const { next } = db
    .query<{ next: number }, [number]>(
      `SELECT coalesce((SELECT row FROM message WHERE row > ? AND first IS NULL
         ORDER BY row LIMIT 1), 1 << 53) AS next`,
    )
    .get(row)!
  const wanted = db.query<Row, [number, number, string]>(
    `${select('message m')} WHERE m.row >= ? AND m.row < ? AND c.name = ?`,
  )
  for (const channel of channels) {
    const found = wanted.get(row, next, channel)
    if (found !== null) return messageOf(found)
  }
  return messageOf(own)
}

function channelOf(db: Database, name: string): Channel | null {
  const found = db
    .query<{ head: number; spine: string; gone_version: number; gone_id: number }, [string]>(
      'SELECT head, spine, gone_version, gone_id FROM channel WHERE name = ?',
    )
    .get(name)
  if (found === null) return null
  const { head: version, spine, gone_version, gone_id } = found
  const row: number = JSON.parse(spine).at(-1)
  return { head: { version, row }, gone: { version: gone_version, id: gone_id } }
}

/** The version of the first place whose row is above `row`; one beyond the head when there is none. */
function firstAfter(db: Database, { head, gone }: Channel, row: number): number {
  const wanted = (spot: Spot) => spot.version > gone.version && spot.row > row
  if (!wanted(head)) return head.version + 1
  return earliest(head, pointersIn(db), wanted).version
}

/** Fewest places of a channel that are looked up at once. */
const fewestPlaces = 8

/** The rows of a channel's places above `row`, oldest first: the first `share`, then ever larger parts, as long as somebody asks. Of many channels a page takes but a few of each. */
function* rowsAbove(db: Database, channel: Channel, row: number, share: number): Generator<number> {
  let next = firstAfter(db, channel, row)
  for (let count = Math.max(share, fewestPlaces); next <= channel.head.version; count *= 2) {
    const rows = rowsFrom(db, channel, next, count)
    yield* rows
    next += rows.length
  }
}

/** Rising numbers of several sources as one rising sequence; no source is asked for more than is taken, and one. */
function* merged(sources: readonly Iterator<number>[]): Generator<number> {
  let fronts = sources.map((source) => ({ source, next: source.next() }))
  for (;;) {
    fronts = fronts.filter(({ next }) => !next.done)
    const [first, ...others] = fronts
    if (first === undefined) return
    let least = first
    for (const front of others) if (front.next.value < least.next.value) least = front
    yield least.next.value
    least.next = least.source.next()
  }
}

/** The rows of at most `count` places from version `first` on, which must be kept, oldest first. */
function rowsFrom(db: Database, { head }: Channel, first: number, count: number): number[] {
  const last = Math.min(first + count - 1, head.version)
  if (last < first) return []
  const end = earliest(head, pointersIn(db), ({ version }) => version >= last)
  return db
    .query<{ row: number }, [number, number]>(
      `WITH RECURSIVE walk (row, rest) AS (
         SELECT ?, ?
         UNION ALL
         SELECT m.previous, rest - 1 FROM walk JOIN message m ON m.row = walk.row WHERE rest > 0
       ) SELECT row FROM walk`,
    )
    .all(end.row, last - first)
    .map(({ row }) => row)
    .reverse()
}

function pointersIn(db: Database): (row: number) => Pointers {
  const statement = db.query<Pointers, [number]>('SELECT previous, jump FROM message WHERE row = ?')
  return (row) => statement.get(row)!
}

/** The messages that have places in `rows`, each once, those up to the message `from` left out; read one by one, as long as somebody asks. */
function* messagesOf(db: Database, rows: Iterable<number>, from: number): Generator<Row> {
  const statement = db.query<Row, [string]>(
    select('json_each(?) w CROSS JOIN message m ON m.row = w.value'),
  )
  let last = from
  for (const part of parts(rows)) {
    for (const row of statement.iterate(JSON.stringify(part))) {
      // Places of one message lie side by side: a second one, or one of `from` itself, is told already.
      if (row.id <= last) continue
      last = row.id
      yield row
    }
  }
}

/** Rows that one statement reads: for each of its own a page would take twice as long. */
const partRows = 256

function* parts(rows: Iterable<number>): Generator<readonly number[]> {
  let part: number[] = []
  for (const row of rows) {
    part.push(row)
    if (part.length < partRows) continue
    yield part
    part = []
  }
  yield part
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
