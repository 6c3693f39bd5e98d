import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Appended, AuditEntry, Draft, Idempotency, Message } from '../../core/store.ts'
import type { Context } from './procedure.ts'
import { extend } from './skip.ts'
import type { Tail } from './tail.ts'
import { recorded } from './told.ts'

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

/** Writes a draft into each of its channels: one id, a version in each, the body once. */
export function record(db: Database, tail: Tail, draft: Draft): Message {
  const [channel, ...names] = new Set(draft.channels)
  if (channel === undefined) throw new Error('A draft names no channel')
  const first = tail.next()
  const version = place(db, tail, draft, { channel, row: first, first: null })
  const further = names.map((name) =>
    place(db, tail, draft, { channel: name, row: tail.next(), first }),
  )
  return recorded(draft, { id: String(first), version }, further)
}

function place(
  db: Database,
  tail: Tail,
  { type, body, at, meta }: Draft,
  { channel, row, first }: { channel: string; row: number; first: number | null },
): number {
  const head = tail.head(channel)
  const version = head === null ? 1 : head.version + 1
  const { previous, jump, spine } = extend(head?.spine ?? [], { version, row })
  const id = moveHead(db, head?.id ?? null, channel, version, JSON.stringify(spine))
  tail.moved(channel, { id, version, spine })
  const insert = db.query(
    `INSERT INTO message (row, first, channel, version, previous, jump, at, type, body, meta)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  if (first !== null) insert.run(row, first, id, version, previous, jump, at, null, null, null)
  else {
    const text = meta ? JSON.stringify(meta) : null
    insert.run(row, null, id, version, previous, jump, at, type, body, text)
  }
  return version
}

function moveHead(
  db: Database,
  id: number | null,
  name: string,
  version: number,
  spine: string,
): number {
  if (id !== null) {
    db.query('UPDATE channel SET head = ?, spine = ? WHERE id = ?').run(version, spine, id)
    return id
  }
  const made = db
    .query<{ id: number }, [string, number, string]>(
      'INSERT INTO channel (name, head, spine) VALUES (?, ?, ?) RETURNING id',
    )
    .get(name, version, spine)
  return made!.id
}
