import { systemClock } from '../../core/clock.ts'
import { runRead, type Call } from './batch.ts'
import { coreProcedures } from './core.ts'
import { dcsProcedures } from './dcs.ts'
import { StorageError } from './failure.ts'
import { jiveProcedures } from './jive.ts'
import { locallifeInboxProcedures } from './locallife-inbox.ts'
import { locallifeOrdersProcedures } from './locallife-orders.ts'
import { locallifePeopleProcedures } from './locallife-people.ts'
import { databasePath, openFolder, openReader, openWriter } from './open.ts'
import type { Procedures } from './procedure.ts'
import type { Batch, Opening, Order, Report } from './wire.ts'
import { fold } from './told.ts'
import { writer } from './writer.ts'

declare const self: Worker

/** What a thread does with the calls it is sent. */
interface Desk {
  run(calls: readonly Call[]): Omit<Batch, 'ms'>
  stop(): void
}

const procedures: Procedures = {
  ...coreProcedures,
  ...dcsProcedures,
  ...jiveProcedures,
  ...locallifePeopleProcedures,
  ...locallifeInboxProcedures,
  ...locallifeOrdersProcedures,
}
const clock = systemClock()
let desk: Desk | null = null

self.onmessage = ({ data }: MessageEvent<string>) => {
  if (desk === null) return tell(open(JSON.parse(data)))
  const order: Order = JSON.parse(data)
  if ('stop' in order) {
    desk.stop()
    return tell({ stopped: true })
  }
  const started = clock.elapsed()
  const batch = desk.run(order.calls)
  tell({ ...batch, ms: clock.elapsed() - started })
}

function tell(report: Report): void {
  self.postMessage(JSON.stringify(report))
}

function open({ open, folder, dev }: Opening): Report {
  try {
    desk = open === 'write' ? writingDesk(folder, dev) : readingDesk(folder)
    return { opened: true }
  } catch (error) {
    // What is no fault of the folder is a bug: it ends the thread and is told with its stack.
    if (!(error instanceof StorageError)) throw error
    return { refused: error.message }
  }
}

/** A command like `fanfare key create` has the folder for some ms: no reason for a server not to start. */
const patience = 1_000

function writingDesk(folder: string, dev: boolean): Desk {
  const { db, lock } = openFolder(folder, dev, undefined, patience)
  const writing = writer(db, () => openWriter(databasePath(folder)), procedures)
  return {
    run(calls) {
      const outcome = writing.run(calls)
      const { answers, failure } = outcome
      return { answers, messages: fold(calls, outcome), fault: failure?.reason ?? null }
    },
    stop() {
      writing.close()
      lock.release()
    },
  }
}

function readingDesk(folder: string): Desk {
  const db = openReader(databasePath(folder))
  return {
    run: (calls) => ({
      answers: calls.map((call) => runRead(db, procedures, call)),
      messages: [],
      fault: null,
    }),
    stop: () => db.close(true),
  }
}
