import type { Stop } from './clock.ts'
import type { Fields, LogLevel } from './log.ts'
import { createRing } from './ring.ts'

/** What was thrown: its message, and its stack where it has one. */
export interface Fault {
  readonly message: string
  readonly stack?: string
}

/** One entry of the log before it is a line; `at` in epoch ms. */
export interface Entry {
  readonly at: number
  readonly level: LogLevel
  readonly event: string
  readonly fields?: Fields | undefined
  readonly fault?: Fault
}

/** The end of a log: what was written last, for who looks later. */
export interface Tail {
  put(entry: Entry): void
  /** The last 1,000, oldest first. */
  last(): readonly Entry[]
  /** Hears of each entry from now on; must not throw and must not log. */
  follow(follower: (entry: Entry) => void): Stop
}

const mostKept = 1_000

/** The end of a log without entries. */
export function createTail(): Tail {
  const ring = createRing<Entry>(mostKept)
  const followers = new Set<(entry: Entry) => void>()
  return {
    put(entry) {
      ring.push(entry)
      if (followers.size > 0) for (const follower of [...followers]) follower(entry)
    },
    last: () => [...ring],
    follow(follower) {
      followers.add(follower)
      return () => void followers.delete(follower)
    },
  }
}
