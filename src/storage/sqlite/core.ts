import type { AuditEntry } from '../../core/store.ts'
import { append, writeAudit } from './append.ts'
import { after, find, since } from './history.ts'
import { keyByHash } from './keys.ts'
import type { Context, Procedures } from './procedure.ts'
import { prune } from './prune.ts'
import { lastRow } from './tail.ts'

/** What the thread does for `Store`; those that read run on the read-only connection. */
export const coreProcedures: Procedures = {
  append,
  since,
  after,
  find,
  head: ({ db }: Context) => lastRow(db),
  get,
  put,
  delete: remove,
  keyByHash,
  audit: (context: Context, entry: AuditEntry) => writeAudit(context, entry),
  prune,
  probe,
}

function get({ db }: Context, { key, now }: { key: string; now: number }): string | null {
  const row = db
    .query<{ value: string }, [string, number]>(
      'SELECT value FROM fact WHERE key = ? AND (expires_at IS NULL OR expires_at > ?)',
    )
    .get(key, now)
  return row?.value ?? null
}

function put(
  { db }: Context,
  { key, value, expiresAt }: { key: string; value: string; expiresAt?: number },
): void {
  db.query(
    `INSERT INTO fact (key, value, expires_at) VALUES (?, ?, ?) ON CONFLICT (key)
       DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`,
  ).run(key, value, expiresAt ?? null)
}

function remove({ db }: Context, key: string): void {
  db.query('DELETE FROM fact WHERE key = ?').run(key)
}

/** The smallest real write: finds out whether writing works again. */
export function probe({ db }: Context, now: number): void {
  db.query(
    `INSERT INTO setting (name, value) VALUES ('probe', ?)
       ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
  ).run(String(now))
}
