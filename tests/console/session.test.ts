import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { revokeKey } from '../../src/storage/sqlite/keys.ts'
import { openWriter } from '../../src/storage/sqlite/open.ts'
import { serverKey, start, type Fixture } from '../fixture.ts'
import { asked, listen, login, makeKey } from './visitor.ts'

function audited(server: Fixture): unknown[] {
  using db = new Database(join(server.dir, 'fanfare.db'), { readonly: true })
  return db.query('SELECT actor, action, subject FROM audit_log ORDER BY id').all()
}

const paths = [
  'GET /api/console/session',
  'DELETE /api/console/session',
  'GET /api/console/overview',
  'GET /api/console/connections/1',
  'GET /api/console/connections/1/frames',
  'GET /api/console/kinds',
  'GET /api/console/live?system=jive',
  'GET /api/console/deliveries?user=u&system=jive&id=1',
  'GET /api/console/crash',
  'GET /api/console/crash/audit',
  'POST /api/console/crash/audit',
  'GET /api/console/logs',
  'GET /api/console/config',
]

test('a key with the scope admin opens a session that may all but move money', async () => {
  await using server = await start()
  const session = await login(server, { key: serverKey })
  expect(session).toEqual({
    token: expect.stringMatching(/^fs_[\w-]{43}$/),
    role: 'full',
    name: 'console:server_key',
    scopes: ['publish', 'admin', 'read'],
    expiresAt: server.clock.now() + 12 * 3_600_000,
  })
  const { token, ...shown } = session
  expect(await asked(server, '/api/console/session', token)).toEqual(shown)
  expect((await server.fetch('/api/wallets/alice', { token })).status).toBe(403)
  const row = { actor: 'console:server_key', action: 'console.login', subject: '127.0.0.1' }
  expect(audited(server)).toEqual([row])
})

test('what a key may not, its session may not either: publishing asks for the scope publish', async () => {
  await using server = await start()
  const { token, scopes } = await login(server, { key: makeKey(server, 'ops', ['admin']) })
  expect(scopes).toEqual(['admin', 'read'])
  const body = {
    channel: 'jive/user:ann',
    type: 'Notification',
    data: { level: 'info', title: 'a', message: 'b' },
  }
  const answer = await server.fetch('/api/publish', { method: 'POST', body, token })
  expect(answer.status).toBe(403)
})

test('a key with the scope read looks, and is refused every action', async () => {
  await using server = await start()
  const { token, role } = await login(server, { key: makeKey(server, 'eyes', ['read']) })
  expect(role).toBe('read')
  for (const path of [
    '/api/connections',
    '/api/channels',
    '/api/channels/jive/user:ann/history',
    '/api/console/kinds',
    '/api/console/crash',
    '/api/console/crash/audit',
    '/api/console/config',
    '/api/console/deliveries?user=ann&system=jive&id=1',
  ]) {
    expect([path, (await server.fetch(path, { token })).status]).toEqual([path, 200])
  }
  for (const [method, path] of [
    ['POST', '/api/publish'],
    ['POST', '/api/publish/batch'],
    ['DELETE', '/api/connections/1'],
    ['DELETE', '/api/users/jive/ann/connections'],
    ['POST', '/api/console/crash/audit'],
    ['GET', '/api/wallets/alice'],
    ['GET', '/api/dcs/partners'],
  ] as const) {
    const answer = await server.fetch(path, {
      method,
      token,
      ...(method === 'POST' && { body: {} }),
    })
    expect([method, path, answer.status]).toEqual([method, path, 403])
  }
})

test('a key with neither scope is refused 403, one that is unknown 401', async () => {
  await using server = await start()
  const post = async (body: unknown) =>
    (await server.fetch('/api/console/session', { method: 'POST', body })).status
  expect(await post({ key: makeKey(server, 'bill', ['publish', 'wallet']) })).toBe(403)
  expect(await post({ key: 'fk_nobody' })).toBe(401)
  expect(await post({ once: 'nothing' })).toBe(401)
  expect(await post({ key: 'two words' })).toBe(400)
  expect(await post({})).toBe(400)
  expect(await post({ key: 7 })).toBe(400)
  expect(server.logged.filter((line) => line.includes('console login refused'))).toHaveLength(3)
})

