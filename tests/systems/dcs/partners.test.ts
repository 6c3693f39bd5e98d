import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { hashKey } from '../../../src/core/keys.ts'
import { openWriter } from '../../../src/storage/sqlite/open.ts'
import { serverKey, start, type Fixture } from '../../fixture.ts'
import { handshake, listen, partner, received, withKeys } from './scenario.ts'

const path = '/api/dcs/partners'

async function ask(
  server: Fixture,
  method: string,
  where: string,
  token: string | null = serverKey,
) {
  const answer = await server.fetch(path + where, { method, ...(token !== null && { token }) })
  const text = await answer.text()
  return { status: answer.status, body: text === '' ? null : JSON.parse(text) }
}

function audited(
  server: Fixture,
): { at: number; actor: string; action: string; subject: string; details: unknown }[] {
  const db = new Database(join(server.dir, 'fanfare.db'), { readonly: true })
  try {
    return db
      .query('SELECT at, actor, action, subject, details FROM audit_log ORDER BY id')
      .all() as never
  } finally {
    db.close()
  }
}

test('a partner is made once, with a secret that is told this once', async () => {
  await using server = await start()
  const first = await ask(server, 'PUT', '/acme')
  expect(first).toEqual({
    status: 201,
    body: {
      id: 'acme',
      apiKey: expect.stringMatching(/^[0-9A-F]{32}$/),
      apiSecret: expect.stringMatching(/^[0-9A-Za-z]{43}$/),
    },
  })
  const { apiKey, apiSecret } = first.body
  expect(await ask(server, 'PUT', '/acme')).toEqual({ status: 200, body: { id: 'acme', apiKey } })
  const listed = { id: 'acme', apiKey, createdAt: server.clock.now() }
  expect(await ask(server, 'GET', '/acme')).toEqual({ status: 200, body: listed })
  expect(await ask(server, 'GET', '')).toEqual({
    status: 200,
    body: { partners: [listed], more: false },
  })
  const acme = withKeys(server, { id: 'acme', apiKey, apiSecret })
  expect((await acme.call('/websocket/v1/get-channel')).success).toBe(true)
})

test('what holds a secret may not be cached', async () => {
  await using server = await start()
  for (const [method, where] of [
    ['PUT', '/acme'],
    ['POST', '/acme/secret'],
  ] as const) {
    const answer = await server.fetch(path + where, { method, token: serverKey })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await answer.text()).toContain('apiSecret')
  }
})

test('of ten that make the same partner at once one gets the secret', async () => {
  await using server = await start()
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(server, 'PUT', '/acme')))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ body }) => 'apiSecret' in body)).toHaveLength(1)
  expect(new Set(answers.map(({ body }) => body.apiKey)).size).toBe(1)
})

test('a new secret signs from then on and the old one does not; who listens goes on listening', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  const { status, body } = await ask(server, 'POST', '/acme/secret')
  expect([status, Object.keys(body)]).toEqual([200, ['id', 'apiKey', 'apiSecret']])
  expect([body.apiKey, body.apiSecret === acme.apiSecret]).toEqual([acme.apiKey, false])
  const get = '/websocket/v1/get-channel'
  expect((await acme.call(get)).code).toBe('DAPI_SIGN_INVALID')
  await acme.tell('u1')
  expect(await received(client)).toHaveLength(1)
  expect((await withKeys(server, body).call(get)).code).toBe('SYS_SUCCESS')
  expect((await client.close()).code).toBe(4404)
})

test('a removed partner’s connections end, its key is unknown and its channel expired; the others stay', async () => {
  const listeners = [
    { host: '127.0.0.1', port: 0, systems: '*' as const },
    { host: '127.0.0.1', port: 0, systems: ['dcs'] },
  ]
  await using server = await start({ listen: listeners, dcs: { rotation_grace: 60_000 } })
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  const old = await acme.channel()
  const inGrace = await listen(server, `/ws/${old}`)
  const channel = await acme.channel()
  const client = await listen(server, `/ws/${channel}`, server.fanfare.listeners[1]!.url.origin)
  const foreign = await other.connect()
  expect((await ask(server, 'DELETE', '/acme')).status).toBe(204)
  for (const one of [inGrace, client]) {
    expect(await one.close()).toEqual({ code: 4404, reason: 'channel expired' })
  }
  for (const one of [old, channel]) {
    expect(await handshake(server, `/ws/${one}`)).toBe('410 CHANNEL_EXPIRED')
  }
  for (const where of ['get-channel', 'search']) {
    expect((await acme.call(`/websocket/v1/${where}`)).code).toBe('DAPI_KEY_UNKNOWN')
  }
  expect(foreign.closed).toBeNull()
  await other.tell('u1')
  expect(await received(foreign)).toHaveLength(1)
})

