import type { Database } from 'bun:sqlite'
import type { Context } from './procedure.ts'
import { lastRow } from './tail.ts'

/** Rows that one slice of pruning looks at: under 10 ms of work, so that nobody waits long for it. */
export const sliceRows = 250

/** Idempotency keys live this long, twice what is promised. */
const keyLife = 48 * 3600 * 1000

/**
 * Drops at most `sliceRows` rows of each kind and answers how many went; 0 when nothing is left to drop.
 * Messages go from the oldest on until one is not older than `before`, so a channel never gets a hole.
 */
export function prune({ db }: Context, { before, now }: { before: number; now: number }): number {
  const facts = db
    .query(
      `DELETE FROM fact WHERE key IN
         (SELECT key FROM fact WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
    )
    .run(now, sliceRows).changes
  return facts + pruneKeys(db, now - keyLife) + pruneAudit(db, before) + pruneMessages(db, before)
}

function pruneKeys(db: Database, before: number): number {
  const cut = cutOf(db, 'SELECT row, at FROM idempotency ORDER BY row LIMIT ?', before)
  if (cut === null) return 0
  return db.query('DELETE FROM idempotency WHERE row <= ?').run(cut).changes
}

/** Who published goes with what was published; what was done to keys and connections is kept for ever. */
function pruneAudit(db: Database, before: number): number {
  const { mark } = db
    .query<{ mark: number }, []>(
      "SELECT coalesce(max(CAST(value AS INTEGER)), 0) AS mark FROM setting WHERE name = 'audited'",
    )
    .get()!
  const rows = db
    .query<{ row: number; at: number }, [number, number]>(
      'SELECT id AS row, at FROM audit_log WHERE id > ? ORDER BY id LIMIT ?',
    )
    .all(mark, sliceRows)
  const cut = lastBefore(rows, before)
  if (cut === null) return 0
  remember(db, 'audited', cut)
  return db
    .query("DELETE FROM audit_log WHERE id > ? AND id <= ? AND action = 'publish'")
    .run(mark, cut).changes
}

function pruneMessages(db: Database, before: number): number {
  const cut = cutOf(db, 'SELECT row, at FROM message ORDER BY row LIMIT ?', before)
  if (cut === null) return 0
  const last = wholeMessage(db, cut)
  const marks = db
    .query<{ channel: number; version: number; id: number }, [number]>(
      `SELECT channel, max(version) AS version, max(coalesce(first, row)) AS id
         FROM message WHERE row <= ? GROUP BY channel`,
    )
    .all(last)
  const mark = db.query('UPDATE channel SET gone_version = ?, gone_id = ? WHERE id = ?')
  for (const { channel, version, id } of marks) mark.run(version, id, channel)
  remember(db, 'pruned', last)
  return db.query('DELETE FROM message WHERE row <= ?').run(last).changes
}

/** The last row of the oldest ones that are all older than `before`; null when there is none. */
function cutOf(db: Database, oldest: string, before: number): number | null {
  return lastBefore(db.query<Dated, [number]>(oldest).all(sliceRows), before)
}

interface Dated {
  readonly row: number
  readonly at: number
}

function lastBefore(rows: readonly Dated[], before: number): number | null {
  const young = rows.findIndex(({ at }) => at >= before)
  return (young < 0 ? rows : rows.slice(0, young)).at(-1)?.row ?? null
}

function remember(db: Database, name: string, row: number): void {
  db.query(
    `INSERT INTO setting (name, value) VALUES (?, ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ).run(name, String(row))
}

/** The places of a message go together: the slice ends before the next message begins. */
function wholeMessage(db: Database, cut: number): number {
  const next = db
    .query<{ row: number }, [number]>(
      'SELECT row FROM message WHERE row > ? AND first IS NULL ORDER BY row LIMIT 1',
    )
    .get(cut)
  return next === null ? lastRow(db) : next.row - 1
}
