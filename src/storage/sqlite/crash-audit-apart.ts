import type { Audit } from './crash-audit.ts'
import { StorageError } from './failure.ts'
import type { Batch } from './wire.ts'
import { startThread } from './worker.ts'

/** An audit at work on a thread of its own. */
export interface Apart {
  /** Rejects when the ledger cannot be read, and when it was ended. */
  readonly found: Promise<Audit>
  /** Gives it up at once. */
  end(): void
}

/** Audits the ledger of a data folder beside the server that writes it: nobody else's thread works for it, and its log of writes grows until it is done. */
export function auditApart(folder: string): Apart {
  const { promise: found, resolve, reject } = Promise.withResolvers<Audit>()
  function settle({ answers: [answer] }: Batch): void {
    if (answer !== undefined && 'ok' in answer) resolve(answer.ok as Audit)
    else reject(new StorageError('bug' in answer! ? answer.bug : 'The ledger cannot be read'))
  }
  const starting = startThread(
    { open: 'audit', folder, dev: false },
    { settle, died: (reason) => reject(new StorageError(reason)) },
    Promise.resolve(),
  )
  starting.then((thread) => thread.send('{"calls":[["audit",null]]}'), reject)
  const end = () => void starting.then((thread) => thread.end(), reject)
  found.then(end, end)
  return { found, end: () => reject(new StorageError('The audit was given up')) }
}
