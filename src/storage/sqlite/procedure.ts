import type { Database } from 'bun:sqlite'
import type { Draft, Message } from '../../core/store.ts'

/** What a procedure works with, inside its own savepoint of the running batch. */
export interface Context {
  readonly db: Database
  /** Records a message in the same savepoint; it is told after the commit. */
  append(draft: Draft): Message
}

/** A synchronous piece of work on the storage thread. A thrown Refusal rolls back this procedure alone. */
export type Procedure<Args, Result> = (context: Context, args: Args) => Result

/** Procedures by their names; a system's begin with its own. `x.recorded` runs with each message recorded in channels of the system x. */
export type Procedures = Readonly<Record<string, Procedure<any, any>>>

/** The main thread's side of the storage threads: procedures by name, plain JSON arguments and results. Those of crash work on its own database. */
export interface Thread {
  /** Joins the next group commit; resolves after its fsync. */
  write<Result>(procedure: string, args: unknown): Promise<Result>
  /** Runs on the read-only connection and sees everything that was answered as committed. */
  read<Result>(procedure: string, args: unknown): Promise<Result>
  /** Why a procedure cannot be written at the moment, null when it can. */
  fault(procedure: string): string | null
}

/** Whether a procedure works on the ledger, crash's own database, by its name. */
export function isOfLedger(procedure: string): boolean {
  return procedure.startsWith('crash.')
}
