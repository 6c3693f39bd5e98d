import { expect, test } from 'bun:test'
import { serverKey, type TestClient } from '../../fixture.ts'
import { received, refused, titles, town, type Town } from './scenario.ts'

async function door(place: Town, user: string, query = '', path = '/v1/ws') {
  return refused(place, `${path}?token=${await place.token(user)}${query}`)
}
const opens: [number, string] = [101, '']
const forbidden: [number, string] = [403, 'FORBIDDEN']
const offline: [number, string] = [403, 'RIDER_OFFLINE']

test('L3, L6: a rider comes in approved and online; approved and offline is told to go online first', async () => {
  await using place = await town()
  await place.put('riders/rita', { status: 'pending' })
  expect(await door(place, 'rita')).toEqual(forbidden)
  await place.put('riders/rita', { status: 'approved' }, 200)
  expect(await door(place, 'rita')).toEqual(offline)
  await place.online('rita', 'r1')
  expect(await door(place, 'rita')).toEqual(opens)
  await place.offline('rita')
  expect(await door(place, 'rita')).toEqual(offline)
  await place.put('riders/rita', { status: 'suspended' }, 200)
  expect(await door(place, 'rita')).toEqual(forbidden)
})

test('L4, L6: an administrator of an onboarded merchant comes in, one of a closed merchant and an ordinary user do not', async () => {
  await using place = await town()
  await place.merchant('m1', ['mia'])
  await place.merchant('m2', ['max'], 'closed')
  expect(await door(place, 'mia')).toEqual(opens)
  expect(await door(place, 'max')).toEqual(forbidden)
  expect(await door(place, 'carl')).toEqual(forbidden)
})

test.each(['operator', 'admin'])(
  'L4, L7: the platform comes in as %s, at both addresses',
  async (role) => {
    await using place = await town()
    await place.put('operators/olga', { role })
    expect(await door(place, 'olga')).toEqual(opens)
    expect(await door(place, 'olga', '', '/v1/platform/ws')).toEqual(opens)
  },
)

test('L7: at the address of the platform no other role counts', async () => {
  await using place = await town()
  await place.rider('rita', 'r1')
  await place.rider('ruth')
  await place.merchant('m1', ['mia'])
  for (const user of ['rita', 'ruth', 'mia', 'carl']) {
    expect(await door(place, user, '', '/v1/platform/ws')).toEqual(forbidden)
  }
  expect(await door(place, 'rita', '&role=rider', '/v1/platform/ws')).toEqual(forbidden)
  expect(await door(place, 'mia', '&next=/v1/platform/ws')).toEqual(opens)
})

test('?role= narrows what a connection is let in for', async () => {
  await using place = await town()
  await place.rider('rita')
  await place.merchant('m1', ['rita'])
  expect(await door(place, 'rita')).toEqual(opens)
  expect(await door(place, 'rita', '&role=merchant')).toEqual(opens)
  expect(await door(place, 'rita', '&role=rider')).toEqual(offline)
  expect(await door(place, 'rita', '&role=platform')).toEqual(forbidden)
  for (const query of ['&role=', '&role=Rider', '&role=boss', '&role=rider&role=rider']) {
    expect(await door(place, 'rita', query)).toEqual([400, 'INVALID_PARAMS'])
  }
})

test('roles are those of the store: what a token says of them counts for nothing', async () => {
  await using place = await town()
  const token = await place.token('carl', { role: 'platform', roles: ['rider'] })
  expect(await refused(place, `/v1/ws?token=${token}`)).toEqual(forbidden)
})

test('L8: a rider who goes offline is closed with 4403 before the answer leaves, others are not', async () => {
  await using place = await town()
  await place.rider('rita', 'r1')
  await place.rider('ruth', 'r1')
  const [rita, ruth] = [await place.connect('rita'), await place.connect('ruth')]
  await received(rita)
  await received(ruth)
  await place.offline('rita')
  expect(place.server.listeners('locallife/user:rita')).toBe(0)
  expect((await rita.close()).code).toBe(4403)
  expect(await received(ruth)).toEqual([])
  await place.note('region:r1', 'new order')
  expect(await titles(ruth)).toEqual(['new order'])
  expect(rita.frames).toEqual([])
})

test.each<[string, (place: Town) => Promise<unknown>]>([
  ['a rider is suspended', (place) => place.put('riders/ada', { status: 'suspended' }, 200)],
  [
    'a merchant closes',
    (place) =>
      place.put('merchants/m1', { name: 'M', status: 'closed', administrators: ['ada'] }, 200),
  ],
  [
    'an administrator is removed',
    (place) =>
      place.put('merchants/m1', { name: 'M', status: 'onboarded', administrators: ['bob'] }, 200),
  ],
  [
    'an operator is removed',
    (place) => place.call('DELETE', '/api/locallife/operators/ada', 204, undefined, serverKey),
  ],
])('when %s the connection ends, unless another role holds it', async (what, change) => {
  const roles: Record<string, (place: Town) => Promise<unknown>> = {
    rider: (place) => place.rider('ada', 'r1'),
    merchant: (place) => place.merchant('m1', ['ada', 'bob']),
    operator: (place) => place.operator('ada'),
  }
  const own = Object.keys(roles).find(
    (role) => what.includes(role) || (role === 'merchant' && what.includes('administrator')),
  )!
  for (const other of [null, ...Object.keys(roles).filter((role) => role !== own)]) {
    await using place = await town()
    await roles[own]!(place)
    if (other !== null) await roles[other]!(place)
    const client = await place.connect('ada')
    await received(client)
    await change(place)
    if (other === null) expect((await client.close()).code).toBe(4403)
    else expect(await received(client)).toEqual([])
  }
})

