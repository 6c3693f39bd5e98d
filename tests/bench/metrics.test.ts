import { expect, test } from 'bun:test'
import { sumsOf } from '../../src/bench/metrics.ts'
import { createMetrics } from '../../src/core/metrics.ts'

test('what the server tells of itself is read by name, series added up, and what is not there is not there', () => {
  const metrics = createMetrics()
  const told = metrics.counter('told_total', 'Told "again" {x} 9', ['system'])
  told('dcs').inc(3)
  told('locallife').inc(4)
  metrics.gauge('acks_pending', 'Waiting')().set(12.5)
  metrics.histogram('store_commit_seconds', 'Commits', [0.1]).observe(0.5)
  const sums = sumsOf(metrics.text())
  expect(sums.get('fanfare_told_total')).toBe(7)
  expect(sums.get('fanfare_told_total{system="locallife"}')).toBe(4)
  expect(sums.get('fanfare_acks_pending')).toBe(12.5)
  expect(sums.get('fanfare_store_commit_seconds_count')).toBe(1)
  expect(sums.get('fanfare_told')).toBeUndefined()
})
