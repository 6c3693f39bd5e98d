import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { earliest, extend, jumpOf, type Pointers } from '../../src/storage/sqlite/skip.ts'

/** A channel of `rows.length` versions: the pointers of each row, and the last spine. */
function chain(rows: readonly number[]) {
  const pointers = new Map<number, Pointers>()
  let spine: readonly number[] = []
  for (const [index, row] of rows.entries()) {
    const grown = extend(spine, { version: index + 1, row })
    spine = grown.spine
    pointers.set(row, { previous: grown.previous, jump: grown.jump })
  }
  return { pointers, spine }
}

const rows = fc
  .array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 600 })
  .map((gaps) => {
    let row = 0
    return gaps.map((gap) => (row += gap))
  })

test('each place points to the version before and to the version without its lowest one bit', () => {
  fc.assert(
    fc.property(rows, (rows) => {
      const { pointers, spine } = chain(rows)
      const rowOf = (version: number) => rows[version - 1] ?? null
      for (const [index, row] of rows.entries()) {
        const version = index + 1
        const wanted = { previous: rowOf(version - 1), jump: rowOf(version & (version - 1)) }
        expect(pointers.get(row)).toEqual(wanted)
      }
      const prefixes: number[] = []
      for (let version = rows.length; version > 0; version &= version - 1) prefixes.push(version)
      expect(spine).toEqual(prefixes.reverse().map((version) => rows[version - 1]!))
    }),
    { numRuns: 50 },
  )
})

test('the earliest wanted place is found from any later one by few steps, so that a long history costs no more', () => {
  const all = Array.from({ length: 100_000 }, (_, index) => 3 * index + 7)
  const { pointers } = chain(all)
  const version = fc.integer({ min: 1, max: all.length })
  fc.assert(
    fc.property(version, version, fc.boolean(), (one, other, byRow) => {
      const [wanted, from] = one < other ? [one, other] : [other, one]
      const row = all[wanted - 1]!
      let steps = 0
      const found = earliest(
        { version: from, row: all[from - 1]! },
        (row) => {
          steps++
          return pointers.get(row)!
        },
        (spot) => (byRow ? spot.row >= row - 2 : spot.version >= wanted),
      )
      expect(found).toEqual({ version: wanted, row })
      expect(steps).toBeLessThan(17 * 17)
    }),
    { numRuns: 2_000 },
  )
})

test('versions beyond 32 bits keep all their bits', () => {
  expect(jumpOf(2 ** 40 + 2 ** 33)).toBe(2 ** 40)
  expect(jumpOf(2 ** 52 + 1)).toBe(2 ** 52)
  expect(jumpOf(2 ** 52)).toBe(0)
  const spine = [10, 20, 30]
  const grown = extend(spine, { version: 2 ** 40 + 2 ** 33 + 2, row: 40 })
  expect(grown).toEqual({ previous: 30, jump: 20, spine: [10, 20, 40] })
})
