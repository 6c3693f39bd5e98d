import { Database } from 'bun:sqlite'
import { closeSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { codeOf, shortage, StorageError } from './failure.ts'
import { sizeOf } from './files.ts'
import { versionOf, type Schema } from './migrate.ts'

/** Damage is looked for through the whole file up to this size, which takes about 0.1 s; beyond it only where we look first. */
const checkedBytes = 64 * 1024 * 1024

/** What a data folder was made for. */
export type Mode = 'dev' | 'production'

/** Throws a StorageError when the file is not a database we can use; reads only, so the file stays as it is. `dev` null: either kind will do. */
export function inspect(path: string, dev: boolean | null, { mark, steps }: Schema): void {
  if (holdsNothing(path)) return
  const db = readOnly(path)
  try {
    if (!isOurs(db, path, mark)) return
    const version = versionOf(db)
    if (version > steps.length)
      throw new StorageError(
        `The database "${path}" is of version ${version}, this program knows versions up to ${steps.length}; use a newer one`,
      )
    checkDamage(db, path)
    const mode = readMode(db)
    if (dev !== null && mode !== (dev ? 'dev' : 'production'))
      throw new StorageError(
        mode === 'dev'
          ? `The database "${path}" was made with --dev and cannot be used without it`
          : `The database "${path}" was made without --dev and cannot be used with it`,
      )
  } catch (error) {
    throw error instanceof StorageError ? error : unusable(path, error)
  } finally {
    db.close(true)
  }
}

/** What a database was made for; null when there is none yet. */
export function modeOf(path: string, { mark }: Schema): Mode | null {
  if (holdsNothing(path)) return null
  const db = readOnly(path)
  try {
    return isOurs(db, path, mark) ? readMode(db) : null
  } catch (error) {
    throw error instanceof StorageError ? error : unusable(path, error)
  } finally {
    db.close(true)
  }
}

/** Puts into one line why SQLite cannot use a file. */
export function unusable(path: string, error: unknown): StorageError {
  const code = codeOf(error)
  const reason = error instanceof Error ? error.message : String(error)
  if (code === 'SQLITE_NOTADB') return new StorageError(`The file "${path}" is no database`)
  if (code?.startsWith('SQLITE_CORRUPT'))
    return new StorageError(`The database "${path}" is damaged: ${reason}; restore a backup`)
  return new StorageError(`Cannot use the database "${path}": ${shortage(dirname(path)) ?? reason}`)
}

function readOnly(path: string): Database {
  try {
    return new Database(path, { readonly: true, strict: true })
  } catch (error) {
    throw unusable(path, error)
  }
}

/** False: an empty database, as good as none. */
function isOurs(db: Database, path: string, mark: number): boolean {
  const { application_id: id } = db
    .query<{ application_id: number }, []>('PRAGMA application_id')
    .get()!
  if (id === mark) return true
  const { tables } = db
    .query<{ tables: number }, []>('SELECT count(*) AS tables FROM sqlite_schema')
    .get()!
  if (id === 0 && tables === 0) return false
  throw new StorageError(`The database "${path}" belongs to another program`)
}

function checkDamage(db: Database, path: string): void {
  if (sizeOf(path) > checkedBytes) return
  const { quick_check: found } = db
    .query<{ quick_check: string }, []>('PRAGMA quick_check(1)')
    .get()!
  if (found === 'ok') return
  const line = found.replaceAll(/\s+/g, ' ')
  throw new StorageError(`The database "${path}" is damaged: ${line}; restore a backup`)
}

function readMode(db: Database): Mode {
  const row = db.query<{ value: Mode }, []>("SELECT value FROM setting WHERE name = 'mode'").get()
  return row?.value ?? 'production'
}

/** An empty file, or one whose making ended halfway: whoever opens it to write undoes that first, whoever only reads cannot. */
function holdsNothing(path: string): boolean {
  return sizeOf(path) === 0 || neverCommitted(`${path}-journal`)
}

/** First bytes of a rollback journal: https://sqlite.org/fileformat2.html#the_rollback_journal */
const journalMagic = 'd9d505f920a163d7'

/** A journal that leads back to a database of no pages at all: nothing was ever committed. */
function neverCommitted(journal: string): boolean {
  if (sizeOf(journal) === 0) return false
  const head = Buffer.alloc(20)
  const file = openSync(journal, 'r')
  try {
    readSync(file, head, 0, head.length, 0)
  } finally {
    closeSync(file)
  }
  return head.toString('hex', 0, 8) === journalMagic && head.readUInt32BE(16) === 0
}