test('without a session no part of the console answers, and a session of a client is none', async () => {
  await using server = await start()
  const user = await server.token('ann')
  for (const token of [undefined, user, 'fs_nobody']) {
    for (const route of paths) {
      const [method, path] = route.split(' ') as [string, string]
      const answer = await server.fetch(path, { method, ...(token !== undefined && { token }) })
      expect([route, answer.status]).toEqual([route, 401])
    }
  }
})

test('a one-time link logs in once, and not after a quarter of an hour', async () => {
  await using server = await start()
  const once = server.fanfare.invite()!
  expect(once.length).toBe(43)
  expect((await login(server, { once })).name).toBe('console:link')
  const again = await server.fetch('/api/console/session', { method: 'POST', body: { once } })
  expect(again.status).toBe(401)
  const late = server.fanfare.invite()!
  server.clock.advance(15 * 60_000)
  const body = { once: late }
  expect((await server.fetch('/api/console/session', { method: 'POST', body })).status).toBe(401)
})

test('a session ends when asked, after twelve hours, and with the key it was opened with', async () => {
  await using server = await start()
  const key = makeKey(server, 'eyes', ['read'])
  const status = async (token: string) =>
    (await server.fetch('/api/console/config', { token })).status
  const [first, second, third] = [
    await login(server, { key }),
    await login(server, { key }),
    await login(server, { key: serverKey }),
  ].map(({ token }) => token) as [string, string, string]
  const ended = await server.fetch('/api/console/session', { method: 'DELETE', token: first })
  expect(ended.status).toBe(204)
  expect(await status(first)).toBe(401)
  expect(await status(second)).toBe(200)
  {
    using db = openWriter(join(server.dir, 'fanfare.db'))
    revokeKey(db, 'eyes', 2)
  }
  server.clock.advance(1_000)
  expect(await status(second)).toBe(401)
  expect(await status(third)).toBe(200)
  server.clock.advance(12 * 3_600_000)
  expect(await status(third)).toBe(401)
})

test('a session is not told to be good when its key is revoked, though nothing else has asked since', async () => {
  await using server = await start()
  const { token } = await login(server, { key: makeKey(server, 'eyes', ['read']) })
  const status = async () => (await server.fetch('/api/console/session', { token })).status
  expect(await status()).toBe(200)
  {
    using db = openWriter(join(server.dir, 'fanfare.db'))
    revokeKey(db, 'eyes', 2)
  }
  server.clock.advance(1_000)
  expect(await status()).toBe(401)
})

test('the stream of a session ends with it', async () => {
  await using server = await start()
  const { token } = await login(server, { key: serverKey })
  const stream = await listen(server, '/api/console/logs', token)
  await server.fetch('/api/console/session', { method: 'DELETE', token })
  server.clock.advance(1_000)
  await server.settled(() => stream.ended)
})

test('an address that tries too often has to wait, so that nobody can guess', async () => {
  await using server = await start()
  const attempt = () =>
    server.fetch('/api/console/session', { method: 'POST', body: { key: 'fk_guess' } })
  const statuses: number[] = []
  for (let tries = 0; tries < 12; tries++) statuses.push((await attempt()).status)
  expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429, 429])
  expect((await attempt()).headers.get('retry-after')).toBe('6')
  server.clock.advance(6_000)
  expect((await attempt()).status).toBe(401)
})

test('where there are no pages there is no console', async () => {
  await using server = await start({ pages: false })
  const body = { key: serverKey }
  const answer = await server.fetch('/api/console/session', { method: 'POST', body })
  expect(answer.status).toBe(404)
  expect(server.fanfare.invite()).toBeNull()
})
