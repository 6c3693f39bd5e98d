import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { queryOf } from '../../src/core/query.ts'

test('a query is read as URLSearchParams reads it, escaped or not', () => {
  const character = fc.constantFrom('a', 'b', '=', '&', '%', '+', '?', '4', '1', 'token', 'é')
  const text = fc.array(character, { maxLength: 20 }).map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, (query) => {
      const url = `http://test/ws?${query}`
      const read = queryOf(url)
      const model = new URL(url).searchParams
      for (const name of ['token', 'a', 'ab', 'A', '?a']) {
        expect(read(name)).toEqual(model.getAll(name))
      }
    }),
    { numRuns: 2_000 },
  )
})

test('without a query there is nothing, and a fragment is no part of it', () => {
  expect(queryOf('http://test/ws')('token')).toEqual([])
  expect(queryOf('http://test/ws?token=x#token=y')('token')).toEqual(['x'])
})
