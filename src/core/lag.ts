import type { Clock, Stop } from './clock.ts'
import type { Metrics } from './metrics.ts'

const betweenMs = 1_000

/** Measures from now on how late timers run: for how long the one thread that serves everybody was busy with something else. */
export function measureLag(metrics: Metrics, clock: Clock): Stop {
  const lag = metrics.histogram(
    'loop_lag_seconds',
    'How late a timer ran, looked at once a second',
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  )
  let stop: Stop

  function wait(): void {
    const due = clock.elapsed() + betweenMs
    stop = clock.after(betweenMs, () => {
      lag.observe(Math.max(0, clock.elapsed() - due) / 1_000)
      wait()
    })
  }

  wait()
  return () => stop()
}
