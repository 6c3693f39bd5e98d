import { expect, test } from 'bun:test'
import { hashKey } from '../../src/core/keys.ts'
import { calm, echo } from '../echo.ts'
import { serverKey, start, type Fixture } from '../fixture.ts'

const plug = echo(calm)
const said = { channel: 'echo/room:a', type: 'Said', data: { n: 1 } }

async function post(server: Fixture, path: string, body: unknown, token = serverKey) {
  const answer = await server.fetch(path, { method: 'POST', body, token })
  return { status: answer.status, body: (await answer.json()) as any, headers: answer.headers }
}

async function versions(server: Fixture, channel = 'echo/room:a'): Promise<number> {
  return (await server.host.store.since(channel, 0, 1_000)).messages.length
}

test('a publish answers id, version and recipients, and is told to those who listen (X10)', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws?sub=room:a')
  await client.next()
  const { status, body } = await post(server, '/api/publish', said)
  expect(status).toBe(200)
  expect(body).toEqual({ id: '1', version: 1, recipients: 1 })
  expect(await client.next()).toEqual({ t: 'Said', d: { n: 1 } })
})

const bad: readonly [string, unknown, number, string | undefined, string | undefined][] = [
  ['no JSON', '{"channel"', 400, 'INVALID_REQUEST', undefined],
  [
    'nested too deeply',
    `{"data":${'['.repeat(40)}${']'.repeat(40)}}`,
    400,
    'INVALID_REQUEST',
    undefined,
  ],
  ['no channel', { type: 'Said', data: {} }, 400, 'INVALID_REQUEST', 'channel'],
  ['an unknown system', { ...said, channel: 'nope/room:a' }, 404, 'NOT_FOUND', 'channel'],
  ['an unknown kind', { ...said, channel: 'echo/attic:a' }, 404, 'NOT_FOUND', 'channel'],
  [
    'a name out of the alphabet',
    { ...said, channel: 'echo/room:a#ids' },
    404,
    'NOT_FOUND',
    'channel',
  ],
  [
    'a kind from a prototype',
    { ...said, channel: 'echo/constructor' },
    404,
    'NOT_FOUND',
    'channel',
  ],
  ['an unknown type', { ...said, type: 'toString' }, 400, 'INVALID_REQUEST', 'type'],
  ['a wrong field', { ...said, data: { n: '1' } }, 400, 'INVALID_REQUEST', 'data.n'],
  ['a missing field', { ...said, data: {} }, 400, 'INVALID_REQUEST', 'data.n'],
  [
    'an externalUserId where none belongs',
    { ...said, externalUserId: 'x' },
    400,
    'INVALID_REQUEST',
    'externalUserId',
  ],
]

test.each(bad)(
  '%s is refused with its field, and nothing is published',
  async (_, body, status, code, path) => {
    await using server = await start({}, { plug })
    const client = await server.connect('/echo/ws?sub=room:a')
    await client.next()
    const answer = await post(server, '/api/publish', body)
    expect(answer.status).toBe(status)
    expect(answer.body.code).toBe(code)
    if (path !== undefined) expect(answer.body.details[0].path).toBe(path)
    expect(await client.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([])
    expect(await versions(server)).toBe(0)
  },
)

test('a message that would fill the backlog of a slow reader is refused, with its place in a batch', async () => {
  const limits = { max_backlog: 65_536 }
  await using server = await start({ limits }, { plug })
  const of = (length: number) => ({ ...said, type: 'Text', data: 'x'.repeat(length) })
  expect((await post(server, '/api/publish', of(16_382))).status).toBe(200)
  const { status, body } = await post(server, '/api/publish/batch', {
    messages: [said, of(16_383)],
  })
  expect([status, body.code, body.details[0].path]).toEqual([
    413,
    'PAYLOAD_TOO_LARGE',
    'messages.1.data',
  ])
  expect(await versions(server)).toBe(1)
})

test('a batch is all or nothing, and its fault is named by its place', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws?sub=room:a')
  await client.next()
  const wrong = { messages: [said, { ...said, type: 'Nope' }] }
  const refused = await post(server, '/api/publish/batch', wrong)
  expect(refused.status).toBe(400)
  expect(refused.body.details[0].path).toBe('messages.1.type')
  expect(await versions(server)).toBe(0)
  const messages = [1, 2, 3].map((n) => ({ ...said, data: { n } }))
  const { status, body } = await post(server, '/api/publish/batch', { messages })
  expect(status).toBe(200)
  expect(body.results.map(({ version }: { version: number }) => version)).toEqual([1, 2, 3])
  expect(
    [await client.next(), await client.next(), await client.next()].map(({ d }) => d.n),
  ).toEqual([1, 2, 3])
})

test('a batch holds 1 to 1,000 messages', async () => {
  await using server = await start({}, { plug })
  const of = (length: number) => ({ messages: Array.from({ length }, () => said) })
  expect((await post(server, '/api/publish/batch', of(0))).status).toBe(400)
  expect((await post(server, '/api/publish/batch', of(1_001))).status).toBe(400)
  expect((await post(server, '/api/publish/batch', of(1_000))).body.results).toHaveLength(1_000)
})

