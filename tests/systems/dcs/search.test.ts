import { expect, test } from 'bun:test'
import { start, type Fixture } from '../../fixture.ts'
import { golden, numbers, partner, publish, received, versions } from './scenario.ts'

const path = '/websocket/v1/search'
const minute = 60_000

async function prune(server: Fixture): Promise<void> {
  await server.host.store.prune(server.clock.now() - minute, server.clock.now())
}

test('D17: a message is found by its version, as the text that was sent', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  for (const name of ['kyc-status', 'balance-change', 'card-transaction', 'order-status']) {
    const { type, data, externalUserId } = JSON.parse(golden(name))
    await publish(server, 'acme', type, data, externalUserId)
    server.clock.advance(1_000)
  }
  await client.until(() => client.frames.length === 4, 'all four')
  for (const [index, frame] of client.frames.entries()) {
    const { data } = await acme.call(path, `version=${index + 1}`)
    expect(data).toBe(frame)
    expect(Object.keys(JSON.parse(data!)).toSorted()).toEqual([
      'data',
      'externalUserId',
      'timestamp',
      'type',
      'version',
    ])
  }
})

test('D18: a version that was never given, or is no longer kept, is DATA_NOT_FOUND', async () => {
  await using server = await start({ history: { retention: minute } })
  const acme = await partner(server, 'acme')
  const missing = { status: 404, code: 'DATA_NOT_FOUND', success: false }
  expect(await acme.call(path, 'version=1')).toMatchObject(missing)
  await acme.tell('u1')
  server.clock.advance(2 * minute)
  await acme.tell('u2')
  await prune(server)
  for (const version of ['0', '1', '3', '9007199254740993', '18446744073709551615']) {
    expect(await acme.call(path, `version=${version}`)).toMatchObject(missing)
  }
  expect((await acme.call(path, 'version=2')).success).toBe(true)
})

test('D17: versions are the partner’s own: the same number finds another partner’s message nowhere', async () => {
  await using server = await start()
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  await acme.tell('theirs')
  await acme.tell('theirs')
  await other.tell('own')
  expect(JSON.parse((await other.call(path, 'version=1')).data!).externalUserId).toBe('own')
  expect((await other.call(path, 'version=2')).code).toBe('DATA_NOT_FOUND')
  expect(JSON.parse((await other.call(path, 'from=1')).data!)).toHaveLength(1)
})

test('D18: a range holds both its ends, at most 100 messages, and goes on where it ended', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  for (let count = 1; count <= 250; count++) await acme.tell(`u${count}`)
  const found = async (query: string) => {
    const { data, success } = await acme.call(path, query)
    expect(success).toBe(true)
    return versions(JSON.parse(data!))
  }
  expect(await found('from=3&to=5')).toEqual([3, 4, 5])
  expect(await found('from=3&to=3')).toEqual([3])
  expect(await found('from=3&limit=2')).toEqual([3, 4])
  expect(await found('to=2')).toEqual([1, 2])
  expect(await found('from=0&limit=1')).toEqual([1])
  expect(await found('from=248')).toEqual([248, 249, 250])
  expect(await found('from=251')).toEqual([])
  expect(await found('from=1&to=250')).toEqual(numbers(1, 100))
  expect(await found('from=1&limit=1000')).toEqual(numbers(1, 100))
  const all: number[] = []
  for (let part = await found('from=1'); part.length > 0;) {
    all.push(...part)
    part = await found(`from=${part.at(-1)! + 1}`)
  }
  expect(all).toEqual(numbers(1, 250))
})

test('D18: a range that begins before what is kept is 410, so that a gap is never silent; one without a beginning is not', async () => {
  await using server = await start({ history: { retention: minute } })
  const acme = await partner(server, 'acme')
  await acme.tell('u1')
  await acme.tell('u2')
  server.clock.advance(2 * minute)
  await acme.tell('u3')
  await prune(server)
  expect(await acme.call(path, 'from=2&to=3')).toMatchObject({ status: 410, code: 'HISTORY_GONE' })
  expect(versions(JSON.parse((await acme.call(path, 'from=3')).data!))).toEqual([3])
  expect(versions(JSON.parse((await acme.call(path, 'limit=5')).data!))).toEqual([3])
})

test.each([
  ['', 'version'],
  ['x=1', 'version'],
  ['version=1&from=1', 'version'],
  ['version=', 'version'],
  ['version=-1', 'version'],
  ['version=01', 'version'],
  ['version=1.0', 'version'],
  ['version=1e3', 'version'],
  ['version=1&version=2', 'version'],
  ['version=100000000000000000000', 'version'],
  ['from=5&to=4', 'to'],
  ['from=x', 'from'],
  ['from=1&to=', 'to'],
  ['from=1&limit=0', 'limit'],
])('D17: "%s" is 400 and names %s', async (query, field) => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const { status, code, message, success } = await acme.call(path, query)
  expect([status, code, success]).toEqual([400, 'INVALID_REQUEST', false])
  expect(message).toStartWith(`${field}: Expected`)
})

test('D17: searching brings no frame to anybody and ends no channel', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  await acme.tell('u1')
  await client.next()
  await acme.call(path, 'version=1')
  await acme.call(path, 'from=1')
  expect(await received(client)).toEqual([])
  expect(client.closed).toBeNull()
})
