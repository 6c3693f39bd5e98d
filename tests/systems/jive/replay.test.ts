import { expect, test } from 'bun:test'
import { start, type TestClient } from '../../fixture.ts'
import { rawHandshake } from '../../raw.ts'
import { error, member, received, subscribe } from './scenario.ts'

const note = (title: string) => ({ level: 'info', title, message: 'm' })
const titles = (frames: readonly any[]) => frames.map(({ data }) => data.title ?? data.code)

async function history(client: TestClient, params: unknown): Promise<any[]> {
  client.send({ command: 'Request', data: { resource: 'history', params } })
  const frames: any[] = []
  do frames.push(await client.next())
  while (
    !['History', 'Error'].includes(frames.at(-1).type) ||
    frames.at(-1).data.code === 'HISTORY_GONE'
  )
  return frames
}

test('J22: ids come only to who connected with ?after=, an empty one meaning from now on', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  await server.publish('jive/family:f1', 'Notification', note('before'))
  const plain = await ann.connect()
  const withIds = await ann.connect('&after=')
  const { id } = await server.publish('jive/family:f1', 'Notification', note('now'))
  expect(await received(plain)).toEqual([{ type: 'Notification', data: note('now') }])
  expect(await received(withIds)).toEqual([{ type: 'Notification', id, data: note('now') }])
})

test('J22: who has no id yet is told where it begins, or what comes while it is away before its first message would be lost', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const path = `/jive/ws?token=${await server.token('ann', { families: ['f1'] })}&after=`
  const empty = await server.connect(path)
  expect((await empty.next()).data).toEqual({ user_id: 'ann', last: '0' })
  const { id } = await server.publish('jive/family:f1', 'Notification', note('before'))
  const client = await server.connect(path)
  const { last } = (await client.next()).data
  expect(last).toBe(id)
  client.socket.close()
  await client.close()
  await server.publish('jive/family:f1', 'Notification', note('meanwhile'))
  const back = await ann.connect(`&after=${last}`)
  expect(titles([await back.next()])).toEqual(['meanwhile'])
  const again = await server.restart()
  const late = await again.connect(path)
  expect(Number((await late.next()).data.last)).toBe(Number(id) + 1)
  await again.stop()
})

test('J22: who comes back with the last id gets what was missed, once and in order, then what is live', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1', 'f2'])
  const eve = await member(server, 'eve', ['f3'])
  const first = await ann.connect('&after=')
  await server.publish('jive/user:ann', 'Notification', note('1'))
  const { id } = await first.next()
  first.socket.close()
  await first.close()
  await server.publish('jive/family:f1', 'Notification', note('2'))
  await server.publish('jive/family:f3', 'Notification', note('not hers'))
  await server.publish('jive/user:ann', 'Notification', note('3'))
  await server.publish('jive/global', 'Notification', note('not asked for'))
  await server.publish('jive/family:f2', 'Notification', note('4'))
  const back = await ann.connect(`&after=${id}`)
  await server.publish('jive/family:f1', 'Notification', note('5'))
  const frames = [await back.next(), await back.next(), await back.next(), await back.next()]
  expect(titles(frames)).toEqual(['2', '3', '4', '5'])
  const ids = frames.map((frame) => Number(frame.id))
  expect(ids).toEqual(ids.toSorted((a, b) => a - b))
  expect(await received(back)).toEqual([])
  const other = await eve.connect(`&after=${id}`)
  expect(titles([await other.next()])).toEqual(['not hers'])
})

test('J11, J22: a balance that went to family and account is replayed once', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  await ann.spend(account)
  const client = await ann.connect('&after=0')
  const types = [(await client.next()).type, (await client.next()).type]
  expect(types).toEqual(['TransactionUpdate', 'AccountBalanceUpdate'])
  expect(await received(client)).toEqual([])
  const own = await history(client, { topic: `account:${account}` })
  expect(own.map(({ type }) => type)).toEqual(['AccountBalanceUpdate', 'History'])
})

test('J22: joining under fire leaves no gap and no double', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const sender = (async () => {
    for (let count = 1; count <= 150; count++) {
      await server.publish('jive/family:f1', 'Notification', note(String(count)))
    }
  })()
  const expected = Array.from({ length: 150 }, (_, index) => String(index + 1))
  const clients: TestClient[] = []
  for (let count = 0; count < 10; count++) clients.push(await ann.connect('&after=0'))
  await sender
  for (const client of clients) {
    await client.until(() => client.frames.length >= 150, '150 frames')
    expect(titles(await received(client))).toEqual(expected)
  }
})

test.each(['x', '-1', '1.5', '1e3', '9999999999999999', '1&after=2'])(
  'J22: after=%s is no message id and is told so at the handshake',
  async (after) => {
    await using server = await start()
    const token = await server.token('ann', { families: ['f1'] })
    const path = `/jive/ws?token=${token}&after=${after}`
    const { status, body } = await rawHandshake(server.url, path)
    expect(status).toBe(400)
    expect(JSON.parse(body).code).toBe('INVALID_PARAMS')
  },
)

