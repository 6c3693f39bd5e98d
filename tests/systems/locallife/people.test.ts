import { expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { openBeside } from '../../../src/storage/sqlite/open.ts'
import { createKey } from '../../../src/storage/sqlite/keys.ts'
import { hashKey } from '../../../src/core/keys.ts'
import { serverKey } from '../../fixture.ts'
import { town } from './scenario.ts'

const merchant = { name: 'Noodles', status: 'onboarded', administrators: ['mia'] }

test('riders are made with 201, changed with 200, read with 200; what is not given stays', async () => {
  await using place = await town()
  const get = () => place.call('GET', '/api/locallife/riders/rita', 200, undefined, serverKey)
  const pending = { id: 'rita', status: 'pending', online: false, region_id: null }
  expect(await place.put('riders/rita', { status: 'pending' })).toEqual(pending)
  expect(await get()).toEqual(pending)
  const approved = { ...pending, status: 'approved', region_id: 'r1' }
  expect(await place.put('riders/rita', { status: 'approved', region_id: 'r1' }, 200)).toEqual(
    approved,
  )
  expect(await place.put('riders/rita', { status: 'approved' }, 200)).toEqual(approved)
  await place.online('rita', 'r2')
  expect(await get()).toEqual({ ...approved, online: true, region_id: 'r2' })
  expect(await place.put('riders/rita', { status: 'approved', region_id: 'r3' }, 200)).toEqual({
    ...approved,
    online: true,
    region_id: 'r3',
  })
  const suspended = { id: 'rita', status: 'suspended', online: false, region_id: 'r3' }
  expect(await place.put('riders/rita', { status: 'suspended' }, 200)).toEqual(suspended)
  expect(await place.put('riders/rita', { status: 'approved' }, 200)).toMatchObject({
    online: false,
  })
})

test('merchants and operators are made, replaced, read; operators removed', async () => {
  await using place = await town()
  const call = (method: string, path: string, status: number) =>
    place.call(method, `/api/locallife/${path}`, status, undefined, serverKey)
  expect(await place.put('merchants/m1', merchant)).toEqual({ id: 'm1', ...merchant })
  const next = { name: ' Rice ', status: 'closed', administrators: ['max', 'ann', 'max'] }
  const kept = { id: 'm1', name: 'Rice', status: 'closed', administrators: ['ann', 'max'] }
  expect(await place.put('merchants/m1', next, 200)).toEqual(kept)
  expect(await call('GET', 'merchants/m1', 200)).toEqual(kept)
  expect(await place.put('operators/olga', { role: 'operator' })).toEqual({
    id: 'olga',
    role: 'operator',
  })
  expect(await place.put('operators/olga', { role: 'admin' }, 200)).toEqual({
    id: 'olga',
    role: 'admin',
  })
  expect(await call('GET', 'operators/olga', 200)).toEqual({ id: 'olga', role: 'admin' })
  expect(await call('DELETE', 'operators/olga', 204)).toBeNull()
  for (const [method, path] of [
    ['GET', 'operators/olga'],
    ['DELETE', 'operators/olga'],
    ['GET', 'merchants/m2'],
    ['GET', 'riders/mia'],
  ] as const) {
    expect((await call(method, path, 404)).code).toBe('NOT_FOUND')
  }
})

test('what a restart finds is what was there: a rider stays online', async () => {
  await using place = await town()
  await place.rider('rita', 'r1')
  await place.merchant('m1', ['mia'])
  await place.restart()
  expect(
    await place.call('GET', '/api/locallife/riders/rita', 200, undefined, serverKey),
  ).toMatchObject({ online: true, region_id: 'r1' })
  const client = await place.connect('rita')
  expect(client.closed).toBeNull()
})

test.each([
  ['riders/r', {}, 'status'],
  ['riders/r', { status: 'online' }, 'status'],
  ['riders/r', { status: 'approved', region_id: 'a b' }, 'region_id'],
  ['riders/r', { status: 'approved', region_id: null }, 'region_id'],
  ['riders/r', [], ''],
  ['riders/r%20x', { status: 'approved' }, 'id'],
  [`riders/${'x'.repeat(65)}`, { status: 'approved' }, 'id'],
  ['merchants/m', { ...merchant, name: ' ' }, 'name'],
  ['merchants/m', { ...merchant, name: 'x'.repeat(101) }, 'name'],
  ['merchants/m', { ...merchant, status: 'open' }, 'status'],
  ['merchants/m', { name: 'x', status: 'closed' }, 'administrators'],
  ['merchants/m', { ...merchant, administrators: ['mia', 'm/x'] }, 'administrators.1'],
  [
    'merchants/m',
    { ...merchant, administrators: Array.from({ length: 501 }, String) },
    'administrators',
  ],
  ['operators/o', { role: 'boss' }, 'role'],
])('PUT %s with %j is refused and names %s', async (path, body, field) => {
  await using place = await town()
  const { code, details } = await place.put(path, body, 400)
  expect([code, details[0].path]).toEqual(['INVALID_REQUEST', field])
  await place.call(
    'GET',
    `/api/locallife/${path}`,
    path.includes('x') ? 400 : 404,
    undefined,
    serverKey,
  )
})

test('a body over 64 KB is refused before it is read', async () => {
  await using place = await town()
  const body = { ...merchant, name: 'x'.repeat(70_000) }
  expect((await place.put('merchants/m1', body, 413)).code).toBe('PAYLOAD_TOO_LARGE')
})

test('who is what is told and changed only with a server key of the scope admin', async () => {
  await using place = await town()
  await place.operator('olga')
  const publisher = 'a-key-that-may-only-publish-0123456789'
  const db = openBeside(place.server.dir)
  const key = { name: 'p', hash: hashKey(publisher), scopes: ['publish' as const], createdAt: 0 }
  createKey(db, key)
  db.close()
  for (const path of ['riders/x', 'merchants/x', 'operators/x']) {
    for (const method of ['GET', 'PUT', ...(path.startsWith('op') ? ['DELETE'] : [])]) {
      const call = (status: number, token?: string) =>
        place.call(
          method,
          `/api/locallife/${path}`,
          status,
          method === 'PUT' ? {} : undefined,
          token,
        )
      expect((await call(401)).code).toBe('UNAUTHORIZED')
      expect((await call(401, await place.token('olga'))).code).toBe('UNAUTHORIZED')
      expect((await call(403, publisher)).code).toBe('FORBIDDEN')
    }
  }
})

test('every change of who is what leaves a row in the audit log, refused ones do not', async () => {
  await using place = await town()
  await place.put('riders/rita', { status: 'approved' })
  await place.put('merchants/m1', merchant)
  await place.put('operators/olga', { role: 'admin' })
  await place.call('DELETE', '/api/locallife/operators/olga', 204, undefined, serverKey)
  await place.call('DELETE', '/api/locallife/operators/olga', 404, undefined, serverKey)
  await place.put('riders/rita', { status: 'x' }, 400)
  const db = new Database(join(place.server.dir, 'fanfare.db'), { readonly: true })
  const rows = db
    .query('SELECT actor, action, subject, details FROM audit_log ORDER BY id')
    .values()
  db.close()
  expect(rows).toEqual([
    ['server_key', 'rider.put', 'rita', 'approved'],
    ['server_key', 'merchant.put', 'm1', 'onboarded, administrators: mia'],
    ['server_key', 'operator.put', 'olga', 'admin'],
    ['server_key', 'operator.delete', 'olga', null],
  ])
})

test('L3, L8: an approved rider goes online in a region, moves, goes offline, and again', async () => {
  await using place = await town()
  await place.rider('rita')
  const token = await place.token('rita')
  const go = (where: string, body?: unknown) =>
    place.call('POST', `/v1/rider/${where}`, 200, body, token)
  const online = { user: 'rita', status: 'approved', online: true, region_id: 'r1' }
  expect(await go('online', { region_id: 'r1' })).toEqual(online)
  expect(await go('online', { region_id: 'r1' })).toEqual(online)
  expect(await go('online', { region_id: 'r2' })).toEqual({ ...online, region_id: 'r2' })
  const offline = { ...online, online: false, region_id: 'r2' }
  expect(await go('offline')).toEqual(offline)
  expect(await go('offline', {})).toEqual(offline)
  // Where it was last is where it comes back, unless it says otherwise.
  expect(await go('online')).toEqual({ ...online, region_id: 'r2' })
  expect(await go('online', {})).toEqual({ ...online, region_id: 'r2' })
})

test('who is no approved rider goes neither online nor offline', async () => {
  await using place = await town()
  await place.put('riders/petra', { status: 'pending' })
  await place.put('riders/susi', { status: 'suspended' })
  await place.merchant('m1', ['mia'])
  for (const user of ['petra', 'susi', 'mia', 'carl']) {
    const token = await place.token(user)
    for (const where of ['online', 'offline']) {
      const body = { region_id: 'r1' }
      const { code } = await place.call('POST', `/v1/rider/${where}`, 403, body, token)
      expect([user, code]).toEqual([user, 'FORBIDDEN'])
    }
  }
})

test.each([{}, { region_id: '' }, { region_id: 5 }, { region_id: 'a b' }, 'x', '[]'])(
  'going online with %j names the region that is missing, and changes nothing',
  async (body) => {
    await using place = await town()
    await place.rider('rita')
    const token = await place.token('rita')
    expect((await place.call('POST', '/v1/rider/online', 400, body, token)).code).toBe(
      'INVALID_REQUEST',
    )
    const path = '/api/locallife/riders/rita'
    expect(await place.call('GET', path, 200, undefined, serverKey)).toMatchObject({
      online: false,
    })
  },
)

test('going online needs the token of the rider', async () => {
  await using place = await town()
  await place.rider('rita')
  const body = { region_id: 'r1' }
  for (const token of [undefined, 'x', serverKey, await place.token('rita', { aud: 'jive' })]) {
    for (const where of ['online', 'offline'])
      await place.call('POST', `/v1/rider/${where}`, 401, body, token)
  }
})

test('requests of one user have a rate, those of another their own', async () => {
  await using place = await town({ limits: { commands_per_second: 2 } })
  await place.rider('rita')
  await place.rider('ruth')
  const go = async (user: string, status: number) =>
    place.call('POST', '/v1/rider/offline', status, undefined, await place.token(user))
  for (let count = 0; count < 4; count++) await go('rita', 200)
  expect((await go('rita', 429)).code).toBe('RATE_LIMITED')
  await go('ruth', 200)
  place.server.clock.advance(500)
  await go('rita', 200)
})

test('a user nobody gave a role to is neither rider nor operator', async () => {
  await using place = await town()
  for (const kind of ['riders', 'operators']) {
    await place.call('GET', `/api/locallife/${kind}/carl`, 404, undefined, serverKey)
  }
})
