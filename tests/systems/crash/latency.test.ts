import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { slowLine } from '../../../src/systems/crash/latency.ts'
import { fakeClock } from '../../clock.ts'

/** From 0 up to but not 1. */
const chances = fc.double({ min: 0, max: 0.999, noNaN: true })

test('K31: a slow line takes between delay − jitter and delay + jitter, and nothing overtakes anything', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 200 }), chances), {
        minLength: 1,
        maxLength: 50,
      }),
      (frames) => {
        const clock = fakeClock()
        let chance = 0
        const line = slowLine({ delay: 80, jitter: 40 }, { clock, random: () => chance })
        const arrived: { index: number; at: number }[] = []
        const sent: number[] = []
        for (const [index, [pause, random]] of frames.entries()) {
          clock.advance(pause)
          sent.push(clock.elapsed())
          chance = random
          line(() => arrived.push({ index, at: clock.elapsed() }))
        }
        clock.advance(1_000)
        expect(arrived.map(({ index }) => index)).toEqual(frames.map((_, index) => index))
        let before = 0
        for (const { index, at } of arrived) {
          const own = sent[index]! + 80 + 40 * (2 * frames[index]![1] - 1)
          // Later than its own time only when it had to wait for the one before it.
          expect(at).toBeGreaterThanOrEqual(own - 1e-6)
          expect(at).toBeLessThanOrEqual(Math.max(own, before) + 1.001)
          before = at
        }
      },
    ),
  )
})

test('frames that came together leave together, however long the first was at work', () => {
  const clock = fakeClock()
  const line = slowLine({ delay: 80, jitter: 0 }, { clock, random: () => 0.5 })
  const arrived: number[] = []
  const began = clock.elapsed()
  line(() => arrived.push(clock.elapsed() - began), began)
  clock.advance(80)
  line(() => arrived.push(clock.elapsed() - began), began)
  clock.advance(1)
  expect(arrived).toEqual([80, 81])
})
