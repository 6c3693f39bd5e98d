import { expect, test } from 'bun:test'
import type { Clock } from '../../../src/core/clock.ts'
import { fly } from '../../../src/systems/crash/flight.ts'
import { fakeClock } from '../../clock.ts'

/** What a flight of `ms` tells, each with the monotonic ms at which it does. */
function flown(ms: number, tick: number, early = 0) {
  const clock = fakeClock(0)
  const takeoff = clock.elapsed()
  const told: [string | number, number][] = []
  const hasty: Clock = { ...clock, after: (wait, run) => clock.after(wait - early, run) }
  fly({
    ...{ clock: hasty, tick, takeoff, crashAt: takeoff + ms },
    ticked: (elapsed) => told.push([elapsed, clock.elapsed() - takeoff]),
    crashed: () => told.push(['crashed', clock.elapsed() - takeoff]),
  })
  for (let at = 0; at < ms + tick; at += 0.5) clock.advance(0.5)
  return told
}

test('a tick that is due at the very instant of the crash is not told (K15)', () => {
  expect(flown(100, 50)).toEqual([
    [50, 50],
    ['crashed', 100],
  ])
  // Here its timer goes off before that of the crash.
  expect(flown(50, 50)).toEqual([['crashed', 50]])
})

test('timers that go off too early tell nothing early: no tick, and above all no crash', () => {
  const told = flown(120, 50, 0.5)
  expect(told.map(([what]) => what)).toEqual([50, 100, 'crashed'])
  for (const [what, at] of told)
    expect(at).toBeGreaterThanOrEqual(what === 'crashed' ? 120 : Number(what))
})