test('more than the queue of the store may ever hold is 413 at once, in rows and in bytes, since no repeat could pass, and nothing of it is kept', async () => {
  const messages = Array.from({ length: 200 }, () => said)
  for (const store of [{ queue_rows: 100 }, { queue_bytes: 10_000 }]) {
    await using server = await start({ store }, { plug })
    const { status, body } = await post(server, '/api/publish/batch', { messages })
    expect([status, body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE'])
    expect((await post(server, '/api/publish', said)).status).toBe(200)
    expect(await versions(server)).toBe(1)
  }
})

test('a repeat under one key takes effect once and gets the same answer, a changed one is 409 (promise 5)', async () => {
  const first = await start({}, { plug })
  const client = await first.connect('/echo/ws?sub=room:a')
  await client.next()
  const keyed = { ...said, idempotencyKey: 'order-1' }
  const answer = await post(first, '/api/publish', keyed)
  expect(answer.body.recipients).toBe(1)
  const reordered = {
    idempotencyKey: 'order-1',
    data: { n: 1 },
    type: 'Said',
    channel: 'echo/room:a',
  }
  const [again, parallel] = await Promise.all([
    post(first, '/api/publish', keyed),
    post(first, '/api/publish', reordered),
  ])
  expect([again.body, parallel.body]).toEqual([answer.body, answer.body])
  const changed = await post(first, '/api/publish', { ...keyed, data: { n: 2 } })
  expect([changed.status, changed.body.code]).toEqual([409, 'IDEMPOTENCY_CONFLICT'])
  await using second = await first.restart()
  expect((await post(second, '/api/publish', keyed)).body).toEqual(answer.body)
  expect(await versions(second)).toBe(1)
})

test('parallel firsts under one key make one message', async () => {
  await using server = await start({}, { plug })
  const body = { ...said, idempotencyKey: 'k' }
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => post(server, '/api/publish', body)),
  )
  expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1)
  expect(await versions(server)).toBe(1)
})

test('without a key, with a wrong one or without its scope nothing is published', async () => {
  await using server = await start({}, { plug })
  const none = await server.fetch('/api/publish', { method: 'POST', body: said })
  expect(none.status).toBe(401)
  expect((await post(server, '/api/publish', said, 'wrong')).status).toBe(401)
  await using database = await openKeys(server)
  const wallet = database.create('purse', ['wallet'])
  expect((await post(server, '/api/publish', said, wallet)).status).toBe(403)
  expect(await versions(server)).toBe(0)
})

test('a key made on the data folder works at once, and a revoked one ends within a second', async () => {
  await using server = await start({}, { plug })
  await using database = await openKeys(server)
  const key = database.create('backend', ['publish'])
  expect((await post(server, '/api/publish', said, key)).status).toBe(200)
  database.revoke('backend')
  server.clock.advance(1_000)
  expect((await post(server, '/api/publish', said, key)).status).toBe(401)
})

test('every publish leaves a row in the audit log with the name of its key', async () => {
  await using server = await start({}, { plug })
  await post(server, '/api/publish', said)
  await post(server, '/api/publish/batch', { messages: [said, said] })
  await using database = await openKeys(server)
  expect(database.audit()).toEqual([
    { actor: 'server_key', action: 'publish', subject: 'echo/room:a' },
    { actor: 'server_key', action: 'publish', subject: '2 messages' },
  ])
})

test('history is paged by version, and a position before what is kept is 410', async () => {
  await using server = await start({}, { plug })
  for (let n = 1; n <= 5; n++) {
    await server.publish('echo/room:a', 'Said', { n })
    server.clock.advance(1_000)
  }
  const read = async (query: string) => {
    const answer = await server.fetch(`/api/channels/echo/room:a/history${query}`, {
      token: serverKey,
    })
    return { status: answer.status, body: (await answer.json()) as any }
  }
  const page = await read('?after=1&limit=2')
  expect(page.body.more).toBe(true)
  expect(page.body.messages).toMatchObject([
    { id: '2', version: 2, type: 'Said', data: { n: 2 } },
    { id: '3', version: 3, type: 'Said', data: { n: 3 } },
  ])
  expect((await read('?after=5')).body).toEqual({ messages: [], more: false })
  expect((await read('?after=-1')).status).toBe(400)
  expect((await read('?limit=5000')).status).toBe(400)
  await server.host.store.prune(server.clock.now() - 3_500, server.clock.now())
  expect((await read('?after=0')).status).toBe(410)
  expect((await read('?after=2')).body.messages).toHaveLength(3)
  expect((await read('')).body.messages).toHaveLength(3)
})

/** The data folder as the command line opens it, beside the running server. */
async function openKeys(server: Fixture) {
  const { Database } = await import('bun:sqlite')
  const { createKey, revokeKey } = await import('../../src/storage/sqlite/keys.ts')
  const db = new Database(`${server.dir}/fanfare.db`, { strict: true })
  db.run('PRAGMA busy_timeout = 2000')
  return {
    create(name: string, scopes: ('publish' | 'wallet' | 'admin')[]) {
      const key = `key-of-${name}`
      createKey(db, { name, hash: hashKey(key), scopes, createdAt: server.clock.now() })
      return key
    },
    revoke: (name: string) => void revokeKey(db, name, server.clock.now()),
    audit: () => db.query('SELECT actor, action, subject FROM audit_log ORDER BY rowid').all(),
    [Symbol.asyncDispose]: async () => db.close(),
  }
}
