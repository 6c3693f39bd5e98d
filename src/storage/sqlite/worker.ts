import { StorageError } from './failure.ts'
import type { Batch, Opening, Report } from './wire.ts'

/** A running storage thread. */
export interface StorageThread {
  send(order: string): void
  /** Closes its database, then ends it. */
  stop(): Promise<void>
  /** Ends it at once, whatever it is at. */
  end(): void
}

/** What a storage thread causes on the main thread. */
export interface ThreadEvents {
  settle(batch: Batch): void
  /** It ended by itself, which it never does on purpose. */
  died(reason: string): void
}

/** Starts a storage thread, which opens its database once `turn` has come; rejects with a StorageError when the folder cannot be used, and with what `turn` rejects with. */
export function startThread(
  opening: Opening,
  events: ThreadEvents,
  turn: Promise<unknown>,
): Promise<StorageThread> {
  const worker = new Worker(specifier())
  const { promise, resolve, reject } = Promise.withResolvers<StorageThread>()
  const stopped = Promise.withResolvers<void>()
  let over = false

  function end(): void {
    over = true
    worker.terminate()
  }
  function die(reason: string): void {
    if (over) return
    end()
    reject(new StorageError(`The storage thread ended: ${reason}`))
    stopped.resolve()
    events.died(reason)
  }

  worker.onerror = ({ message }) => die(message)
  worker.addEventListener('close', () => die('it stopped by itself'))
  worker.onmessage = ({ data }: MessageEvent<string>) => {
    // What may still come from a thread that was given up: its callers were told that nothing is known.
    if (over) return
    const report: Report = JSON.parse(data)
    if ('answers' in report) return events.settle(report)
    if ('opened' in report) return resolve(thread)
    end()
    if ('refused' in report) reject(new StorageError(report.refused))
    stopped.resolve()
  }
  const thread: StorageThread = {
    send: (order) => worker.postMessage(order),
    stop() {
      if (!over) worker.postMessage('{"stop":true}')
      return over ? Promise.resolve() : stopped.promise
    },
    end,
  }
  turn.then(
    () => worker.postMessage(JSON.stringify(opening)),
    (error: unknown) => {
      end()
      reject(error)
    },
  )
  return promise
}

/** Compiled, this module lies at the root of the program and the thread where build.ts puts it, below that. */
function specifier(): URL {
  const here = import.meta.url
  const compiled = !here.endsWith('/worker.ts')
  return new URL(compiled ? './src/storage/sqlite/thread.ts' : './thread.ts', here)
}
