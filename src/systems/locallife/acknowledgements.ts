import type { Log } from '../../core/log.ts'
import type { Inbox } from './inbox.ts'

/** Acknowledgements on their way to the store. */
export interface Acknowledgements {
  /** Takes one; of what is no message id, and of what is too much, nothing is kept: its notice is told again. */
  take(user: string, id: string): void
  /** Resolves when all that were taken before are kept, or lost. */
  flushed(): Promise<void>
}

/** Most of them in one write, so that nobody waits long for it, and most that wait. */
const atOnce = 500
const mostWaiting = 20_000

/** Gathers acknowledgements while a write is under way: thousands share a commit, none costs one of its own. */
export function gatherAcknowledgements(
  inbox: Pick<Inbox, 'acknowledge'>,
  log: Log,
): Acknowledgements {
  let waiting: (readonly [string, string])[] = []
  let flying: Promise<void> | null = null

  async function fly(): Promise<void> {
    while (waiting.length > 0) {
      const some = waiting.slice(0, atOnce)
      waiting = waiting.slice(atOnce)
      await inbox.acknowledge(some).catch((error: unknown) => {
        log.warn('acknowledgements lost', { count: some.length, reason: String(error) })
      })
    }
    flying = null
  }

  return {
    take(user, id) {
      if (!messageId.test(id) || waiting.length >= mostWaiting) return
      waiting.push([user, id])
      flying ??= fly()
    },
    async flushed() {
      await flying
    },
  }
}

const messageId = /^\d{1,15}$/
