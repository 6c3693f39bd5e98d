import { expect, test } from 'bun:test'
import { serverKey, type TestClient } from '../../fixture.ts'
import { received, titles, town, type Town } from './scenario.ts'

async function publish({ server }: Town, channel: string, type: string, data: unknown, more = {}) {
  const body = { channel: `locallife/${channel}`, type, data, ...more }
  const answer = await server.fetch('/api/publish', { method: 'POST', body, token: serverKey })
  const { code, details, recipients } = (await answer.json()) as any
  return [answer.status, code ?? recipients, details?.[0]?.path]
}

/** Two riders online in one region, one in another, one offline; two merchants, one of them closed; two operators; everybody connected who can be. */
async function busyTown() {
  const place = await town()
  await place.rider('rita', 'r1')
  await place.rider('ruth', 'r1')
  await place.rider('rosa', 'r2')
  await place.rider('rolf')
  await place.merchant('m1', ['mia', 'max'])
  await place.merchant('m2', ['moe'])
  await place.merchant('m3', ['moe'], 'closed')
  await place.operator('olga')
  await place.operator('otto')
  const clients = new Map<string, TestClient>()
  for (const user of ['rita', 'ruth', 'rosa', 'mia', 'max', 'moe', 'olga', 'otto']) {
    clients.set(user, await place.connect(user))
  }
  for (const client of clients.values()) expect(await received(client)).toEqual([])
  /** Who has heard something since. */
  const heard = async () => {
    const names: string[] = []
    for (const [user, client] of clients) {
      if ((await received(client)).length > 0) names.push(user)
    }
    return names
  }
  return { place, heard }
}

test.each([
  ['rider:rita', ['rita']],
  ['rider:rolf', []],
  ['region:r1', ['rita', 'ruth']],
  ['region:r9', []],
  ['merchant:m1', ['mia', 'max']],
  ['merchant:m3', []],
  ['operator:otto', ['otto']],
  ['platform', ['olga', 'otto']],
])(
  'L4, L18, L20: what is published to %s is heard by %j and nobody else',
  async (channel, users) => {
    const { place, heard } = await busyTown()
    await using _ = place
    expect(await publish(place, channel, 'notification', { title: 't', content: 'c' })).toEqual([
      200,
      users.length,
      undefined,
    ])
    expect(await heard()).toEqual(users)
  },
)

test.each([
  'rider:carl',
  'rider:mia',
  'merchant:m9',
  'operator:rita',
  'platform:x',
  'rider',
  'merchant:m1:x',
  'merchant:m.1',
  'region:a.b',
  'duty:rita',
  'order:1',
])('L20: nobody is at %s, which is 404 and told to nobody', async (channel) => {
  const { place, heard } = await busyTown()
  await using _ = place
  const data = { title: 't', content: 'c' }
  expect(await publish(place, channel, 'notification', data)).toEqual([404, 'NOT_FOUND', 'channel'])
  expect(await heard()).toEqual([])
})

test('an inbox is filled by what speaks to its user, not by name', async () => {
  const { place, heard } = await busyTown()
  await using _ = place
  const data = { title: 't', content: 'c' }
  expect(await publish(place, 'user:rita', 'notification', data)).toEqual([
    403,
    'FORBIDDEN',
    undefined,
  ])
  const more = { externalUserId: 'rita' }
  expect(await publish(place, 'rider:rita', 'notification', data, more)).toEqual([
    400,
    'INVALID_REQUEST',
    'externalUserId',
  ])
  expect(await heard()).toEqual([])
})

test('L3, L12: an approved rider who is offline finds what was for it alone, not what was for the region', async () => {
  await using place = await town()
  await place.rider('rita', 'r1')
  await place.offline('rita')
  await place.note('rider:rita', 'hers')
  await place.note('region:r1', 'for those who are online')
  await place.online('rita', 'r1')
  expect(await titles(await place.connect('rita'))).toEqual(['hers'])
})

test('L12: a rider who goes offline or moves is not told again what was for the region', async () => {
  await using place = await town()
  await place.rider('rita', 'r1')
  await place.note('region:r1', 'region')
  await place.note('rider:rita', 'hers')
  await place.online('rita', 'r2')
  expect(await titles(await place.connect('rita', '&last_sequence=0'))).toEqual(['hers'])
  await place.note('region:r2', 'new region')
  await place.offline('rita')
  await place.online('rita', 'r2')
  expect(await titles(await place.connect('rita'))).toEqual(['hers'])
})

