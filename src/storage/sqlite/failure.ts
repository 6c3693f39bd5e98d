import { statfsSync } from 'node:fs'
import { Refusal } from '../../core/errors.ts'

/** A data folder that cannot be used: one clear line for the person who starts the server. */
export class StorageError extends Error {
  override readonly name = 'StorageError'
}

/** A data folder that cannot be written to, and the system's own words for why. */
export function unwritable(folder: string, error: unknown): StorageError {
  const { code, message } = error as { code?: string; message: string }
  const cause = code === 'EEXIST' || code === 'ENOTDIR' ? 'it is no folder' : message
  return new StorageError(
    `Cannot write to the data folder "${folder}": ${shortage(folder) ?? cause}`,
  )
}

/** What the disk of a folder has run out of; null when it has some of everything, or nobody can tell. SQLite calls the same "disk I/O error" or "unable to open". */
export function shortage(folder: string): string | null {
  try {
    const { bavail, files, ffree } = statfsSync(folder)
    if (bavail === 0) return 'the disk is full'
    return files > 0 && ffree === 0 ? 'the disk has no inode left for another file' : null
  } catch {
    return null
  }
}

/** What the engine, not a procedure, failed with. */
export interface Failure {
  /** SQLite's own words and code, for operators. */
  readonly reason: string
  /** What the operating system did with the last write cannot be known; the connection must be opened anew. */
  readonly unsure: boolean
}

const engineCodes =
  /^SQLITE_(FULL|IOERR|BUSY|CORRUPT|NOTADB|CANTOPEN|READONLY|NOMEM|PROTOCOL|PERM|LOCKED)/
const unsureCodes = /^SQLITE_(IOERR|CORRUPT|NOTADB|PROTOCOL)/

/** Tells a fault of disk, file or memory (null: it is none) from a refusal or a bug. */
export function engineFailure(error: unknown): Failure | null {
  const code = codeOf(error)
  if (code === null || !engineCodes.test(code)) return null
  return { reason: `${(error as Error).message} (${code})`, unsure: unsureCodes.test(code) }
}

/** SQLite's code of an error, e.g. `SQLITE_BUSY`; null when it has none. */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error)) return null
  return typeof error.code === 'string' && error.code.startsWith('SQLITE') ? error.code : null
}

/** What callers are told when the engine failed; the reason stays with the operator. */
export function unavailable(unsure: boolean): Refusal {
  return unsure
    ? new Refusal(
        'STORE_UNAVAILABLE',
        'The store failed while writing and the outcome is unknown; repeat it under the same id',
        { outcome: 'unknown' },
      )
    : new Refusal('STORE_UNAVAILABLE', 'The store cannot write at the moment')
}
