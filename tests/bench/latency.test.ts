import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createLatencies } from '../../src/bench/latency.ts'

const values = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 500 })

function filled(all: readonly number[]) {
  const latencies = createLatencies()
  for (const value of all) latencies.add(value)
  return latencies
}

test('a percentile is never below the true one and at most 1.6 % above it, so that goals are judged fairly', () => {
  fc.assert(
    fc.property(values, fc.constantFrom(0, 0.5, 0.9, 0.99, 1), (all, p) => {
      const sorted = all.toSorted((a, b) => a - b)
      const truth = sorted[Math.max(1, Math.ceil(all.length * p)) - 1]!
      const told = filled(all).percentile(p)
      expect(told).toBeGreaterThanOrEqual(truth)
      expect(told).toBeLessThanOrEqual(truth * (1 + 1 / 64))
    }),
  )
})

test('latencies of several processes put together are those of one that saw all', () => {
  fc.assert(
    fc.property(values, values, (here, there) => {
      const merged = filled(here)
      merged.merge(filled(there).counted())
      const whole = filled([...here, ...there])
      expect(merged.count).toBe(whole.count)
      expect(merged.max).toBe(whole.max)
      for (const p of [0.5, 0.99]) expect(merged.percentile(p)).toBe(whole.percentile(p))
    }),
  )
})

test('the maximum is exact and the top percentile does not pass it', () => {
  const latencies = filled([100, 1_000_001])
  expect(latencies.max).toBe(1_000_001)
  expect(latencies.percentile(1)).toBe(1_000_001)
})

test('a receipt that seems to precede its call counts as nought, since two clocks differ by some µs', () => {
  const latencies = filled([-5])
  expect([latencies.count, latencies.max, latencies.percentile(0.5)]).toEqual([1, 0, 0])
})

test('without values there is nothing to tell', () => {
  expect(createLatencies().percentile(0.99)).toBe(0)
})