test('a suspended rider and a closed merchant are told nothing, later neither', async () => {
  await using place = await town()
  await place.put('riders/rita', { status: 'suspended' })
  await place.merchant('m1', ['mia'], 'closed')
  await place.note('rider:rita')
  await place.note('merchant:m1')
  await place.put('riders/rita', { status: 'approved' }, 200)
  await place.online('rita', 'r1')
  await place.put('merchants/m1', { name: 'M', status: 'onboarded', administrators: ['mia'] }, 200)
  expect(await received(await place.connect('rita'))).toEqual([])
  expect(await received(await place.connect('mia'))).toEqual([])
})

test('L25: every type of the original is told as it was published, with further fields', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  const events = {
    notification: { title: '库存预警', content: '面粉不足', sku: 'f-1', left: 3 },
    alert: { title: '系统错误', content: 'c', level: 'critical' },
    order_update: { order_id: 'o1', status: 'delivered', items: [{ n: 1.5 }] },
    merchant_status_change: { merchant_id: 'm1', status: 'closed' },
    delivery_pool_new: { order_id: 'o1', fee: 500, at: null },
    delivery_pool_gone: { order_id: 'o1' },
    delivery_status_sync: { order_id: 'o1', status: 'picked_up', rider: { id: 'r' } },
    connection_blocked: { reason: 'too many devices' },
  }
  let sequence = 0
  for (const [type, data] of Object.entries(events)) {
    expect(await publish(place, 'platform', type, data)).toEqual([200, 1, undefined])
    const { id, timestamp, ...frame } = await client.next()
    expect(frame).toEqual({ type, sequence: ++sequence, data: { ...data, message_id: id } })
  }
})

test('L10: what a publisher calls message_id, and names that change objects, do not reach clients', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  const body = `{"channel":"locallife/platform","type":"notification","data":{"title":"t","content":"c",
    "message_id":"1","__proto__":{"a":1},"constructor":"x","deep":[{"__proto__":{"b":1},"prototype":2,"message_id":"kept"}]}}`
  const answer = await place.server.fetch('/api/publish', {
    method: 'POST',
    body,
    token: serverKey,
  })
  const { id } = (await answer.json()) as any
  const text = await client.text()
  expect(text).toContain(
    `"data":{"title":"t","content":"c","deep":[{"message_id":"kept"}],"message_id":"${id}"}`,
  )
})

test.each([
  ['notification', {}, 'data.title'],
  ['notification', { title: '', content: 'c' }, 'data.title'],
  ['notification', { title: 't'.repeat(201), content: 'c' }, 'data.title'],
  ['notification', { title: 't' }, 'data.content'],
  ['notification', [], 'data.title'],
  ['notification', 'x', 'data'],
  ['alert', { title: 't', content: 'c', level: 'bad' }, 'data.level'],
  ['order_update', { order_id: 'a b', status: 's' }, 'data.order_id'],
  ['order_update', { order_id: 'o' }, 'data.status'],
  ['merchant_status_change', { merchant_id: 'm' }, 'data.status'],
  ['delivery_pool_new', {}, 'data.order_id'],
  ['delivery_pool_gone', { order_id: 1 }, 'data.order_id'],
  ['delivery_status_sync', { order_id: 'o', status: '' }, 'data.status'],
  ['connection_blocked', {}, 'data.reason'],
  ['error', { code: 'X', message: 'm' }, 'type'],
  ['history_gap', { from: 1, to: 2 }, 'type'],
])('a %s with %j is refused, names %s and is told to nobody', async (type, data, path) => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  expect(await publish(place, 'platform', type, data)).toEqual([400, 'INVALID_REQUEST', path])
  expect(await received(client)).toEqual([])
})

test('a publish that is repeated under its key is told once, and waits once', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  const more = { idempotencyKey: 'k' }
  for (let count = 0; count < 3; count++) {
    const data = { title: 'once', content: 'c' }
    expect(await publish(place, 'platform', 'notification', data, more)).toEqual([
      200,
      1,
      undefined,
    ])
  }
  expect(await titles(client)).toEqual(['once'])
  expect(await titles(await place.connect('olga'))).toEqual(['once'])
})

test('numbers of a backend stay numbers, whatever other systems read as money', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  const data = { order_id: 'o1', status: 'paid', amount: 1250, balance: 1.5 }
  await publish(place, 'platform', 'order_update', data)
  expect((await client.next()).data).toMatchObject(data)
})
