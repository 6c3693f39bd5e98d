import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { bucket, createLimiter, type Rate } from '../../src/core/limiter.ts'
import { fakeClock } from '../clock.ts'

const rates = fc.record({
  perSecond: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.constantFrom(0.05, 1 / 3, 10 / 7)),
  burst: fc.integer({ min: 1, max: 50 }),
})
/** Ms between tries. */
const gaps = fc.array(fc.oneof(fc.constant(0), fc.nat(50), fc.nat(2_000)), { maxLength: 200 })

/** Whether some window holds more than the burst and what came in during it. */
function exceeds(taken: readonly number[], { perSecond, burst }: Rate): boolean {
  return taken.some((start, first) =>
    taken.slice(first).some((end, offset) => {
      return offset + 1 > burst + ((end - start) * perSecond) / 1_000 + 1e-6
    }),
  )
}

describe('the limiter', () => {
  test('never lets through more than burst + rate · t in any window', () => {
    fc.assert(
      fc.property(rates, gaps, (rate, waits) => {
        const clock = fakeClock()
        const limiter = createLimiter(clock, { max: 10 })
        const single = bucket(clock.elapsed())
        const taken: number[] = []
        for (const wait of waits) {
          clock.advance(wait)
          const allowed = limiter.take('k', rate) === 0
          expect(single.take(clock.elapsed(), rate)).toBe(allowed)
          if (allowed) taken.push(clock.elapsed())
        }
        expect(exceeds(taken, rate)).toBe(false)
      }),
    )
  })

  test('gives the whole burst at once and says exactly how long to wait for the next', () => {
    fc.assert(
      fc.property(rates, (rate) => {
        const clock = fakeClock()
        const limiter = createLimiter(clock, { max: 10 })
        for (let n = 0; n < rate.burst; n++) expect(limiter.take('k', rate)).toBe(0)
        const wait = limiter.take('k', rate)
        expect(wait).toBeCloseTo(1_000 / rate.perSecond, 3)
        clock.advance(wait * 0.99)
        expect(limiter.take('k', rate)).toBeGreaterThan(0)
        clock.advance(wait * 0.01 + 1e-6)
        expect(limiter.take('k', rate)).toBe(0)
      }),
    )
  })

  test('a refused try costs nothing, so that a client that waits as told gets in', () => {
    const clock = fakeClock()
    const limiter = createLimiter(clock, { max: 10 })
    const rate = { perSecond: 1, burst: 1 }
    limiter.take('k', rate)
    for (let n = 0; n < 1_000; n++) expect(limiter.take('k', rate)).toBeGreaterThan(0)
    clock.advance(1_000)
    expect(limiter.take('k', rate)).toBe(0)
  })

  test('one key does not use up what another has', () => {
    const limiter = createLimiter(fakeClock(), { max: 10 })
    const rate = { perSecond: 1, burst: 1 }
    expect(limiter.take('a', rate)).toBe(0)
    expect(limiter.take('a', rate)).toBeGreaterThan(0)
    expect(limiter.take('b', rate)).toBe(0)
  })

  test('a jump of the wall clock neither frees nor blocks anybody', () => {
    const clock = fakeClock()
    const limiter = createLimiter(clock, { max: 10 })
    const rate = { perSecond: 1, burst: 1 }
    limiter.take('k', rate)
    clock.jump(86_400_000)
    expect(limiter.take('k', rate)).toBeCloseTo(1_000, 3)
    clock.jump(-2 * 86_400_000)
    expect(limiter.take('k', rate)).toBeCloseTo(1_000, 3)
  })

  test('a rate of nothing gives its burst and then finite waits, since Retry-After must be a number', () => {
    const limiter = createLimiter(fakeClock(), { max: 10 })
    expect(limiter.take('k', { perSecond: 0, burst: 1 })).toBe(0)
    const wait = limiter.take('k', { perSecond: 0, burst: 1 })
    expect(wait).toBeGreaterThan(0)
    expect(wait).toBeLessThan(Infinity)
    expect(limiter.take('other', { perSecond: 0, burst: 0 })).toBeGreaterThan(0)
  })

  test('remembers no more keys than it may, whoever invents them', () => {
    const limiter = createLimiter(fakeClock(), { max: 100 })
    for (let n = 0; n < 10_000; n++) {
      limiter.take(`k${n}`, { perSecond: 0.001, burst: 2 })
      expect(limiter.size).toBeLessThanOrEqual(100)
    }
  })

  test('forgets keys whose bucket is full again while new ones come', () => {
    const clock = fakeClock()
    const limiter = createLimiter(clock, { max: 1_000_000 })
    const rate = { perSecond: 10, burst: 10 }
    for (let n = 0; n < 1_000; n++) limiter.take(`old${n}`, rate)
    clock.advance(1_000)
    for (let n = 0; n < 500; n++) limiter.take(`new${n}`, rate)
    expect(limiter.size).toBe(500)
  })

  test('a full map forgets idle keys first, so that inventing keys does not free a flooder', () => {
    const clock = fakeClock()
    const limiter = createLimiter(clock, { max: 50 })
    const slow = { perSecond: 0.01, burst: 1 }
    expect(limiter.take('flooder', slow)).toBe(0)
    for (let n = 0; n < 5_000; n++) {
      limiter.take(`passer-by ${n}`, { perSecond: 100, burst: 100 })
      clock.advance(1)
    }
    expect(limiter.take('flooder', slow)).toBeGreaterThan(0)
  })
})
