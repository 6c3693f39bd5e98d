/** Stops what `every` or `after` began; calling it again does nothing. */
export type Stop = () => void

/** Time, injected everywhere. This file alone may touch the runtime's clock and timers. */
export interface Clock {
  /** Wall time in epoch ms; may jump. For stamps, tokens and expiry. */
  now(): number
  /** Monotonic time in ms; never jumps. For timers, limits and multipliers. */
  elapsed(): number
  /** Runs `run` every `ms` ms until stopped; a run that throws does not end the series. */
  every(ms: number, run: () => void): Stop
  /** Runs `run` once, `ms` ms from now, unless stopped before. */
  after(ms: number, run: () => void): Stop
}

/** The machine's own clock. Its timers do not keep a process alive. */
export function systemClock(): Clock {
  return {
    now: Date.now,
    elapsed: () => performance.now(),
    every(ms, run) {
      if (ms > longestTimer) return seldom(ms, run)
      const timer = setInterval(run, ms)
      timer.unref()
      return () => clearInterval(timer)
    },
    after: once,
  }
}

/** The runtime ends a longer wait at once. */
const longestTimer = 2 ** 31 - 1

function once(ms: number, run: () => void): Stop {
  let timer: ReturnType<typeof setTimeout>
  function arm(left: number): void {
    const leg = Math.min(Math.max(left, 0), longestTimer)
    timer = setTimeout(() => (left > leg ? arm(left - leg) : run()), leg)
    timer.unref()
  }
  arm(ms)
  return () => clearTimeout(timer)
}

function seldom(ms: number, run: () => void): Stop {
  let stop: Stop
  function again(): void {
    stop = once(ms, again)
    run()
  }
  stop = once(ms, again)
  return () => stop()
}
