import type { Clock } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'

/** What insisting works with. */
export interface InsistParts {
  readonly clock: Clock
  readonly log: Log
  /** Whether it is time to give up. */
  readonly quits: () => boolean
}

const firstMs = 100
const longestMs = 1_000

/** How long to wait after so many failures in a row, ms: what failed is back within a second of the disk. */
export function retryWait(failures: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(failures, 10))
}

/** Does what must be written until it is; throws what it failed with last when it gives up. It must be safe to repeat. `what` names it in the log, null keeps it out of there. */
export async function insist<Result>(
  { clock, log, quits }: InsistParts,
  what: string | null,
  write: () => Promise<Result>,
): Promise<Result> {
  for (let failures = 0; ; failures++) {
    try {
      const result = await write()
      if (failures > 0 && what !== null) log.info(`${what} written`, { system: 'crash', failures })
      return result
    } catch (error) {
      if (quits()) throw error
      if (failures === 0 && what !== null) noteFailure(log, what, error)
      await new Promise<void>((resolve) => void clock.after(retryWait(failures), resolve))
    }
  }
}

/** Whether the disk failed, so that nobody knows what was written: asking again tells. */
export function isUnknown(error: unknown): boolean {
  return error instanceof Refusal && error.code === 'STORE_UNAVAILABLE'
}

/** Whether the same will work later, when the disk works or the queue is shorter. */
export function isTemporary(error: unknown): boolean {
  return isUnknown(error) || (error instanceof Refusal && error.code === 'OVERLOADED')
}

/** One line for a write that fails: what the disk refuses is a warning, anything else a bug. */
export function noteFailure(log: Log, what: string, error: unknown): void {
  const fields = { system: 'crash' }
  if (!(error instanceof Refusal)) return log.error(`${what} not written`, error, fields)
  log.warn(`${what} not written`, { ...fields, reason: error.message })
}