test('a partner made anew has another key, its old channels stay expired, and its messages are there', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  await acme.tell('u1')
  server.clock.jump(60_000)
  await ask(server, 'DELETE', '/acme')
  // No clock that is set back opens it for whoever had it.
  server.clock.jump(-30_000)
  const again = await partner(server, 'acme')
  expect([again.apiKey === acme.apiKey, again.apiSecret === acme.apiSecret]).toEqual([false, false])
  expect((await acme.call('/websocket/v1/get-channel')).code).toBe('DAPI_KEY_UNKNOWN')
  expect(await handshake(server, `/ws/${channel}`)).toBe('410 CHANNEL_EXPIRED')
  expect((await again.call('/websocket/v1/search', 'version=1')).code).toBe('SYS_SUCCESS')
})

test('partners are listed in the order of their ids, part by part', async () => {
  await using server = await start()
  for (const id of ['c', 'a', 'B', 'd']) await partner(server, id)
  const ids = async (query: string) => {
    const { body } = await ask(server, 'GET', query)
    return [body.partners.map(({ id }: { id: string }) => id).join(''), body.more]
  }
  expect(await ids('')).toEqual(['Bacd', false])
  expect(await ids('?limit=2')).toEqual(['Ba', true])
  expect(await ids('?limit=2&after=a')).toEqual(['cd', false])
  expect(await ids('?after=zz')).toEqual(['', false])
  for (const query of ['?limit=0', '?limit=1001', '?limit=x', '?after=a/b']) {
    expect((await ask(server, 'GET', query)).status).toBe(400)
  }
})

test.each([
  ['GET', ''],
  ['GET', '/acme'],
  ['PUT', '/new'],
  ['POST', '/acme/secret'],
  ['DELETE', '/acme'],
])('%s %s is for a server key with the scope admin alone', async (method, where) => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const key = 'a-key-that-may-only-publish-0123456789'
  const db = openWriter(join(server.dir, 'fanfare.db'))
  db.query('INSERT INTO server_keys (name, hash, scopes, created_at) VALUES (?, ?, ?, 0)').run(
    'publisher',
    hashKey(key),
    'publish',
  )
  db.close()
  for (const token of [null, 'wrong', acme.apiKey, acme.apiSecret]) {
    const { status, body } = await ask(server, method, where, token)
    expect([status, body.code]).toEqual([401, 'UNAUTHORIZED'])
  }
  const { status, body } = await ask(server, method, where, key)
  expect([status, body.code]).toEqual([403, 'FORBIDDEN'])
  expect((await ask(server, 'GET', '')).body.partners.map(({ id }: any) => id)).toEqual(['acme'])
})

test('ids are 1 to 64 of letters, digits, _ and -; others are refused at the start and unknown later', async () => {
  await using server = await start()
  expect((await ask(server, 'PUT', `/${'a'.repeat(64)}`)).status).toBe(201)
  for (const id of ['a'.repeat(65), 'a%2Fb', 'a.b', 'a:b', '%E6%B8%A0', 'a%20b']) {
    const { status, body } = await ask(server, 'PUT', `/${id}`)
    expect([status, body.code, body.details[0].path]).toEqual([400, 'INVALID_REQUEST', 'id'])
  }
  for (const id of ['nobody', 'a.b', 'a%2Fb']) {
    for (const [method, where] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/secret'],
    ] as const) {
      const { status, body } = await ask(server, method, `/${id}${where}`)
      expect([status, body]).toEqual([404, { code: 'NOT_FOUND', message: 'No such partner' }])
    }
  }
})

test('what is done to partners leaves a row each in the audit log, without a secret; looking leaves none', async () => {
  await using server = await start()
  const { apiSecret } = await partner(server, 'acme')
  await ask(server, 'PUT', '/acme')
  await ask(server, 'GET', '/acme')
  await ask(server, 'GET', '')
  const { body } = await ask(server, 'POST', '/acme/secret')
  await ask(server, 'DELETE', '/acme')
  await ask(server, 'DELETE', '/acme')
  const row = { at: server.clock.now(), actor: 'server_key', subject: 'dcs/acme', details: null }
  const rows = audited(server)
  expect(rows).toEqual([
    { ...row, action: 'partner.create' },
    { ...row, action: 'partner.secret' },
    { ...row, action: 'partner.remove' },
  ])
  for (const secret of [apiSecret, body.apiSecret]) {
    expect(JSON.stringify(rows)).not.toContain(secret)
    expect(server.logged.join('')).not.toContain(secret)
  }
})

test('an operator who ends a partner’s connections ends those, and the partner may come back', async () => {
  await using server = await start()
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  const channel = await acme.channel()
  const client = await listen(server, `/ws/${channel}`)
  const foreign = await other.connect()
  const where = '/api/users/dcs/acme/connections'
  expect((await server.fetch(where, { method: 'DELETE', token: serverKey })).status).toBe(204)
  expect((await client.close()).code).toBe(4403)
  expect(foreign.closed).toBeNull()
  expect(await handshake(server, `/ws/${channel}`)).toBe('101')
})
