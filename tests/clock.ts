import type { Clock, Stop } from '../src/core/clock.ts'

/** Time that moves only when a test says so. */
export interface FakeClock extends Clock {
  /** Moves both times forward and runs what falls due on the way, in order, each at its own instant. The first error of a run is thrown at the end. */
  advance(ms: number): void
  /** Moves wall time alone, as a corrected system clock does: no timer notices. */
  jump(ms: number): void
  /** Moves both times forward and runs nothing, as a loop that is held up: what fell due runs late, with the next `advance`. */
  stall(ms: number): void
}

interface Timer {
  due: number
  readonly order: number
  readonly interval: number | null
  readonly run: () => void
}

/** A clock that stands still at `startMs` (epoch ms); its monotonic time starts elsewhere so that the two cannot be mixed up. */
export function fakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  const timers = new Set<Timer>()
  let wall = startMs
  let elapsed = 1_000
  let order = 0

  function arm(ms: number, interval: number | null, run: () => void): Stop {
    const timer: Timer = { due: elapsed + Math.max(1, ms), order: order++, interval, run }
    timers.add(timer)
    return () => void timers.delete(timer)
  }

  function next(until: number): Timer | undefined {
    let found: Timer | undefined
    for (const timer of timers) {
      if (timer.due > until) continue
      const earlier = found === undefined || timer.due < found.due
      if (earlier || (timer.due === found?.due && timer.order < found.order)) found = timer
    }
    return found
  }

  function move(to: number): void {
    wall += to - elapsed
    elapsed = to
  }

  return {
    now: () => wall,
    elapsed: () => elapsed,
    every: (ms, run) => arm(ms, Math.max(1, ms), run),
    after: (ms, run) => arm(ms, null, run),
    jump(ms) {
      wall += ms
    },
    stall: (ms) => move(elapsed + ms),
    advance(ms) {
      const until = elapsed + ms
      const errors: unknown[] = []
      for (let timer = next(until); timer !== undefined; timer = next(until)) {
        // A timer that is due was armed before an earlier, nested advance moved past it.
        if (timer.due > elapsed) move(timer.due)
        if (timer.interval === null) timers.delete(timer)
        else timer.due += timer.interval
        try {
          timer.run()
        } catch (error) {
          errors.push(error)
        }
      }
      if (until > elapsed) move(until)
      if (errors.length > 0) throw errors[0]
    },
  }
}
