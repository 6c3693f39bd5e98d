import type { Clock, Stop } from './clock.ts'
import type { Message } from './store.ts'

/** Lets the newest message of a channel through in place of those before it, at most one in `everyMs`. */
export interface Newest {
  /**
   * The first one after silence goes at once; of those that come too soon the last one goes when it is time.
   * What comes at that very pace is not put off for good by one that was late: it goes four fifths of
   * `everyMs` after the one before, until it goes when it comes.
   */
  take(message: Message): void
}

interface Lane {
  /** Monotonic ms of the last one that came, and of the last one that went. */
  cameAt: number
  wentAt: number
  waiting: Waiting | null
}

interface Waiting {
  message: Message
  /** Monotonic ms. */
  readonly goesAt: number
  readonly stop: Stop
}

const leastShare = 0.8
/** Two that came this much nearer than `everyMs` still came at its pace, ms. */
const jitter = 1

/** Tells each channel's messages at its own pace. */
export function createNewest(
  clock: Clock,
  everyMs: number,
  tell: (message: Message) => void,
): Newest {
  const lanes = new Map<string, Lane>()

  function pass(lane: Lane, message: Message): void {
    lane.wentAt = clock.elapsed()
    lane.waiting = null
    tell(message)
  }

  function wait(lane: Lane, goesAt: number, message: Message): void {
    lane.waiting?.stop()
    const stop = clock.after(goesAt - clock.elapsed(), () => pass(lane, waiting.message))
    const waiting: Waiting = { message, goesAt, stop }
    lane.waiting = waiting
  }

  return {
    take(message) {
      const now = clock.elapsed()
      const lane = lanes.get(message.channel) ?? { cameAt: now, wentAt: -Infinity, waiting: null }
      lanes.set(message.channel, lane)
      const { waiting } = lane
      // What has to give way keeps the whole distance, and so does who comes faster than may be told.
      const paced = waiting === null && now - lane.cameAt >= everyMs - jitter
      lane.cameAt = now
      const goesAt = lane.wentAt + (paced ? leastShare : 1) * everyMs
      if (waiting === null && now >= goesAt) return pass(lane, message)
      if (waiting === null || waiting.goesAt < goesAt) return wait(lane, goesAt, message)
      waiting.message = message
    },
  }
}