test('J22: when part of the past is no longer kept, that is said before the rest', async () => {
  await using server = await start({ history: { retention: 60_000 } })
  const ann = await member(server, 'ann', ['f1'])
  const { id } = await server.publish('jive/family:f1', 'Notification', note('seen'))
  await server.publish('jive/family:f1', 'Notification', note('lost'))
  server.clock.advance(120_000)
  await server.publish('jive/family:f1', 'Notification', note('kept'))
  await server.host.store.prune(server.clock.now() - 60_000, server.clock.now())
  const client = await ann.connect(`&after=${id}`)
  expect(titles([await client.next(), await client.next()])).toEqual(['HISTORY_GONE', 'kept'])
  const asked = await history(client, { topic: 'family:f1', after: id })
  expect(asked[0]).toEqual(error('HISTORY_GONE'))
  expect(titles(asked.slice(1, 2))).toEqual(['kept'])
  const open = await history(client, { topic: 'family:f1' })
  expect(open.map(({ type }) => type)).toEqual(['Notification', 'History'])
})

test('J22: an id of the future brings nothing of the past and everything live', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  await server.publish('jive/family:f1', 'Notification', note('past'))
  const client = await ann.connect('&after=999999')
  expect(await received(client)).toEqual([])
  await server.publish('jive/family:f1', 'Notification', note('live'))
  expect(titles([await client.next()])).toEqual(['live'])
})

test('history: the original frames, then where they end and whether that is all', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const ids: string[] = []
  for (const title of ['1', '2', '3']) {
    ids.push((await server.publish('jive/family:f1', 'Notification', note(title))).id)
  }
  const client = await ann.connect('&after=')
  const topic = 'family:f1'
  const part = await history(client, { topic, limit: 2 })
  expect(titles(part.slice(0, 2))).toEqual(['1', '2'])
  expect(part[0].id).toBe(ids[0])
  expect(part[2]).toEqual({ type: 'History', data: { topic, last: ids[1], complete: false } })
  const rest = await history(client, { topic, after: ids[1], limit: 2 })
  expect(titles(rest.slice(0, 1))).toEqual(['3'])
  expect(rest[1]).toEqual({ type: 'History', data: { topic, last: ids[2], complete: true } })
  expect(await history(client, { topic, after: ids[2] })).toEqual([
    { type: 'History', data: { topic, last: ids[2], complete: true } },
  ])
  expect(await history(client, { topic: 'global' })).toEqual([
    { type: 'History', data: { topic: 'global', last: '0', complete: true } },
  ])
  const plain = await ann.connect()
  expect((await history(plain, { topic }))[0]).toEqual({ type: 'Notification', data: note('1') })
})

test('history: large frames come in parts, so that one request cannot fill a client’s buffer', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const message = 'x'.repeat(9_000)
  for (let count = 0; count < 100; count++) {
    await server.publish('jive/family:f1', 'Notification', {
      level: 'i',
      title: `${count}`,
      message,
    })
  }
  const client = await ann.connect('&after=')
  const seen: string[] = []
  let after = '0'
  let requests = 0
  for (let complete = false; !complete; requests++) {
    const frames = await history(client, { topic: 'family:f1', after, limit: 200 })
    seen.push(...titles(frames.slice(0, -1)))
    ;({ last: after, complete } = frames.at(-1).data)
  }
  expect(seen).toEqual(Array.from({ length: 100 }, (_, index) => String(index)))
  expect(requests).toBeGreaterThan(1)
})

test('J14: a client that tries after 2, 4, 8, 16 and 32 s comes back after an outage of a minute and misses nothing', async () => {
  const before = await start()
  const ann = await member(before, 'ann', ['f1'])
  const account = await ann.account('f1')
  const client = await ann.connect('&after=')
  const spent = await ann.spend(account)
  const first = await client.next()
  expect(first.data.transaction_id).toBe(spent.id)
  const { id } = await client.next()
  const missed = await ann.spend(account)
  await client.until(() => client.frames.length === 2, 'the frames of the second transaction')
  await before.stop()
  expect((await client.close()).code).toBe(1012)
  await expect(before.connect(`/jive/ws?token=${ann.token}`)).rejects.toThrow()
  before.clock.advance(62_000)
  await using server = await before.restart()
  const again = await member(server, 'ann', ['f1'])
  const back = await again.connect(`&after=${id}`)
  expect((await back.next()).data).toMatchObject({ transaction_id: missed.id, action: 'created' })
  expect((await back.next()).data).toMatchObject({ account_id: account, balance: -20 })
  expect(await received(back)).toEqual([])
  await subscribe(back, 'global')
})
