import { expect, test } from 'bun:test'
import { start } from '../fixture.ts'
import { member } from '../systems/jive/scenario.ts'

test('one user executes few rules a second: a hundred at once over a large family held up every write for eight seconds', async () => {
  await using server = await start()
  const mallory = await member(server, 'mallory', ['f1'])
  const alice = await member(server, 'alice', ['f1'])
  const rule = { family_id: 'f1', contains: 'lunch', category: 'food' }
  const { id } = await mallory.call('POST', '/api/v1/rules', 201, rule)
  const path = `/api/v1/rules/${id}/execute`
  for (let n = 0; n < 5; n++) await mallory.call('POST', path, 200)
  expect((await mallory.call('POST', path, 429)).code).toBe('RATE_LIMITED')
  await alice.call('POST', path, 200)
  await mallory.call('GET', '/api/v1/accounts', 200)
  server.clock.advance(1_000)
  await mallory.call('POST', path, 200)
})
