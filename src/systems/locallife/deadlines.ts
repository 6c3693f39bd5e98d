import type { Clock, Stop } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Orders } from './orders.ts'

/** What watches over payment deadlines. */
export interface DeadlineParts {
  readonly orders: Pick<Orders, 'expire'>
  readonly clock: Clock
  readonly log: Log
}

/** How often it is looked for orders whose time is over, ms. */
const lookMs = 1_000
/** So many end in one piece of work, so that nobody waits long for it after an outage. */
const slice = 100

/** Ends unpaid orders within a second or two of their deadline, also those whose time ran out while no server ran; the platform is alerted of each (L18). */
export function startDeadlines({ orders, clock, log }: DeadlineParts): Stop {
  let looking = false
  let failing = false
  let stopped = false

  async function look(): Promise<void> {
    looking = true
    try {
      while (!stopped && (await orders.expire(clock.now(), slice)) === slice);
      failing = false
    } catch (error) {
      // The next look tries again: a store that is away for an hour is worth one line.
      if (!failing && !stopped) log.error('deadlines failed', error)
      failing = true
    }
    looking = false
  }

  const stop = clock.every(lookMs, () => {
    if (!looking) void look()
  })
  return () => {
    stopped = true
    stop()
  }
}
