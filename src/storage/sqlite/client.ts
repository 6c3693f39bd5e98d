import type { Clock } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Message, Store } from '../../core/store.ts'
import { lane, type Lane, type LaneLimits } from './lane.ts'
import type { Thread } from './procedure.ts'
import { storeOver } from './store.ts'
import type { Batch } from './wire.ts'
import { startThread, type StorageThread } from './worker.ts'

/** How to open the default store. */
export interface SqliteOptions {
  /** The data folder; made when it is not there. */
  readonly dir: string
  /** Data made with `dev` is refused without it, and the other way round. */
  readonly dev: boolean
  readonly clock: Clock
  /** Rows that may wait for their commit, each draft of an `append` counting; 50,000 when absent. */
  readonly queueRows?: number
  /** Characters of arguments that may wait for their commit; 128 million when absent. */
  readonly queueBytes?: number
  readonly log?: Log
  readonly metrics?: Metrics
  /** Called once when a storage thread ended by itself: nothing is kept any more, so the process should end. */
  readonly onDeath?: (reason: string) => void
}

/** The default store, and the way to further procedures of the same database. */
export interface Sqlite {
  readonly store: Store
  readonly thread: Thread
}

/** Reads answer one by one what is asked for; few in a batch, so that the first is not kept by the last. */
const readLimits: LaneLimits = {
  rows: 10_000,
  characters: 16 * 1024 * 1024,
  batchCalls: 32,
  batchRows: 32,
}
/** While writing fails, a small write each second finds out when it works again. */
const probeInterval = 1_000

/** Opens the database of a data folder, alone for this process; rejects with a StorageError when it cannot be used. */
export async function openSqlite(options: SqliteOptions): Promise<Sqlite> {
  const { dir: folder, dev, clock } = options
  const state = createState(options)
  const writes = lane((order) => writing.send(order), writeLimits(options))
  const reads = lane((order) => reading.send(order), readLimits)

  function died(reason: string): void {
    if (!state.die(reason)) return
    const refusal = new Refusal('STORE_UNAVAILABLE', 'The store has ended; the outcome is unknown')
    writes.end(refusal)
    reads.end(refusal)
    options.onDeath?.(reason)
  }
  function settle(batch: Batch): void {
    state.settled(batch, writes.messages(batch))
    writes.settle(batch)
  }
  const writing: StorageThread = await startThread({ open: 'write', folder, dev }, { settle, died })
  // Reading has a thread of its own, for 1.5 MB: behind the writers a read waits for their fsync, and
  // on the main thread a page that comes from a cold disk would hold up every socket.
  const reading: StorageThread = await startThread(
    { open: 'read', folder, dev },
    { settle: reads.settle, died },
  ).catch(async (error: unknown) => {
    await writing.stop()
    throw error
  })
  const thread = threadOver(writes, reads)
  const stopProbe = clock.every(probeInterval, () => {
    if (state.fault() !== null) thread.write('probe', clock.now()).catch(() => {})
  })

  /** The reader goes first, so that the writer can empty the log into the database. */
  async function close(): Promise<void> {
    stopProbe()
    await Promise.all([writes.drain(), reads.drain()])
    await reading.stop()
    await writing.stop()
  }
  let closed: Promise<void> | undefined
  const stop = () => (closed ??= close())
  const { head, start, fault } = state
  return { thread, store: storeOver({ thread, writes, clock, head, start, fault, stop }) }
}

function writeLimits({ queueRows = 50_000, queueBytes = 128e6 }: SqliteOptions): LaneLimits {
  return { rows: queueRows, characters: queueBytes, batchCalls: 500, batchRows: 2_000 }
}

function threadOver(writes: Lane, reads: Lane): Thread {
  return {
    write: <Result>(procedure: string, args: unknown) =>
      writes.call(procedure, textOf(args), 1) as Promise<Result>,
    read: <Result>(procedure: string, args: unknown) =>
      reads.call(procedure, textOf(args), 1) as Promise<Result>,
  }
}

/** What JSON has no word for, e.g. `undefined`, is null. */
function textOf(args: unknown): string {
  return JSON.stringify(args) ?? 'null'
}

/** What is known of the writer, and who is told of its commits. */
function createState({ log, metrics }: SqliteOptions) {
  let told: (messages: readonly Message[]) => void = () => {}
  let head = 0
  let fault: string | null = null
  let dead = false
  const seconds = metrics?.histogram(
    'store_commit_seconds',
    'Time of a group commit, fsync included',
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  )
  const rows = metrics?.histogram(
    'store_commit_rows',
    'Calls in a group commit',
    [1, 2, 5, 10, 20, 50, 100, 200, 500],
  )
  return {
    start(receive: (messages: readonly Message[]) => void) {
      told = receive
    },
    head: () => head,
    fault: () => fault,
    die(reason: string): boolean {
      if (dead) return false
      dead = true
      fault = `The storage thread ended: ${reason}`
      log?.error('store died', new Error(fault))
      return true
    },
    settled(batch: Batch, messages: readonly Message[]): void {
      seconds?.observe(batch.ms / 1000)
      rows?.observe(batch.answers.length)
      if (batch.fault !== null && fault === null)
        log?.warn('store failing', { reason: batch.fault })
      if (batch.fault === null && fault !== null) log?.info('store works again')
      fault = batch.fault
      const last = messages.at(-1)
      if (last === undefined) return
      head = Number(last.id)
      tellSafely(told, messages)
    },
  }
}

/** A listener that throws is a bug for the process's last net; the callers of the commit go on all the same. */
function tellSafely(
  told: (messages: readonly Message[]) => void,
  messages: readonly Message[],
): void {
  try {
    told(messages)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
