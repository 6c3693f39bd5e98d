import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Appended, AuditEntry, Draft, Idempotency, Message, Place } from '../../core/store.ts'
import type { Context } from './procedure.ts'

/** What the procedure `append` takes; `now` in epoch ms dates the idempotency key. */
export interface AppendArgs {
  readonly drafts: readonly Draft[]
  readonly idempotency?: Idempotency
  readonly audit?: AuditEntry
  readonly now: number
}

/** Records all drafts, or answers what the first call under the same idempotency key answered. */
export function append(
  context: Context,
  { drafts, idempotency, audit, now }: AppendArgs,
): Appended {
  const earlier = idempotency && repeat(context.db, idempotency)
  if (earlier) return earlier
  const results = drafts.map((draft) => {
    const { id, version } = context.append(draft)
    return { id, version: version! }
  })
  if (idempotency) {
    const { scope, key, fingerprint, answer } = idempotency
    context.db
      .query(
        'INSERT INTO idempotency (scope, key, fingerprint, results, answer, at) VALUES (?, ?, ?, ?, ?, ?)',
      )
      .run(scope, key, fingerprint, JSON.stringify(results), answer, now)
  }
  if (audit) writeAudit(context, audit)
  return { results, repeated: false, answer: idempotency?.answer ?? '' }
}

/** Leaves a row in the audit log, in the caller's savepoint. */
export function writeAudit(
  { db }: Pick<Context, 'db'>,
  { at, actor, action, subject, details }: AuditEntry,
): void {
  db.query(
    'INSERT INTO audit_log (at, actor, action, subject, details) VALUES (?, ?, ?, ?, ?)',
  ).run(at, actor, action, subject, details ?? null)
}

function repeat(db: Database, { scope, key, fingerprint }: Idempotency): Appended | null {
  const row = db
    .query<{ fingerprint: string; results: string; answer: string }, [string, string]>(
      'SELECT fingerprint, results, answer FROM idempotency WHERE scope = ? AND key = ?',
    )
    .get(scope, key)
  if (row === null) return null
  if (row.fingerprint !== fingerprint)
    throw new Refusal('IDEMPOTENCY_CONFLICT', `Another request used the key "${key}"`)
  return { results: JSON.parse(row.results), repeated: true, answer: row.answer }
}

/** Gives out message rows, rising for ever; rows of what was rolled back are not given again. */
export interface Rows {
  next(): number
  /** The highest row given out so far. */
  last(): number
}

/** Continues after the highest row that was ever kept in this database. */
export function rowsOf(db: Database): Rows {
  let last = lastRow(db)
  return { next: () => ++last, last: () => last }
}

/** The highest message row that was ever kept, pruned ones included; 0 when there was none. */
export function lastRow(db: Database): number {
  const { last } = db
    .query<{ last: number }, []>(
      `SELECT max(coalesce((SELECT max(row) FROM message), 0),
         coalesce((SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'pruned'), 0)) AS last`,
    )
    .get()!
  return last
}

/** Writes a draft into each of its channels: one id, a version in each, the body once. */
export function record(db: Database, rows: Rows, draft: Draft): Message {
  const { type, body, at, meta } = draft
  const [channel, ...further] = new Set(draft.channels)
  if (channel === undefined) throw new Error('A draft names no channel')
  const first = rows.next()
  const version = place(db, first, null, channel, draft)
  const also: Place[] = further.map((name) => ({
    channel: name,
    version: place(db, rows.next(), first, name, draft),
  }))
  return {
    id: String(first),
    channel,
    version,
    ...(also.length > 0 && { also }),
    type,
    body,
    at,
    ...(meta && { meta }),
  }
}

function place(
  db: Database,
  row: number,
  first: number | null,
  name: string,
  draft: Draft,
): number {
  const { id, head } = db
    .query<{ id: number; head: number }, [string]>(
      `INSERT INTO channel (name, head) VALUES (?, 1)
         ON CONFLICT (name) DO UPDATE SET head = head + 1 RETURNING id, head`,
    )
    .get(name)!
  const insert = db.query(
    'INSERT INTO message (row, first, channel, version, at, type, body, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
  )
  if (first !== null) insert.run(row, first, id, head, draft.at, null, null, null)
  else {
    const meta = draft.meta ? JSON.stringify(draft.meta) : null
    insert.run(row, null, id, head, draft.at, draft.type, draft.body, meta)
  }
  return head
}
