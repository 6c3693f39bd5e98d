import { expect, test } from 'bun:test'
import { createSeen } from '../../src/core/seen.ts'
import { fakeClock } from '../clock.ts'

const start = Date.UTC(2026, 0, 1)
const claims = (sub: string, seconds = 3_600) => ({ sub, exp: start / 1_000 + seconds })

test('a token is found with the claims it was kept with, for its system alone', () => {
  const seen = createSeen(fakeClock(start))
  expect(seen.find('jive', 't')).toBeUndefined()
  const kept = seen.keep('jive', 't', claims('u'))
  expect(seen.find('jive', 't')).toBe(kept)
  expect(seen.find('crash', 't')).toBeUndefined()
})

test('a token is never found past its exp', () => {
  const clock = fakeClock(start)
  const seen = createSeen(clock)
  seen.keep('jive', 't', claims('u', 60))
  clock.advance(59_999)
  expect(seen.find('jive', 't')).toBeDefined()
  clock.advance(1)
  expect(seen.find('jive', 't')).toBeUndefined()
})

test('a token is forgotten after ten minutes, so that a key taken back does not count for ever', () => {
  const clock = fakeClock(start)
  const seen = createSeen(clock)
  seen.keep('jive', 't', claims('u'))
  clock.advance(599_999)
  expect(seen.find('jive', 't')).toBeDefined()
  clock.advance(1)
  expect(seen.find('jive', 't')).toBeUndefined()
})

test('old tokens make room for newer ones, because memory has a limit', () => {
  const seen = createSeen(fakeClock(start))
  for (let n = 0; n < 20_000; n++) seen.keep('jive', `t${n}`, claims('u'))
  expect(seen.find('jive', 't0')).toBeDefined()
  seen.keep('jive', 't20000', claims('u'))
  expect(seen.find('jive', 't0')).toBeUndefined()
  expect(seen.find('jive', 't20000')).toBeDefined()
})

test('nobody can change claims that many connections share', () => {
  const kept = createSeen(fakeClock(start)).keep('jive', 't', { ...claims('u'), families: ['f1'] })
  expect(() => (kept['families'] as string[]).push('f2')).toThrow(TypeError)
  expect(() => Object.assign(kept, { sub: 'u2' })).toThrow(TypeError)
})
