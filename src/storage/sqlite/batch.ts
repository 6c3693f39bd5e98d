import type { Database } from 'bun:sqlite'
import { errorCodes, Refusal, type Details, type ErrorCode } from '../../core/errors.ts'
import type { Message } from '../../core/store.ts'
import { record } from './append.ts'
import { engineFailure, unavailable, type Failure } from './failure.ts'
import type { Context, Procedure, Procedures } from './procedure.ts'
import type { Tail } from './tail.ts'

/** One call: the procedure's name and its arguments. */
export type Call = readonly [procedure: string, args: unknown]

/** What became of a call: a result, a refusal, or a bug with its stack. */
export type Answer =
  | { readonly ok: unknown }
  | {
      readonly code: ErrorCode
      readonly message: string
      readonly details?: Details
      /** Where it is not the usual one of the code. */
      readonly status?: number
    }
  | { readonly bug: string; readonly stack: string }

/** What a batch came to. Nothing of it may be told before this is here. */
export interface Outcome {
  readonly answers: Answer[]
  /** What was committed, in the order it was recorded. */
  readonly messages: Message[]
  /** The engine failed: nothing of the batch was committed, or that is unknown. */
  readonly failure: Failure | null
  /** Something was put on the disk; a batch that only looks, or is refused, tells nothing of it. */
  readonly wrote: boolean
}

/** Runs calls in one transaction, each in a savepoint of its own: a refusal undoes that call alone, a failing engine undoes all. `tail` null: this database records no messages. */
export function runBatch(
  db: Database,
  tail: Tail | null,
  procedures: Procedures,
  calls: readonly Call[],
): Outcome {
  const messages: Message[] = []
  const answers: Answer[] = []
  const work = { db, tail, procedures, messages }
  try {
    const before = changesOf(db)
    db.query('BEGIN IMMEDIATE').run()
    for (const call of calls) answers.push(runCall(work, call))
    db.query('COMMIT').run()
    const wrote = changesOf(db) > before && answers.some((answer) => 'ok' in answer)
    return { answers, messages, failure: null, wrote }
  } catch (error) {
    tail?.forget()
    return abandon(db, calls.length, error)
  }
}

/** Runs one call against a snapshot of its own. */
export function runRead(db: Database, procedures: Procedures, call: Call): Answer {
  try {
    const context: Context = { db, append: refuseAppend }
    db.query('BEGIN').run()
    return { ok: procedureOf(procedures, call[0])(context, call[1]) ?? null }
  } catch (error) {
    const failure = engineFailure(error)
    return failure
      ? answerOf(new Refusal('STORE_UNAVAILABLE', 'The store cannot read at the moment'))
      : answerOf(error)
  } finally {
    if (db.inTransaction) db.query('ROLLBACK').run()
  }
}

/** How many rows the connection has ever changed. */
function changesOf(db: Database): number {
  return db.query<{ changes: number }, []>('SELECT total_changes() AS changes').get()!.changes
}

interface Work {
  readonly db: Database
  readonly tail: Tail | null
  readonly procedures: Procedures
  readonly messages: Message[]
}

function runCall(work: Work, [name, args]: Call): Answer {
  const { db, tail, procedures, messages } = work
  const told = messages.length
  db.query('SAVEPOINT call').run()
  try {
    const { context, assertWhole } = contextOf(work)
    const result = procedureOf(procedures, name)(context, args)
    assertWhole()
    db.query('RELEASE call').run()
    return { ok: result ?? null }
  } catch (error) {
    // A full disk can end the whole transaction: what ran after that would commit on its own.
    if (!db.inTransaction || engineFailure(error)) throw error
    db.query('ROLLBACK TO call').run()
    db.query('RELEASE call').run()
    messages.length = told
    tail?.forget()
    return answerOf(error)
  }
}

/** What one call works with. A procedure that swallows the failure of an append must not leave half of it behind. */
function contextOf({ db, tail, procedures, messages }: Work): {
  context: Context
  assertWhole(): void
} {
  let failure: { readonly error: unknown } | null = null
  const context: Context = {
    db,
    append(draft) {
      if (tail === null) throw new Error('This database records no messages')
      assertOpen(db)
      try {
        const message = record(db, tail, draft)
        messages.push(message)
        beside(procedures, message)?.(context, message)
        return message
      } catch (error) {
        failure ??= { error }
        throw error
      }
    },
  }
  return {
    context,
    assertWhole() {
      assertOpen(db)
      if (failure !== null) throw failure.error
    },
  }
}

/** What a system keeps beside each of its messages, in the same savepoint: its procedure `recorded`. */
function beside(
  procedures: Procedures,
  { channel }: Message,
): Procedure<Message, void> | undefined {
  const name = `${channel.slice(0, channel.indexOf('/'))}.recorded`
  return Object.hasOwn(procedures, name) ? procedures[name] : undefined
}

/** A procedure that swallows the engine's error must not hide that the transaction is gone. */
function assertOpen(db: Database): void {
  if (!db.inTransaction) throw new Error('The transaction ended within a procedure')
}

function abandon(db: Database, calls: number, error: unknown): Outcome {
  let failure = engineFailure(error) ?? { reason: String(error), unsure: true }
  try {
    if (db.inTransaction) db.query('ROLLBACK').run()
  } catch (second) {
    failure = { reason: `${failure.reason}; ROLLBACK: ${String(second)}`, unsure: true }
  }
  return allFailed(calls, failure)
}

/** The outcome of a batch that the engine undid. */
export function allFailed(calls: number, failure: Failure): Outcome {
  const answer = answerOf(unavailable(failure.unsure))
  return {
    answers: Array.from({ length: calls }, () => answer),
    messages: [],
    failure,
    wrote: false,
  }
}

function procedureOf(procedures: Procedures, name: string) {
  const procedure = Object.hasOwn(procedures, name) ? procedures[name] : undefined
  if (procedure === undefined) throw new Error(`Unknown procedure "${name}"`)
  return procedure
}

function refuseAppend(): never {
  throw new Error('A procedure that reads cannot append')
}

function answerOf(error: unknown): Answer {
  if (error instanceof Refusal) {
    const { code, message, details, status } = error
    return {
      code,
      message,
      ...(details && { details }),
      ...(status !== errorCodes[code] && { status }),
    }
  }
  const known = error instanceof Error
  return { bug: known ? error.message : String(error), stack: (known && error.stack) || '' }
}
