import { expect, test } from 'bun:test'
import { mayHear, ownTopics, parseTopic, type Topic } from '../../../src/systems/jive/topics.ts'
import type { Session } from '../../../src/systems/jive/session.ts'

const ann: Session = { user: 'ann', families: ['f1', 'f2'], anonymous: false, after: null }
const nobody: Session = { user: null, families: [], anonymous: true, after: null }
const books = {
  familyOf: (account: string) => (account === 'a1' ? 'f1' : account === 'a9' ? 'f9' : null),
}

test.each([
  'family:550e8400-e29b-41d4-a716-446655440001',
  'family:test',
  'user:5',
  'account:A_b-c',
])('J4, J20: "%s" is a topic, since not every id in use is a UUID', (name) => {
  expect(parseTopic(name)?.name).toBe(name)
})

test.each([
  '',
  'family',
  'family:',
  'family: f1',
  'Family:f1',
  'family:f1\n',
  'family:a/b',
  'family:a#ids',
  'family:*',
  'global:x',
  'partner:p1',
  `family:${'x'.repeat(65)}`,
  'family:f1:f2',
  'constructor:x',
  null,
  7,
  {},
  [['global']],
])('J21: %p is no topic, so that it never reaches a channel', (name) => {
  expect(parseTopic(name)).toBeNull()
})

test.each([
  ['family:f1', true],
  ['family:f9', false],
  ['user:ann', true],
  ['user:bob', false],
  ['account:a1', true],
  ['account:a9', false],
  ['account:unknown', false],
  ['global', true],
])('J5: to ann of f1 and f2, "%s" is open: %p', async (name, open) => {
  expect(await mayHear(ann, parseTopic(name) as Topic, books)).toBe(open)
})

test.each([
  ['family:test', true],
  ['user:anonymous', false],
  ['account:a1', false],
  ['global', true],
])('J20: to a session without a token, "%s" is open: %p', async (name, open) => {
  expect(await mayHear(nobody, parseTopic(name) as Topic, books)).toBe(open)
})

test('J5: who has no families is not looked up, so that an outsider cannot make the store work', () => {
  const never = {
    familyOf(): never {
      throw new Error('asked')
    },
  }
  const loner: Session = { ...ann, families: [] }
  expect(mayHear(loner, parseTopic('account:a1') as Topic, never)).toBe(false)
})

test('J2: a session starts with its families and its user, an anonymous one with nothing', () => {
  expect(ownTopics(ann)).toEqual(['family:f1', 'family:f2', 'user:ann'])
  expect(ownTopics(nobody)).toEqual([])
})