test('a connection that is there for one role ends with it, whatever else its user is', async () => {
  await using place = await town()
  await place.rider('ada', 'r1')
  await place.merchant('m1', ['ada'])
  const phone = await place.connect('ada', '&role=rider')
  const tablet = await place.connect('ada', '&role=merchant')
  await received(phone)
  await place.offline('ada')
  expect((await phone.close()).code).toBe(4403)
  expect(await received(tablet)).toEqual([])
})

test('a role that comes holds a connection as well as one that was there', async () => {
  await using place = await town()
  await place.rider('ada')
  await place.merchant('m1', ['ada'])
  const client = await place.connect('ada')
  await received(client)
  await place.online('ada', 'r1')
  await place.put('merchants/m1', { name: 'M', status: 'closed', administrators: [] }, 200)
  expect(await received(client)).toEqual([])
  await place.offline('ada')
  expect((await client.close()).code).toBe(4403)
})

test('L22: a newer connection of a rider ends the older one with 4409', async () => {
  await using place = await town()
  await place.rider('rita', 'r1')
  await place.rider('ruth', 'r1')
  const other = await place.connect('ruth')
  const older = await place.connect('rita')
  await received(older)
  const newer = await place.connect('rita')
  expect((await older.close()).code).toBe(4409)
  await place.note('rider:rita', 'hers')
  expect(await titles(newer)).toEqual(['hers'])
  expect(older.frames).toEqual([])
  expect(await received(other)).toEqual([])
})

test('L22: of many handshakes at once exactly one connection of a rider is left', async () => {
  await using place = await town()
  await place.rider('rita', 'r1')
  const clients = await Promise.all(Array.from({ length: 20 }, () => place.connect('rita')))
  const isOpen = ({ closed }: TestClient) => closed === null
  await place.server.settled(() => clients.filter(isOpen).length === 1)
  const [last] = clients.filter(isOpen)
  expect(await received(last!)).toEqual([])
  expect(clients.filter(isOpen)).toEqual([last!])
  const codes = clients.filter((one) => one !== last).map(({ closed }) => closed?.code)
  expect(codes).toEqual(Array.from({ length: 19 }, () => 4409))
  await place.server.settled(() => place.server.listeners('locallife/user:rita') === 1)
  expect(
    await place.server.publish('locallife/rider:rita', 'notification', {
      title: 't',
      content: 'c',
    }),
  ).toMatchObject({ recipients: 1 })
})

test('L22: merchants and operators have as many connections as they like, and all of them hear', async () => {
  await using place = await town()
  await place.merchant('m1', ['mia'])
  await place.operator('olga')
  const mias = await Promise.all([1, 2, 3].map(() => place.connect('mia')))
  const olgas = await Promise.all([1, 2].map(() => place.connect('olga')))
  for (const client of [...mias, ...olgas]) expect(await received(client)).toEqual([])
  await place.note('merchant:m1', 'order')
  for (const client of mias) expect(await titles(client)).toEqual(['order'])
  for (const client of olgas) expect(await received(client)).toEqual([])
})

test('L22: who is merchant and rider keeps the tablet when the phone connects, if both say what they are', async () => {
  await using place = await town()
  await place.rider('ada', 'r1')
  await place.merchant('m1', ['ada'])
  const tablet = await place.connect('ada', '&role=merchant')
  const phone = await place.connect('ada', '&role=rider')
  await received(phone)
  const newer = await place.connect('ada')
  expect((await phone.close()).code).toBe(4409)
  expect(await received(tablet)).toEqual([])
  expect(await received(newer)).toEqual([])
})

test('L22: who became a rider on an open connection is ended by a newer one like any rider', async () => {
  await using place = await town()
  await place.rider('ada')
  await place.merchant('m1', ['ada'])
  const early = await place.connect('ada')
  const tablet = await place.connect('ada', '&role=merchant')
  await received(early)
  await place.online('ada', 'r1')
  expect(await received(early)).toEqual([])
  const later = await place.connect('ada')
  expect((await early.close()).code).toBe(4409)
  await place.offline('ada')
  await place.online('ada', 'r1')
  expect(await received(later)).toEqual([])
  const last = await place.connect('ada')
  expect((await later.close()).code).toBe(4409)
  for (const client of [tablet, last]) expect(await received(client)).toEqual([])
})

test('L3: a role that is lost between handshake and opening ends the connection all the same', async () => {
  await using place = await town()
  await place.rider('rita', 'r1')
  for (let attempt = 0; attempt < 10; attempt++) {
    await place.online('rita', 'r1')
    const token = await place.token('rita')
    const [client] = await Promise.all([
      place.server.connect(`/v1/ws?token=${token}`).catch(() => null),
      place.offline('rita'),
    ])
    if (client !== null) expect((await client.close()).code).toBe(4403)
  }
  await place.server.settled(() => place.server.listeners('locallife/user:rita') === 0)
})

test('who leaves while the inbox is looked up leaves nothing behind', async () => {
  await using place = await town()
  await place.operator('olga')
  const clients = await Promise.all(Array.from({ length: 30 }, () => place.connect('olga')))
  for (const client of clients) client.socket.terminate()
  await place.server.settled(() => place.server.host.hub.open.size === 0)
  await place.pass(1_000)
  expect([...place.server.host.hub.open.keys()]).toEqual([])
})

test('who is connected is counted among the recipients from the first instant on', async () => {
  await using place = await town()
  await place.operator('olga')
  for (let count = 1; count <= 10; count++) {
    const client = await place.connect('olga')
    const data = { title: String(count), content: 'c' }
    const { recipients } = await place.server.publish('locallife/platform', 'alert', {
      ...data,
      level: 'info',
    })
    expect(recipients).toBe(count)
    expect((await titles(client)).at(-1)).toBe(String(count))
  }
})
