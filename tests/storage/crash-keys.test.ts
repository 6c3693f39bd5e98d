import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createKeys } from '../../src/storage/sqlite/crash-keys.ts'

const puts = fc.array(
  fc.record({ account: fc.integer({ min: 4, max: 7 }), key: fc.constantFrom('a', 'b', 'msg-001') }),
  { maxLength: 80 },
)

test('every row of a key is found as long as it may be asked for, the newest first', () => {
  fc.assert(
    fc.property(puts, fc.integer({ min: 1, max: 5 }), (list, every) => {
      const keys = createKeys({ segmentKeys: 4, mostSegments: 100 })
      for (const [index, { account, key }] of list.entries()) {
        // Row ids begin anew now and then, as they do when all commands were forgotten.
        const row = 1 + (index % (every * 9))
        keys.put(account, key, { row, at: index }, index - 20)
        const found = keys.candidates(account, key)
        const wanted = list
          .map((put, at) => ({ ...put, at, row: 1 + (at % (every * 9)) }))
          .filter((put) => put.at <= index && put.at >= index - 20)
          .filter((put) => put.account === account && put.key === key)
          .map((put) => put.row)
          .reverse()
        expect(found.slice(0, wanted.length)).toEqual(wanted)
      }
      expect(keys.candidates(9, 'a')).toEqual([])
    }),
  )
})

test('what is too old makes room, and when all is young another key is refused for a minute', () => {
  const keys = createKeys({ segmentKeys: 4, mostSegments: 2 })
  for (let row = 1; row <= 8; row++) keys.put(4, `key-${row}`, { row, at: row }, 0)
  expect(() => keys.put(4, 'late', { row: 9, at: 9 }, 4)).toThrow('Too many commands of late')
  expect(keys.candidates(4, 'key-1')).toEqual([1])
  keys.put(4, 'late', { row: 9, at: 9 }, 5)
  expect(keys.candidates(4, 'late')).toEqual([9])
  expect(keys.candidates(4, 'key-5')).toEqual([5])
  expect(keys.candidates(4, 'key-1')).toEqual([])
})
