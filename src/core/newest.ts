import type { Clock, Stop } from './clock.ts'
import type { Message } from './store.ts'

/** Lets the newest message of a channel through in place of those before it, at most one in `everyMs`. */
export interface Newest {
  /**
   * The first one after silence goes at once; of those that come too soon the last one goes when it is time.
   * One that was held up on its way by less than `everyMs` puts off none that follows: as long as none has to
   * give way, the next one goes after four fifths of `everyMs`, until all are as they would have been.
   */
  take(message: Message): void
}

interface Lane {
  /** Monotonic ms: when the last one was due, so that neither a late timer nor a late message puts off all that follow. */
  dueAt: number
  /** Monotonic ms: when the last one went, or was to go where a timer was late. */
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

/** Tells each channel's messages at its own pace. */
export function createNewest(
  clock: Clock,
  everyMs: number,
  tell: (message: Message) => void,
): Newest {
  const lanes = new Map<string, Lane>()

  function laneOf(channel: string): Lane {
    const lane = lanes.get(channel) ?? { dueAt: -Infinity, wentAt: -Infinity, waiting: null }
    lanes.set(channel, lane)
    return lane
  }

  function pass(lane: Lane, dueAt: number, wentAt: number, message: Message): void {
    lane.dueAt = dueAt
    lane.wentAt = wentAt
    lane.waiting = null
    tell(message)
  }

  function wait(lane: Lane, dueAt: number, goesAt: number, message: Message): void {
    const stop = clock.after(goesAt - clock.elapsed(), () => {
      pass(lane, dueAt, goesAt, waiting.message)
    })
    const waiting: Waiting = { message, goesAt, stop }
    lane.waiting = waiting
  }

  /** More come than may be told, and so they keep the whole distance. */
  function giveWay(lane: Lane, waiting: Waiting, message: Message): void {
    waiting.message = message
    const goesAt = lane.wentAt + everyMs
    if (goesAt <= waiting.goesAt) return
    waiting.stop()
    wait(lane, goesAt, goesAt, message)
  }

  return {
    take(message) {
      const now = clock.elapsed()
      const lane = laneOf(message.channel)
      if (lane.waiting !== null) return giveWay(lane, lane.waiting, message)
      const dueAt = lane.dueAt + everyMs
      const goesAt = Math.max(dueAt, lane.wentAt + leastShare * everyMs)
      if (now < goesAt) return wait(lane, dueAt, goesAt, message)
      pass(lane, now - dueAt < everyMs ? dueAt : now, now, message)
    },
  }
}
