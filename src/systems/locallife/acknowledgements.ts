import type { Clock, Stop } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Inbox } from './inbox.ts'

/** Acknowledgements on their way to the store. */
export interface Acknowledgements {
  /** Takes one; of what is no message id, and of what is too much, nothing is kept: its notice is told again. */
  take(user: string, id: string): void
  /** Resolves when all that were taken before are kept, or lost; with a user: at once when none of them is that user's. */
  flushed(user?: string): Promise<void>
}

/** What gathering works with. */
export interface GatheringParts {
  readonly inbox: Pick<Inbox, 'acknowledge'>
  readonly clock: Clock
  readonly log: Log
}

/** Most of them in one write, so that nobody waits long for it, and most that wait. */
const atOnce = 500
const mostWaiting = 20_000
/** Ms for which the first one waits for company: at an even rate each would have a commit of its own, with its fsync. */
const gatherMs = 100

type Acknowledgement = readonly [user: string, id: string]

/** Gathers acknowledgements, so that thousands share a commit. */
export function gatherAcknowledgements({ inbox, clock, log }: GatheringParts): Acknowledgements {
  let waiting: Acknowledgement[] = []
  let flight: readonly Acknowledgement[] = []
  let taken = 0
  let written = 0
  let flying: Promise<void> | null = null
  let timer: Stop | null = null

  async function fly(): Promise<void> {
    do {
      flight = waiting.slice(0, atOnce)
      waiting = waiting.slice(atOnce)
      const count = flight.length
      await inbox.acknowledge(flight).catch((error: unknown) => {
        log.warn('acknowledgements lost', { count, reason: String(error) })
      })
      written += count
    } while (waiting.length >= atOnce)
    flight = []
    flying = null
    if (waiting.length > 0) timer ??= clock.after(gatherMs, start)
  }

  function start(): void {
    timer?.()
    timer = null
    flying ??= fly()
  }

  return {
    take(user, id) {
      if (!messageId.test(id) || waiting.length >= mostWaiting) return
      waiting.push([user, id])
      taken++
      if (waiting.length >= atOnce) start()
      else if (flying === null) timer ??= clock.after(gatherMs, start)
    },
    async flushed(user) {
      const own = ([owner]: Acknowledgement) => owner === user
      if (user !== undefined && !flight.some(own) && !waiting.some(own)) return
      const all = taken
      while (written < all) {
        start()
        await flying
      }
    },
  }
}

const messageId = /^[1-9]\d{0,14}$/
