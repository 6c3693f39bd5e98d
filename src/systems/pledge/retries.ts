import type { Clock } from '../../core/clock.ts'

/** When a lost exchange is tried again (P7): ms from now, at random. */
export interface Retries {
  /** A try begins; when the next one does, should this one hang. */
  began(): number
  /** The newest try has come to nothing. */
  failed(retry: 'now' | 'later'): number
  /** The connection that was in use is lost; `lasted` is how long it was ready. */
  lost(lasted: number): number
  /** A price has come: the outage is over. */
  over(): void
}

/** A connection that has lasted as long gives the quick tries back. */
const steadyMs = 60_000
/** So many tries come quickly. */
const quickTries = 2
const quickMs = 1_000
/** From the begin of one try to the next. With the quick ones and one of a roll-over that makes 20 in a minute at most, whatever the chance. */
const slowMs = { least: 3_600, most: 4_000 }
/** After so long an outage tries are further apart. */
const longOutageMs = 600_000
const longMs = { least: slowMs.least, most: 30_000 }

/**
 * The first tries come within 1 s and 2 s, the later ones 3.6 to 4 s after the one before has begun: an
 * exchange that comes back within 10 minutes is found within 4 s, even by who hangs at what it was before.
 * In longer outages they are up to 30 s apart. There are never more than 20 in a minute.
 */
export function createRetries(clock: Clock, random: () => number): Retries {
  let outageAt: number | null = clock.elapsed()
  let tries = 0
  let slowAt = 0

  function slow(): number {
    const now = clock.elapsed()
    outageAt ??= now
    const { least, most } = now - outageAt < longOutageMs ? slowMs : longMs
    return least + Math.floor(random() * (most - least))
  }

  function failed(retry: 'now' | 'later'): number {
    const left = Math.max(0, slowAt - clock.elapsed())
    if (tries > quickTries) return left
    return Math.min(left, retry === 'now' ? 0 : Math.floor(random() * quickMs * Math.max(tries, 1)))
  }

  return {
    failed,
    began() {
      tries++
      const wait = slow()
      slowAt = clock.elapsed() + wait
      return wait
    },
    lost(lasted) {
      if (lasted >= steadyMs) {
        tries = 0
        outageAt = null
      }
      // Everybody else has lost the exchange at the same instant.
      const spread = Math.floor(random() * quickMs)
      return tries > quickTries ? Math.max(spread, failed('later')) : spread
    },
    over() {
      outageAt = null
    },
  }
}
