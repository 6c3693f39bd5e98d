import { Database } from 'bun:sqlite'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { StorageError, unwritable } from './failure.ts'
import { inspect, modeOf, unusable } from './inspect.ts'
import { FolderInUse, lockFolder, type Lock } from './lock.ts'
import { mainSchema, migrate, migrations, type Schema } from './migrate.ts'
import { sync } from './files.ts'

// More statements than this would be compiled anew at each use; the default is 20.
Database.MAX_QUERY_CACHE_SIZE = 1000

/** A database that is ours alone, with the lock that makes it so. */
export interface Opened {
  readonly db: Database
  readonly lock: Lock
}

/** Locks a data folder, checks its database, migrates it and opens it for writing; throws StorageError and leaves the file as it was when it cannot be used. Waits `patience` ms for a folder that is taken. */
export function openFolder(folder: string, dev: boolean, steps = migrations, patience = 0): Opened {
  makeFolder(folder)
  const lock = lockFolder(folder, patience)
  try {
    return { db: openFile(databasePath(folder), { ...mainSchema, steps }, dev), lock }
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Makes a data folder that is not there; throws StorageError when that cannot be, or when nobody may write in it. */
export function makeFolder(folder: string): void {
  try {
    const first = mkdirSync(folder, { recursive: true, mode: 0o700 })
    // A database is as safe as the names on the way to it.
    for (let made = resolve(folder); first !== undefined && made.length >= first.length;) {
      made = dirname(made)
      sync(made)
    }
    // SQLite opens what it may not write for reading, and fails much later.
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw unwritable(folder, error)
  }
}

/** Checks a database in a locked folder, migrates it and opens it for writing; throws StorageError and leaves the file as it was when it cannot be used. */
export function openFile(path: string, schema: Schema, dev: boolean): Database {
  try {
    inspect(path, dev, schema)
    const db = openWriter(path)
    try {
      migrate(db, schema, path, dev)
    } catch (error) {
      db.close(true)
      throw error
    }
    return db
  } catch (error) {
    throw error instanceof StorageError ? error : unusable(path, error)
  }
}

/** Opens the database of a folder for a short piece of work, beside a running server or alone. */
export function openBeside(folder: string): Database {
  const path = databasePath(folder)
  try {
    const { db, lock } = openFolder(folder, modeOf(path, mainSchema) === 'dev')
    lock.release()
    return db
  } catch (error) {
    if (!(error instanceof StorageError)) throw unwritable(folder, error)
    if (!(error instanceof FolderInUse)) throw error
    inspect(path, null, mainSchema)
    return openWriter(path)
  }
}

/** Where the database of a data folder lies. */
export function databasePath(folder: string): string {
  return join(folder, 'fanfare.db')
}

/** A connection that writes and is durable at each commit. */
export function openWriter(path: string): Database {
  const db = new Database(path, { create: true, readwrite: true, strict: true })
  db.run('PRAGMA busy_timeout = 5000')
  const { journal_mode } = db
    .query<{ journal_mode: string }, []>('PRAGMA journal_mode = WAL')
    .get()!
  if (journal_mode !== 'wal')
    throw new StorageError(`The file system of "${path}" has no shared memory for SQLite's WAL`)
  db.run('PRAGMA synchronous = FULL')
  // Pages. The longest stall of a commit grows with it (2,000: 15 ms, 16,000: 100 ms under full load),
  // throughput does not.
  db.run('PRAGMA wal_autocheckpoint = 2000')
  db.run('PRAGMA foreign_keys = ON')
  db.run('PRAGMA cache_size = -16000')
  return db
}

/** A connection that can only read. */
export function openReader(path: string): Database {
  const db = new Database(path, { readonly: true, strict: true })
  db.run('PRAGMA busy_timeout = 5000')
  db.run('PRAGMA cache_size = -8000')
  return db
}
