import type { Clock, Stop } from '../../core/clock.ts'
import type { Channels } from '../../core/hub.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import type { Inbox, Notice } from './inbox.ts'

/** What telling again works with; times in ms. */
export interface RedeliveryParts {
  readonly inbox: Inbox
  readonly channels: Pick<Channels, 'repeat' | 'listeners'>
  readonly acknowledgements: Pick<Acknowledgements, 'flushed'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly redeliverAfter: number
  readonly redeliverTimes: number
  readonly noticeTtl: number
}

/** Notices that are marked in one write. */
const atOnce = 500
/** Bytes that one user is told again in a second: all of 200 long notices at once would fill the backlog of whoever reads well. */
const bytesAtOnce = 131_072
/** Counting what waits looks at every row: it may take one part in so many of the time. */
const countShare = 50

/** Once a second: tells again what was not acknowledged (L12), drops what is too old, counts what waits. */
export function startRedelivery(parts: RedeliveryParts): Stop {
  const { inbox, clock, log, metrics } = parts
  const redelivered = metrics.counter('redelivered_total', 'Notices told again to a connection')()
  const pending = metrics.gauge('acks_pending', 'Notices that wait for an acknowledgement')()
  let countAt = 0
  let running = false
  let again = false
  let stopped = false

  async function round(): Promise<void> {
    const now = clock.now()
    while (!stopped && (await tellDue(parts, now, (count) => redelivered.inc(count))));
    const began = clock.elapsed()
    if (stopped || began < countAt) return
    pending.set(await inbox.count())
    countAt = began + countShare * (clock.elapsed() - began)
  }

  /** A second that finds the one before at work has its turn after it. */
  async function run(): Promise<void> {
    again = true
    if (running) return
    running = true
    while (again && !stopped) {
      again = false
      await round().catch((error: unknown) => {
        if (!stopped) log.warn('redelivery failed', { reason: String(error) })
      })
    }
    running = false
  }

  const stop = clock.every(1_000, () => void run())
  return () => {
    stopped = true
    stop()
  }
}

/** Tells one part of what is due; true when there may be more. */
async function tellDue(
  { inbox, channels, acknowledgements, clock, ...parts }: RedeliveryParts,
  now: number,
  told: (count: number) => void,
): Promise<boolean> {
  const since = now - parts.noticeTtl
  const toldBefore = now - parts.redeliverAfter
  // Others record meanwhile: told a moment after the round began is not told in the future.
  const toldAfter = clock.now() + parts.redeliverAfter
  const { notices, stale } = await inbox.due({ toldBefore, toldAfter, since, limit: atOnce })
  const more = stale && (await inbox.expire(since))
  if (notices.length === 0) return more
  // What was acknowledged a moment ago must not be told once more.
  await acknowledgements.flushed()
  const times = parts.redeliverTimes
  const listens = ([user]: Notice) => times > 0 && channels.listeners([`user:${user}`]) > 0
  const messages = await inbox.retell({
    now,
    times,
    present: notices.filter(listens),
    absent: notices.filter((notice) => !listens(notice)),
    bytes: bytesAtOnce,
    // Not due any more in this round, and due in the next.
    heldAt: toldBefore + 1,
  })
  for (const message of messages) channels.repeat(message)
  told(messages.length)
  return more || notices.length === atOnce
}
