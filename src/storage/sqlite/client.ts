import type { Clock } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Store } from '../../core/store.ts'
import { healthOf, type Health } from './health.ts'
import { lane, type Lane, type LaneLimits } from './lane.ts'
import { measureStore } from './measure.ts'
import { isOfLedger, type Thread } from './procedure.ts'
import { storeOver } from './store.ts'
import type { Opening } from './wire.ts'
import { startThread, type StorageThread } from './worker.ts'

/** How to open the default store. */
export interface SqliteOptions {
  /** The data folder; made when it is not there. */
  readonly dir: string
  /** Data made with `dev` is refused without it, and the other way round. */
  readonly dev: boolean
  readonly clock: Clock
  /** Opens the ledger of crash, too: a database with a thread of its own. */
  readonly ledger?: boolean
  /** Rows that may wait for their commit in either database, each draft of an `append` counting; 50,000 when absent. */
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

/** Opens the databases of a data folder, alone for this process; rejects with a StorageError when one cannot be used. */
export async function openSqlite(options: SqliteOptions): Promise<Sqlite> {
  const { dir: folder, dev, clock, ledger = false } = options
  const lanes: Lane[] = []
  const workers: StorageThread[] = []
  const healths: Health[] = []
  let dead = false

  /** One thread that ends by itself ends all: what the others keep is of no use without it. */
  function died(reason: string): void {
    if (dead) return
    dead = true
    for (const health of healths) health.died(reason)
    options.log?.error('store died', new Error(`The storage thread ended: ${reason}`))
    const refusal = new Refusal('STORE_UNAVAILABLE', 'The store has ended; the outcome is unknown')
    for (const one of lanes) one.end(refusal)
    options.onDeath?.(reason)
  }
  async function launch(
    open: Opening['open'],
    turn: Promise<unknown>,
    limits: LaneLimits,
    health?: Health,
  ): Promise<Lane> {
    const calls: Lane = lane((order) => worker.send(order), limits)
    lanes.push(calls)
    const worker = await startThread(
      { open, folder, dev, ledger },
      {
        died,
        settle(batch) {
          health?.settled(batch, calls.messages(batch))
          calls.settle(batch)
        },
      },
      turn,
    )
    workers.push(worker)
    return calls
  }
  async function writer(
    open: 'write' | 'ledger',
    turn: Promise<unknown>,
    database: string,
  ): Promise<Writing> {
    const health = healthOf(database, options)
    healths.push(health)
    return { database, health, calls: await launch(open, turn, writeLimits(options), health) }
  }
  /** The reader goes first, so that the writers can empty their logs into the databases; the lock goes last. */
  async function stopThreads(): Promise<void> {
    for (const worker of workers.reverse()) await worker.stop()
  }
  /** All threads boot at once, but open one after another: first the one with the lock, last the reader, who needs what they make. */
  async function open() {
    const first = writer('write', Promise.resolve(), 'fanfare.db')
    const then = ledger ? writer('ledger', first, 'crash.db') : first
    // Reading has a thread of its own, for 1.5 MB: behind the writers a read waits for their fsync, and
    // on the main thread a page that comes from a cold disk would hold up every socket.
    const reading = launch('read', then, readLimits)
    // Whoever fails first is told; those whose turn never comes end by themselves.
    await Promise.all([first, then, reading])
    return { main: await first, second: ledger ? await then : null, reads: await reading }
  }

  const { main, second, reads } = await open().catch(async (error: unknown) => {
    await stopThreads()
    throw error
  })
  const thread = threadOver((name) => (second !== null && isOfLedger(name) ? second : main), reads)
  if (options.metrics !== undefined) {
    const writers = second === null ? [main] : [main, second]
    measureStore(options.metrics, folder, writers)
  }
  const stopProbe = clock.every(probeInterval, () => {
    for (const probe of ['probe', 'crash.probe'].slice(0, healths.length))
      if (thread.fault(probe) !== null) thread.write(probe, clock.now()).catch(() => {})
  })
  async function close(): Promise<void> {
    stopProbe()
    await Promise.all(lanes.map((one) => one.drain()))
    await stopThreads()
  }
  let closed: Promise<void> | undefined
  const stop = () => (closed ??= close())
  const { head, start, fault } = main.health
  const writes = main.calls
  return { thread, store: storeOver({ thread, writes, clock, head, start, fault, stop }) }
}

/** What goes to a writing thread, and how it fares. */
interface Writing {
  /** The name of its file. */
  readonly database: string
  readonly calls: Lane
  readonly health: Health
}

function writeLimits({ queueRows = 50_000, queueBytes = 128e6 }: SqliteOptions): LaneLimits {
  return { rows: queueRows, characters: queueBytes, batchCalls: 500, batchRows: 2_000 }
}

function threadOver(writingOf: (procedure: string) => Writing, reads: Lane): Thread {
  return {
    write: <Result>(procedure: string, args: unknown) =>
      writingOf(procedure).calls.call(procedure, textOf(args), 1) as Promise<Result>,
    read: <Result>(procedure: string, args: unknown) =>
      reads.call(procedure, textOf(args), 1) as Promise<Result>,
    fault: (procedure) => writingOf(procedure).health.fault(),
  }
}

/** What JSON has no word for, e.g. `undefined`, is null. */
function textOf(args: unknown): string {
  return JSON.stringify(args) ?? 'null'
}
