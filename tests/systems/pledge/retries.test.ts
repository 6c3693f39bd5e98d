import { expect, test } from 'bun:test'
import { createRetries } from '../../../src/systems/pledge/retries.ts'
import { fakeClock } from '../../clock.ts'

const minute = 60_000

/** Numbers that look like chance, the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const chances: readonly [string, () => number][] = [
  ['always least', () => 0],
  ['always most', () => 1 - Number.EPSILON],
  ...[1, 2, 3, 4, 5].map((seed) => [`seed ${seed}`, seeded(seed)] as [string, () => number]),
]

/** How a try goes: ms until it ends, and whether it was ready before. */
type Trial = (n: number) => {
  readonly ends: number
  readonly ready?: boolean
  readonly now?: boolean
}

const trials: readonly [string, Trial][] = [
  ['refused at once', () => ({ ends: 0 })],
  ['refused a second later', () => ({ ends: 1_000 })],
  ['tokens that are over', () => ({ ends: 100, now: true })],
  ['hanging', () => ({ ends: 10_000 })],
  ['ready and cut at once', () => ({ ends: 0, ready: true })],
  ['ready for half a minute', () => ({ ends: 30_000, ready: true })],
  [
    'ready for a minute, then refused twice',
    (n) => ({ ends: n % 3 === 0 ? minute : 0, ready: n % 3 === 0 }),
  ],
]

/** When tries begin, as the feed does it: those that hang are overtaken. */
function beginnings(trial: Trial, random: () => number, until: number): number[] {
  const clock = fakeClock()
  const began = clock.elapsed()
  const retries = createRetries(clock, random)
  const times: number[] = []
  let n = 0
  while (clock.elapsed() - began <= until) {
    times.push(clock.elapsed() - began)
    const next = retries.began()
    const { ends, ready = false, now = false } = trial(n++)
    if (!ready && ends >= next) {
      clock.advance(next)
      continue
    }
    if (ends > 0) clock.advance(ends)
    const wait = ready ? retries.lost(ends) : retries.failed(now ? 'now' : 'later')
    if (wait > 0) clock.advance(wait)
  }
  return times
}

const cases = chances.flatMap(([chance, random]) =>
  trials.map(([what, trial]) => [what, chance, trial, random] as const),
)

test.each(cases)('no minute has more than 20 tries: %s, %s', (_, __, trial, random) => {
  const times = beginnings(trial, random, 30 * minute)
  const most = Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + minute).length),
  )
  expect(most).toBeLessThanOrEqual(20)
})

test.each(cases.filter(([what]) => !what.includes('ready')))(
  'whenever the exchange comes back within 10 minutes, a try begins within 4 s: %s, %s',
  (_, __, trial, random) => {
    const times = beginnings(trial, random, 10 * minute)
    const gaps = times.slice(1).map((at, index) => at - times[index]!)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(4_000)
  },
)

test('after 10 minutes tries are up to 30 s apart, and no closer than before', () => {
  const times = beginnings(() => ({ ends: 0 }), seeded(7), 60 * minute)
  const late = times.filter((at) => at > 11 * minute)
  const gaps = late.slice(1).map((at, index) => at - late[index]!)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(3_600)
  expect(Math.max(...gaps)).toBeGreaterThan(20_000)
  expect(Math.max(...gaps)).toBeLessThanOrEqual(30_000)
})

test('the first tries come after up to 1 s and up to 2 s, at random', () => {
  const clock = fakeClock()
  const retries = createRetries(clock, () => 0.5)
  retries.began()
  expect(retries.failed('later')).toBe(500)
  retries.began()
  expect(retries.failed('later')).toBe(1_000)
  retries.began()
  expect(retries.failed('later')).toBe(3_800)
})

test('a connection that held for a minute gives the quick tries back, one that did not does not', () => {
  const clock = fakeClock()
  const retries = createRetries(clock, () => 0.5)
  for (let n = 0; n < 5; n++) retries.began()
  expect(retries.lost(59_999)).toBe(3_800)
  expect(retries.lost(minute)).toBe(500)
})

test('a connection that held for a minute ends an outage, though it told no price', () => {
  const clock = fakeClock()
  const retries = createRetries(clock, () => 1 - Number.EPSILON)
  clock.advance(11 * minute)
  expect(retries.began()).toBeGreaterThan(29_000)
  clock.advance(minute)
  retries.lost(minute)
  expect(retries.began()).toBeLessThanOrEqual(4_000)
})

test('who loses a connection that held for seconds still waits a little, since everybody else has lost it, too', () => {
  const clock = fakeClock()
  const retries = createRetries(clock, () => 0.5)
  for (let n = 0; n < 5; n++) retries.began()
  clock.advance(30_000)
  expect(retries.lost(30_000)).toBe(500)
})

test('a quick try that took long is followed no later than a slow one would be', () => {
  const clock = fakeClock()
  const retries = createRetries(clock, () => 0.5)
  retries.began()
  clock.advance(3_700)
  expect(retries.failed('later')).toBe(100)
})

test('a price ends an outage: the next one begins its own 10 minutes', () => {
  const clock = fakeClock()
  const retries = createRetries(clock, () => 1 - Number.EPSILON)
  for (let n = 0; n < 5; n++) retries.began()
  clock.advance(11 * minute)
  expect(retries.began()).toBeGreaterThan(29_000)
  retries.over()
  clock.advance(minute)
  retries.lost(1_000)
  expect(retries.began()).toBeLessThanOrEqual(4_000)
})
