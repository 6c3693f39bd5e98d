import type { Clock, Stop } from './clock.ts'
import type { Message } from './store.ts'

/** Lets the newest message of a channel through in place of those before it, at most one in `everyMs`. */
export interface Newest {
  /** The first one after silence goes at once; of those that come too soon the last one goes when it is time. */
  take(message: Message): void
}

interface Lane {
  /** Monotonic ms: when the last one was due, so that a late timer does not put off all that follow. */
  dueAt: number
  waiting: Message | null
  stop: Stop | null
}

/** Tells each channel's messages at its own pace. */
export function createNewest(
  clock: Clock,
  everyMs: number,
  tell: (message: Message) => void,
): Newest {
  const lanes = new Map<string, Lane>()

  function pass(lane: Lane, dueAt: number, message: Message): void {
    lane.dueAt = dueAt
    lane.waiting = null
    lane.stop = null
    tell(message)
  }

  return {
    take(message) {
      const now = clock.elapsed()
      const lane = lanes.get(message.channel) ?? { dueAt: -Infinity, waiting: null, stop: null }
      lanes.set(message.channel, lane)
      const dueAt = lane.dueAt + everyMs
      if (lane.stop === null && now >= dueAt) return pass(lane, now, message)
      lane.waiting = message
      lane.stop ??= clock.after(dueAt - now, () => pass(lane, dueAt, lane.waiting ?? message))
    },
  }
}
