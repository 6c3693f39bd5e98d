import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Scope, ServerKey } from '../../core/store.ts'
import { writeAudit } from './append.ts'

/** A key as an operator sees it; `revokedAt` in epoch ms, null while it holds. */
export interface ListedKey extends ServerKey {
  readonly revokedAt: number | null
}

interface KeyRow {
  readonly name: string
  readonly hash: string
  readonly scopes: string
  readonly created_at: number
  readonly revoked_at: number | null
}

/** Keeps a new server key and leaves a row in the audit log; refuses CONFLICT for a name that was ever used. */
export function createKey(db: Database, key: ServerKey): void {
  inTransaction(db, () => {
    const { name, hash, scopes, createdAt } = key
    const taken = db.query('SELECT 1 FROM server_keys WHERE name = ?').get(name)
    if (taken !== null) throw new Refusal('CONFLICT', `There is a key named "${name}" already`)
    db.query('INSERT INTO server_keys (name, hash, scopes, created_at) VALUES (?, ?, ?, ?)').run(
      name,
      hash,
      scopes.join(' '),
      createdAt,
    )
    const details = scopes.join(' ')
    writeAudit(
      { db },
      { at: createdAt, actor: 'cli', action: 'key.create', subject: name, details },
    )
  })
}

/** Every server key that was ever made, oldest first. */
export function listKeys(db: Database): ListedKey[] {
  return db
    .query<KeyRow, []>('SELECT * FROM server_keys ORDER BY id')
    .all()
    .map((row) => ({ ...keyOf(row), revokedAt: row.revoked_at }))
}

/** Ends a key from the next request on and leaves a row in the audit log; false when no such key holds. */
export function revokeKey(db: Database, name: string, at: number): boolean {
  return inTransaction(db, () => {
    const { changes } = db
      .query('UPDATE server_keys SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL')
      .run(at, name)
    if (changes === 0) return false
    writeAudit({ db }, { at, actor: 'cli', action: 'key.revoke', subject: name })
    return true
  })
}

/** The key with this SHA-256 in hex, null when there is none or it was revoked. */
export function keyByHash({ db }: { db: Database }, hash: string): ServerKey | null {
  const row = db
    .query<KeyRow, [string]>('SELECT * FROM server_keys WHERE hash = ? AND revoked_at IS NULL')
    .get(hash)
  return row === null ? null : keyOf(row)
}

function keyOf({ name, hash, scopes, created_at }: KeyRow): ServerKey {
  return { name, hash, scopes: scopes.split(' ').filter(Boolean) as Scope[], createdAt: created_at }
}

function inTransaction<Result>(db: Database, work: () => Result): Result {
  return db.transaction(work).immediate()
}
