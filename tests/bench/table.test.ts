import { expect, test } from 'bun:test'
import { compare, missedGoals, table } from '../../src/bench/table.ts'

const bare = [
  { name: 'deliveries/s', value: 200_000 },
  { name: 'p99 ms', value: 0.24 },
]
const fanfare = [
  { name: 'deliveries/s', value: 180_000 },
  { name: 'p99 ms', value: 4.26 },
  { name: 'missed', value: 0 },
]

test('a goal on the ratio and a goal on the value are judged each by its own number', () => {
  const rows = compare(bare, fanfare, {
    'deliveries/s': { of: 'ratio', at: 'least', than: 0.95 },
    'p99 ms': { of: 'value', at: 'most', than: 5 },
  })
  expect(rows.map(({ name, ratio, met }) => [name, ratio, met])).toEqual([
    ['deliveries/s', 0.9, false],
    ['p99 ms', 4.26 / 0.24, true],
    ['missed', null, null],
  ])
})

test('what was not measured is neither met nor missed', () => {
  const goals = { 'deliveries/s': { of: 'ratio', at: 'least', than: 0.95 } } as const
  const unknown = [{ name: 'deliveries/s', value: NaN }]
  expect(compare(bare, unknown, goals)[0]).toMatchObject({ fanfare: null, ratio: null, met: null })
  expect(compare(bare, [], goals)[0]).toMatchObject({ bare: 200_000, fanfare: null, met: null })
})

test('a ratio over nought is not told, since it would be infinite', () => {
  const nought = [{ name: 'missed', value: 0 }]
  expect(compare(nought, nought, {})[0]).toMatchObject({ bare: 0, fanfare: 0, ratio: null })
})

test('the table lines numbers up and says which goal was missed', () => {
  const goals = { 'deliveries/s': { of: 'ratio', at: 'least', than: 0.95 } } as const
  expect(table('fanout', compare(bare, fanfare, goals))).toBe(
    [
      'fanout           bare  fanfare  ratio  goal',
      'deliveries/s  200,000  180,000   0.90  >= 0.95 x  MISSED',
      'p99 ms           0.24     4.26  17.75',
      'missed              -        0',
    ].join('\n'),
  )
})

test('a verdict counts the goals that are missed, and what nobody could measure is no goal met', () => {
  const atMost = (than: number) => ({ of: 'value', at: 'most', than }) as const
  const goals = { missed: atMost(0), 'p99 ms': atMost(4), 'RSS MB/h': atMost(20) }
  expect(missedGoals(fanfare, goals)).toBe(2)
  expect(missedGoals(fanfare, { missed: atMost(0) })).toBe(0)
})
