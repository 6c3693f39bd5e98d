import type { Clock, Stop } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Message } from '../../core/store.ts'
import type { Batch } from './wire.ts'

/** What is known of a writing thread, and who is told of its commits. */
export interface Health {
  start(receive: (messages: readonly Message[]) => void): void
  /** The highest id that was told. */
  head(): number
  /** Why it does not write at the moment, null when it does. */
  fault(): string | null
  /** A batch came back with these messages. */
  settled(batch: Batch, messages: readonly Message[]): void
  /** It will not write again. */
  died(reason: string): void
}

/** How long it must have worked before the log says so, ms: a disk that fails now and then would fill the log with both lines, hundreds of times a second. */
const calmMs = 2_000

/** The health of the writer of a database, by the name of its file. */
export function healthOf(
  database: string,
  {
    clock,
    log,
    metrics,
  }: { readonly clock: Clock; readonly log?: Log; readonly metrics?: Metrics },
): Health {
  let told: (messages: readonly Message[]) => void = () => {}
  let head = 0
  let fault: string | null = null
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
  let logged = false
  let calm: Stop = () => {}

  function noteFault(reason: string): void {
    calm()
    if (!logged) log?.warn('store failing', { database, reason })
    logged = true
  }
  function noteCalm(): void {
    logged = false
    log?.info('store works again', { database })
  }

  return {
    start(receive) {
      told = receive
    },
    head: () => head,
    fault: () => fault,
    died(reason) {
      calm()
      fault = `The storage thread ended: ${reason}`
    },
    settled(batch, messages) {
      seconds?.observe(batch.ms / 1000)
      rows?.observe(batch.answers.length)
      if (batch.fault !== null && fault === null) noteFault(batch.fault)
      if (batch.fault === null && fault !== null) calm = clock.after(calmMs, noteCalm)
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
