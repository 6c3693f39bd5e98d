import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createStats, type RoundSums } from '../../../src/systems/crash/stats.ts'

const window = 1_000

const none = {
  ...{ rounds: 0, average: 0, most: 0, least: 0, staked: 0, paid: 0 },
  ...{ below2x: 0, above10x: 0, recent: [] },
}

/** What K20 and R24 say, word for word, from all rounds there ever were. */
function counted(rounds: readonly RoundSums[], now: number) {
  const kept = rounds.filter(({ at }) => at > now - window)
  const newestFirst = kept.map(({ crash }) => crash).reverse()
  if (kept.length === 0) return none
  const sum = (of: readonly number[]) => of.reduce((total, one) => total + one, 0)
  const streak = (is: (crash: number) => boolean) => {
    const end = newestFirst.findIndex((crash) => !is(crash))
    return end < 0 ? newestFirst.length : end
  }
  return {
    rounds: kept.length,
    average: Math.floor(sum(newestFirst) / kept.length + 0.5),
    most: Math.max(...newestFirst),
    least: Math.min(...newestFirst),
    staked: sum(kept.map(({ staked }) => staked)),
    paid: sum(kept.map(({ paid }) => paid)),
    below2x: streak((crash) => crash < 200),
    above10x: streak((crash) => crash > 1_000),
    recent: newestFirst.slice(0, 10),
  }
}

test('K20, R24: sliding statistics are those of a recount of the whole window at every moment', () => {
  const Round = fc.record({
    crash: fc.oneof(
      fc.integer({ min: 100, max: 300 }),
      fc.constantFrom(199, 200, 1_000, 1_001, 100_000_000),
    ),
    staked: fc.nat(1_000_000),
    paid: fc.nat(1_000_000),
    wait: fc.oneof(fc.nat(30), fc.constantFrom(0, 999, 1_000, 1_001)),
    looks: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(Round, { maxLength: 200 }), (steps) => {
      const stats = createStats(window)
      const rounds: RoundSums[] = []
      let now = 10_000
      for (const { wait, looks, ...sums } of steps) {
        now += wait
        if (looks) expect(stats.read(now)).toEqual(counted(rounds, now))
        stats.add({ ...sums, at: now })
        rounds.push({ ...sums, at: now })
        expect(stats.read(now)).toEqual(counted(rounds, now))
      }
    }),
    { numRuns: 300, seed: 4 },
  )
})

test('many thousands of rounds come and go, so that the front of the window is given up now and then', () => {
  const stats = createStats(window)
  const rounds: RoundSums[] = []
  for (let at = 1; at <= 20_000; at++) {
    const round = { crash: 100 + ((at * 7_919) % 1_500), staked: at, paid: at % 13, at }
    stats.add(round)
    rounds.push(round)
    if (at % 997 === 0) expect(stats.read(at)).toEqual(counted(rounds, at))
  }
  expect(stats.read(20_999)).toEqual(counted(rounds, 20_999))
  expect(stats.read(21_000)).toEqual(none)
})

test('more may be staked in a day than a double can count, and sums come down to 0 again exactly', () => {
  const stats = createStats(window)
  const staked = 2 ** 53 - 1
  for (let at = 1; at <= 9; at++) stats.add({ crash: 100, staked, paid: staked, at })
  stats.add({ crash: 100, staked: 1, paid: 3, at: 500 })
  expect(stats.read(1_200)).toMatchObject({ rounds: 1, staked: 1, paid: 3 })
})
