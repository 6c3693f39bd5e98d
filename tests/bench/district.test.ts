import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  anybody,
  isRider,
  mostlyFew,
  readersOf,
  regionOf,
  type Address,
} from '../../src/bench/district.ts'

const sizes = fc.integer({ min: 1, max: 300 })

test('a notice for a region reaches exactly the riders whose region it is, so that what is expected is true', () => {
  fc.assert(
    fc.property(sizes, fc.nat(20), (users, region) => {
      const riders = Array.from({ length: users }, (_, user) => user).filter(
        (user) => isRider(user) && regionOf(user) === region,
      )
      expect(readersOf({ kind: 'region', region }, users)).toEqual(riders)
    }),
  )
})

/** How many notices each user gets of the first `notices`. */
function counts(users: number, notices: number, whom: (index: number) => Address): number[] {
  const got = new Array<number>(users).fill(0)
  for (let index = 0; index < notices; index++) {
    const readers = readersOf(whom(index), users)
    expect(readers.length).toBeGreaterThan(0)
    for (const user of readers) got[user]!++
  }
  return got
}

test('nobody is left out and no notice is for nobody, however many users there are', () => {
  fc.assert(
    fc.property(sizes, (users) => {
      const got = counts(users, 2 * users + 2, (index) => anybody(index, users))
      expect(Math.min(...got)).toBeGreaterThan(0)
    }),
  )
})

test('a few users get half of all notices, so that they get more than is kept for one', () => {
  const got = counts(100, 2_000, (index) => mostlyFew(index, 100, 5))
  expect(got.slice(0, 5).every((count) => count > 200)).toBe(true)
  expect(got.slice(5).every((count) => count > 0 && count <= 200)).toBe(true)
})
