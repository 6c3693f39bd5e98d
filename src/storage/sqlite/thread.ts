import { systemClock } from '../../core/clock.ts'
import { runRead, type Call } from './batch.ts'
import { coreProcedures } from './core.ts'
import { crashProcedures } from './crash.ts'
import { auditLedger } from './crash-audit.ts'
import { ledgerPath, openLedger, openLedgerReader } from './crash-open.ts'
import { dcsProcedures } from './dcs.ts'
import { StorageError } from './failure.ts'
import { jiveProcedures } from './jive.ts'
import { locallifeInboxProcedures } from './locallife-inbox.ts'
import { locallifeOrdersProcedures } from './locallife-orders.ts'
import { locallifePeopleProcedures } from './locallife-people.ts'
import { databasePath, openFolder, openReader, openWriter } from './open.ts'
import { isOfLedger, type Procedures } from './procedure.ts'
import type { Batch, Opening, Order, Report } from './wire.ts'
import { fold } from './told.ts'
import { writer, type Writer } from './writer.ts'

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

function open(opening: Opening): Report {
  try {
    desk = desks[opening.open](opening)
    return { opened: true }
  } catch (error) {
    // What is no fault of the folder is a bug: it ends the thread and is told with its stack.
    if (!(error instanceof StorageError)) throw error
    return { refused: error.message }
  }
}

/** A command like `fanfare key create` has the folder for some ms: no reason for a server not to start. */
const patience = 1_000

const desks: Record<Opening['open'], (opening: Opening) => Desk> = {
  write({ folder, dev }) {
    const { db, lock } = openFolder(folder, dev, undefined, patience)
    const writing = writer(db, () => openWriter(databasePath(folder)), procedures)
    return writingDesk(writing, lock.release)
  },
  ledger({ folder, dev }) {
    const reopen = () => openWriter(ledgerPath(folder))
    const db = openLedger(folder, dev)
    return writingDesk(writer(db, reopen, crashProcedures, { records: false }), () => {})
  },
  read: readingDesk,
  audit({ folder }) {
    const db = openLedgerReader(folder)
    const audits: Procedures = { audit: () => auditLedger(db) }
    return {
      run: (calls) => ({
        answers: calls.map((call) => runRead(db, audits, call)),
        messages: [],
        fault: null,
      }),
      stop: () => db.close(true),
    }
  },
}

function writingDesk(writing: Writer, release: () => void): Desk {
  return {
    run(calls) {
      const outcome = writing.run(calls)
      const { answers, fault } = outcome
      return { answers, messages: fold(calls, outcome), fault }
    },
    stop() {
      writing.close()
      release()
    },
  }
}

function readingDesk({ folder, ledger = false }: Opening): Desk {
  const db = openReader(databasePath(folder))
  const ledgerDb = ledger ? openReader(ledgerPath(folder)) : null
  return {
    run: (calls) => ({
      answers: calls.map((call) =>
        ledgerDb !== null && isOfLedger(call[0])
          ? runRead(ledgerDb, crashProcedures, call)
          : runRead(db, procedures, call),
      ),
      messages: [],
      fault: null,
    }),
    stop() {
      db.close(true)
      ledgerDb?.close(true)
    },
  }
}
