import type { Database } from 'bun:sqlite'
import { renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { StorageError } from './failure.ts'
import core from './migrations/001_core.sql' with { type: 'text' }
import jive from './migrations/002_jive.sql' with { type: 'text' }
import dcs from './migrations/003_dcs.sql' with { type: 'text' }
import locallife from './migrations/004_locallife.sql' with { type: 'text' }
import crash from './migrations/crash_001_ledger.sql' with { type: 'text' }
import crashLeft from './migrations/crash_002_left.sql' with { type: 'text' }
import locallifeOrders from './migrations/005_locallife_orders.sql' with { type: 'text' }
import { sync } from './files.ts'

/** `FANF`: marks a database as ours. */
export const applicationId = 0x46414e46

/** A kind of database: the number that marks its files as ours, and every step of its schema. */
export interface Schema {
  readonly mark: number
  /** The place in the list is the version it leads to, less one. */
  readonly steps: readonly string[]
}

/** Every step of the main schema; the place in the list is the version it leads to, less one. */
export const migrations: readonly string[] = [core, jive, dcs, locallife, locallifeOrders]

/** The database of everything but the ledger of crash. */
export const mainSchema: Schema = { mark: applicationId, steps: migrations }

/** The ledger of crash, a database of its own: `FANC`. */
export const ledgerSchema: Schema = { mark: 0x46414e43, steps: [crash, crashLeft] }

/** Brings a database to the newest version, each step in a transaction; what held data is backed up beside it first. */
export function migrate(db: Database, { mark, steps }: Schema, path: string, dev: boolean): void {
  const version = versionOf(db)
  if (version === steps.length) return
  if (version > 0) backUp(db, `${path}.backup-v${version}`)
  // A step may rebuild a table that others refer to.
  db.run('PRAGMA foreign_keys = OFF')
  for (const [index, step] of steps.entries()) {
    if (index < version) continue
    db.transaction(() => {
      db.run(step)
      db.run(`PRAGMA user_version = ${index + 1}`)
      if (index === 0) introduce(db, mark, dev)
    }).immediate()
  }
  db.run('PRAGMA foreign_keys = ON')
}

/** A new database says whose it is and whether its data is only for development. */
function introduce(db: Database, mark: number, dev: boolean): void {
  db.run(`PRAGMA application_id = ${mark}`)
  const mode = dev ? 'dev' : 'production'
  db.query("INSERT INTO setting (name, value) VALUES ('mode', ?)").run(mode)
}

/** The number of steps a database has taken. */
export function versionOf(db: Database): number {
  return db.query<{ user_version: number }, []>('PRAGMA user_version').get()!.user_version
}

/** Writes a complete copy to a file that appears only once it is whole and on disk. */
export function backUp(db: Database, path: string): void {
  const unfinished = `${path}.unfinished`
  try {
    rmSync(unfinished, { force: true })
    db.query('VACUUM INTO ?').run(unfinished)
    sync(unfinished)
    renameSync(unfinished, path)
    // What the next lines change must not reach the disk before this name.
    sync(dirname(path))
  } catch (error) {
    throw new StorageError(`Cannot write the backup "${path}": ${String(error)}`)
  }
}
