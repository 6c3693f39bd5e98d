import type { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { StorageError, unwritable } from './failure.ts'
import { inspect, modeOf } from './inspect.ts'
import { FolderInUse, lockFolder } from './lock.ts'
import { ledgerSchema, mainSchema, versionOf } from './migrate.ts'
import { databasePath, makeFolder, openFile, openReader, openWriter } from './open.ts'

/** Where the ledger of crash lies in a data folder. */
export function ledgerPath(folder: string): string {
  return join(folder, 'crash.db')
}

/** Checks the ledger of a folder that is locked, migrates it and opens it for writing; throws StorageError when it cannot be used. */
export function openLedger(folder: string, dev: boolean): Database {
  return openFile(ledgerPath(folder), ledgerSchema, dev)
}

/** Opens the ledger for a short piece of work, beside a running server or alone; one that is not there yet is made for what the folder was made for. */
export function openLedgerBeside(folder: string): Database {
  try {
    return alone(folder)
  } catch (error) {
    if (!(error instanceof StorageError)) throw unwritable(folder, error)
    if (!(error instanceof FolderInUse)) throw error
    existing(folder)
    return newest(openWriter(ledgerPath(folder)), folder)
  }
}

/** Opens the ledger for looking only, beside a running server or alone; throws StorageError when there is none, or one of an older version. */
export function openLedgerReader(folder: string): Database {
  existing(folder)
  return newest(openReader(ledgerPath(folder)), folder)
}

function alone(folder: string): Database {
  makeFolder(folder)
  const lock = lockFolder(folder, 0)
  try {
    const mode =
      modeOf(ledgerPath(folder), ledgerSchema) ?? modeOf(databasePath(folder), mainSchema)
    return openLedger(folder, mode === 'dev')
  } finally {
    lock.release()
  }
}

function existing(folder: string): void {
  const path = ledgerPath(folder)
  if (modeOf(path, ledgerSchema) === null)
    throw new StorageError(`There is no ledger of crash in the data folder "${folder}"`)
  inspect(path, null, ledgerSchema)
}

/** Only whoever has the folder alone may bring a ledger to this version; without that, columns would be missing. */
function newest(db: Database, folder: string): Database {
  const version = versionOf(db)
  const { length } = ledgerSchema.steps
  if (version === length) return db
  db.close(true)
  const path = ledgerPath(folder)
  throw new StorageError(
    `The database "${path}" is of version ${version}, this program needs version ${length}; start the server with it first`,
  )
}
