import { expect, test } from 'bun:test'
import { createKeys } from '../../../src/storage/sqlite/crash-keys.ts'

/** Keys of one segment. */
const many = 65_536

/** A table whose first segment is full: its newest key was put at 500, its last one at 400. */
function filled() {
  const keys = createKeys()
  for (let row = 1; row <= many; row++) {
    const at = row === 10 ? 500 : Math.min(row, 400)
    keys.put(1, `key-${row}`, { row, at }, 0)
  }
  return keys
}

test('keys of a segment that is full are found in it, and in the next one', () => {
  const keys = filled()
  keys.put(1, 'next', { row: many + 1, at: 600 }, 0)
  keys.put(1, 'key-7', { row: many + 2, at: 600 }, 0)
  expect(keys.candidates(1, 'next')).toEqual([many + 1])
  expect(keys.candidates(1, 'key-7')).toEqual([many + 2, 7])
  expect(keys.candidates(2, 'key-7')).toEqual([])
})

test('a segment is given up when the last of its keys is too old, so that memory is bounded, and not before', () => {
  const kept = filled()
  kept.put(1, 'next', { row: many + 1, at: 1_100 }, 500)
  expect(kept.candidates(1, 'key-10')).toEqual([10])
  const dropped = filled()
  dropped.put(1, 'next', { row: many + 1, at: 1_101 }, 501)
  expect(dropped.candidates(1, 'key-10')).toEqual([])
  expect(dropped.candidates(1, 'next')).toEqual([many + 1])
})

test('rows that begin anew when all were forgotten are found, too', () => {
  const keys = createKeys()
  keys.put(1, 'old', { row: 5_000, at: 1 }, 0)
  keys.put(1, 'new', { row: 1, at: 2 }, 0)
  expect(keys.candidates(1, 'new')).toEqual([1])
})
