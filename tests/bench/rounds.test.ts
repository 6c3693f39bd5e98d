import { expect, test } from 'bun:test'
import { overRounds } from '../../src/bench/rounds.ts'

const round = (p99: number, missed: number) => [
  { name: 'p99 ms', value: p99 },
  { name: 'missed', value: missed, over: 'sum' as const },
]

test('over several rounds a value is the median, so that one bad moment of the machine decides nothing', () => {
  expect(overRounds([round(5, 0), round(90, 0), round(4, 0)])[0]).toMatchObject({ value: 5 })
  expect(overRounds([round(4, 0), round(5, 0)])[0]).toMatchObject({ value: 4.5 })
})

test('what was missed is added up, since a loss in one round is a loss', () => {
  expect(overRounds([round(5, 0), round(5, 3), round(5, 0)])[1]).toMatchObject({ value: 3 })
})

test('what only one round measures is kept, and no round at all comes to nothing', () => {
  const once = [...round(5, 0), { name: 'slow: cut', value: 1 }]
  expect(overRounds([once, round(6, 0)]).at(-1)).toEqual({ name: 'slow: cut', value: 1 })
  expect(overRounds([])).toEqual([])
})
