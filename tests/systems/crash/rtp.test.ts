import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { outcomes, pointOf, waysAtLeast } from '../../../src/systems/crash/draw.ts'

const cap = 100_000_000
const rtps = [9_900, 9_700, 9_600, 10_000, 5_000]

test('P(X >= x) is RTP / x at every hundredth up to 1000.00, to the last of the 2^52 outcomes', () => {
  for (const rtp of rtps) {
    for (let point = 101; point <= 100_000; point++) {
      const ways = waysAtLeast(point, rtp)
      // Exactly RTP / x of 2^52, rounded down to whole outcomes: short by less than one of them.
      const short = BigInt(rtp) * outcomes - ways * 100n * BigInt(point)
      if (short < 0n || short >= 100n * BigInt(point)) throw new Error(`${rtp} at ${point}`)
    }
  }
})

test('what is counted is what is drawn: one outcome further the point is below x', () => {
  fc.assert(
    fc.property(fc.integer({ min: 101, max: cap }), fc.constantFrom(...rtps), (point, rtp) => {
      const ways = waysAtLeast(point, rtp)
      // The largest outcomes win: those from 2^52 − ways on.
      expect(pointOf(outcomes - ways, rtp, cap)).toBeGreaterThanOrEqual(point)
      expect(pointOf(outcomes - ways - 1n, rtp, cap)).toBeLessThan(point)
    }),
    { numRuns: 5_000 },
  )
})

test('the edge is the same at every target, so that no way of playing is better or worse than another', () => {
  for (const rtp of rtps) {
    for (const target of [101, 110, 150, 200, 1_000, 12_345, cap]) {
      const returned = (Number(waysAtLeast(target, rtp)) / Number(outcomes)) * target
      expect(Math.abs(returned - rtp / 100)).toBeLessThan(1e-6)
    }
  }
})

test('nothing crashes below 1.00, and the share that crashes there is what the house keeps', () => {
  expect(waysAtLeast(100, 9_700)).toBe(outcomes)
  expect(waysAtLeast(1, 9_700)).toBe(outcomes)
  const below = 1 - Number(waysAtLeast(101, 9_700)) / Number(outcomes)
  expect(below).toBeCloseTo(1 - 0.97 / 1.01, 12)
})
