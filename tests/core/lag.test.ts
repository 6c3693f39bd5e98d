import { expect, test } from 'bun:test'
import { measureLag } from '../../src/core/lag.ts'
import { createMetrics } from '../../src/core/metrics.ts'
import { fakeClock } from '../clock.ts'

test('a loop that is held up is seen by how late its timer runs, and one that is not by nothing', () => {
  const clock = fakeClock()
  const metrics = createMetrics()
  const stop = measureLag(metrics, clock)
  clock.advance(3_000)
  expect(metrics.text()).toContain('fanfare_loop_lag_seconds_bucket{le="0.001"} 3\n')
  clock.stall(1_200)
  clock.advance(0)
  expect(metrics.text()).toContain('fanfare_loop_lag_seconds_bucket{le="0.1"} 3\n')
  expect(metrics.text()).toContain('fanfare_loop_lag_seconds_bucket{le="0.25"} 4\n')
  expect(metrics.text()).toContain('fanfare_loop_lag_seconds_sum 0.2\n')
  clock.advance(1_000)
  stop()
  clock.advance(5_000)
  expect(metrics.text()).toContain('fanfare_loop_lag_seconds_count 5\n')
})
