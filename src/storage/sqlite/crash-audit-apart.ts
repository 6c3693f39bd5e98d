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
  let end = () => {}
  let ended = false
  function settle({ answers: [answer] }: Batch): void {
    if (answer !== undefined && 'ok' in answer) resolve(answer.ok as Audit)
    else reject(new StorageError('bug' in answer! ? answer.bug : 'The ledger cannot be read'))
    end()
  }
  startThread(
    { open: 'audit', folder, dev: false },
    { settle, died: (reason) => reject(new StorageError(reason)) },
    Promise.resolve(),
  ).then((thread) => {
    end = thread.end
    if (ended) end()
    else thread.send('{"calls":[["audit",null]]}')
  }, reject)
  return {
    found,
    end() {
      ended = true
      reject(new StorageError('The audit was given up'))
      end()
    },
  }
}
