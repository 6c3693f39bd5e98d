import type { Database } from 'bun:sqlite'
import type { Message } from '../../core/store.ts'
import { allFailed, runBatch, type Call, type Outcome } from './batch.ts'
import { engineFailure, type Failure } from './failure.ts'
import { messagesAbove } from './history.ts'
import type { Procedures } from './procedure.ts'
import { tailOf } from './tail.ts'

/** Runs batches over a connection that it replaces when a write left it in doubt. */
export interface Writer {
  /** `fault`: why writing fails at the moment, null when it works; once it has failed, only something written tells that it works again. */
  run(calls: readonly Call[]): Outcome & { readonly fault: string | null }
  /** Empties the log into the database and closes it; on a full disk the log stays beside the database, and the next start reads it. */
  close(): void
}

/** A writer over `first`; `reopen` makes the connections after it, and may throw as long as the disk does. `records` false: the database has no history of messages. */
export function writer(
  first: Database,
  reopen: () => Database,
  procedures: Procedures,
  { records } = { records: true },
): Writer {
  let db: Database | null = first
  let tail = records ? tailOf(first) : null
  let told = tail?.last() ?? 0
  let fault: string | null = null

  /** Only a new connection knows what is on disk. What came out as committed after all is told late: listeners must not miss it. */
  function comeBack(): { late: Message[]; failure: Failure | null } {
    try {
      const fresh = reopen()
      const late = records ? messagesAbove(fresh, told) : []
      tail = records ? tailOf(fresh) : null
      told = tail?.last() ?? 0
      db = fresh
      return { late, failure: null }
    } catch (error) {
      return { late: [], failure: engineFailure(error) ?? { reason: String(error), unsure: true } }
    }
  }

  function attempt(calls: readonly Call[]): Outcome {
    const { late, failure } = db === null ? comeBack() : { late: [], failure: null }
    if (db === null) return allFailed(calls.length, failure!)
    const outcome = runBatch(db, tail, procedures, calls)
    if (outcome.failure === null) told = tail?.last() ?? 0
    if (!outcome.failure?.unsure) return { ...outcome, messages: [...late, ...outcome.messages] }
    closeQuietly(db)
    db = null
    return { ...outcome, messages: [...late, ...comeBack().late] }
  }

  return {
    run(calls) {
      const outcome = attempt(calls)
      if (outcome.wrote) fault = null
      fault = outcome.failure?.reason ?? fault
      return { ...outcome, fault }
    },
    close() {
      if (db !== null) checkpoint(db)
      db?.close(true)
      db = null
    },
  }
}

function checkpoint(db: Database): void {
  try {
    db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  } catch (error) {
    if (engineFailure(error) === null) throw error
  }
}

function closeQuietly(db: Database): void {
  try {
    db.close(true)
  } catch {
    // It is given up because it failed; that it fails once more tells nothing new.
  }
}
