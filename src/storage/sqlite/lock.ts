import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { codeOf, StorageError, unwritable } from './failure.ts'

/** A data folder that nobody else may serve from until `release`, or until the process is gone however it ends. */
export interface Lock {
  release(): void
}

/** Takes the data folder for this process; throws a StorageError that names the folder when another one has it for longer than `patience` ms. */
export function lockFolder(folder: string, patience: number): Lock {
  let db: Database | undefined
  try {
    // An open transaction on a file of its own: the operating system ends it with the process.
    db = new Database(join(folder, 'fanfare.lock'), { create: true, readwrite: true, strict: true })
    db.run(`PRAGMA busy_timeout = ${patience}`)
    db.run('PRAGMA journal_mode = MEMORY')
    db.run('BEGIN EXCLUSIVE')
  } catch (error) {
    db?.close(true)
    if (codeOf(error) === 'SQLITE_BUSY')
      throw new FolderInUse(`The data folder "${folder}" is in use by another server`)
    throw unwritable(folder, error)
  }
  const held = db
  return { release: () => held.close(true) }
}

/** Another process serves from the folder at this moment. */
export class FolderInUse extends StorageError {}
