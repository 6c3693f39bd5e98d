import { median } from './series.ts'
import type { Measure } from './table.ts'

/** What the same load came to in several rounds: of each value the median, or the sum where it is told to be one. */
export function overRounds(rounds: readonly (readonly Measure[])[]): Measure[] {
  const byName = Map.groupBy(rounds.flat(), ({ name }) => name)
  return [...byName.values()].map((measures) => {
    const values = measures.map(({ value }) => value)
    const first = measures[0]!
    return { ...first, value: first.over === 'sum' ? sum(values) : median(values) }
  })
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
