import { systemClock, type Clock } from '../core/clock.ts'

/** The clock of the bench; its timers keep no process alive, open sockets and pipes do. */
export const clock: Clock = systemClock()

const ticks = 5

/**
 * Wall time in µs, comparable between the processes of one machine to about 10 µs.
 * The wall clock shows whole ms, so its edges are sought: each edge places the monotonic clock, and the latest place is the truest.
 */
export function wallMicros(): number {
  return Math.round((offset + clock.elapsed()) * 1000)
}

const offset = findOffset()

function findOffset(): number {
  let best = -Infinity
  for (let tick = 0; tick < ticks; tick++) {
    const before = clock.now()
    let now = before
    while (now === before) now = clock.now()
    best = Math.max(best, now - clock.elapsed())
  }
  return best
}

/** Resolves after `ms`. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}

/** Waits until `done` holds, looking every `everyMs`; false when `patienceMs` have passed first. */
export async function until(
  done: () => boolean | Promise<boolean>,
  patienceMs: number,
  everyMs = 5,
): Promise<boolean> {
  const end = clock.elapsed() + patienceMs
  while (!(await done())) {
    if (clock.elapsed() > end) return false
    await sleep(everyMs)
  }
  return true
}
