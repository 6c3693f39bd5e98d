import { expect, test } from 'bun:test'
import { acknowledge, received, refused, titles, town } from './scenario.ts'

const error = (code: string) => ({
  type: 'error',
  data: { code, message: expect.any(String) },
  timestamp: '2026-01-02T03:04:05Z',
})

test('L1: the token of the query opens the connection, and nothing is said before there is something to tell', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  expect(await received(client)).toEqual([])
  const id = await place.note('platform', 'hello')
  expect(await client.text()).toBe(
    `{"type":"notification","id":"${id}","sequence":1,"data":{"title":"hello","content":"c","message_id":"${id}"},"timestamp":"2026-01-02T03:04:05Z"}`,
  )
})

test('L2: a Bearer token opens it too; on plain HTTP the token of a query counts for nothing', async () => {
  await using place = await town()
  await place.rider('rita', 'r1')
  const token = await place.token('rita')
  const headers = { authorization: `Bearer ${token}` }
  const client = await place.server.connect('/v1/ws', { headers })
  expect(await received(client)).toEqual([])
  const plain = await place.server.fetch(`/v1/rider/offline?token=${token}`, {
    method: 'POST',
    body: {},
  })
  expect(plain.status).toBe(401)
  const page = await place.server.fetch(`/v1/ws?token=${token}`)
  expect([page.status, page.headers.get('upgrade')]).toEqual([426, 'websocket'])
  expect(await received(client)).toEqual([])
})

test('L5: every bad token is 401 before the upgrade, whatever else is wrong', async () => {
  await using place = await town()
  await place.operator('olga')
  const good = await place.token('olga')
  const past = Math.floor(place.server.clock.now() / 1000) - 60
  const bad = {
    none: '',
    empty: '?token=',
    garbage: '?token=abc&last_sequence=x',
    tampered: `?token=${good.slice(0, -4)}AAAA`,
    expired: `?token=${await place.token('olga', { exp: past })}`,
    'of another system': `?token=${await place.token('olga', { aud: 'jive' })}`,
    twice: `?token=${good}&token=${good}`,
    'of a user that cannot be': `?token=${await place.token('o.lga')}`,
  }
  for (const [what, query] of Object.entries(bad)) {
    expect([what, ...(await refused(place, `/v1/ws${query}`))]).toEqual([what, 401, 'UNAUTHORIZED'])
  }
  expect(await refused(place, `/v1/ws?token=${good}`)).toEqual([101, ''])
  expect(place.server.logged.join('\n')).not.toContain(good.slice(-20))
})

test('L5: a connection ends with 4401 when its token does', async () => {
  await using place = await town()
  await place.operator('olga')
  const exp = Math.floor(place.server.clock.now() / 1000) + 20
  const token = await place.token('olga', { exp })
  const client = await place.server.connect(`/v1/ws?token=${token}`)
  place.server.clock.advance(19_000)
  expect(await received(client)).toEqual([])
  place.server.clock.advance(2_000)
  expect((await client.close()).code).toBe(4401)
})

test('L11: an acknowledgement stops the notice in either form and is not answered', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  const first = await place.note('platform', 'one')
  const second = await place.note('platform', 'two')
  await place.note('platform', 'three')
  expect(await titles(client)).toEqual(['one', 'two', 'three'])
  await acknowledge(client, first)
  client.send({ type: 'ack', message_id: second, sequence: 2, ts: 1_700_000_000 })
  expect(await received(client)).toEqual([])
  await place.pass(10_000)
  expect(await titles(client)).toEqual(['three'])
})

test('L11: an acknowledgement of what is unknown, of long ago or of somebody else does nothing', async () => {
  await using place = await town()
  await place.operator('olga')
  await place.merchant('m1', ['mia'])
  const [olga, mia] = [await place.connect('olga'), await place.connect('mia')]
  const id = await place.note('merchant:m1', 'hers')
  for (const one of ['unique-id', '999999', '0', '-1', '1e3', id]) await acknowledge(olga, one)
  for (const one of [`0${id}`, ` ${id}`, `${id}.0`]) await acknowledge(mia, one)
  expect(await received(olga)).toEqual([])
  expect(await titles(mia)).toEqual(['hers'])
  await place.pass(10_000)
  expect(await titles(mia)).toEqual(['hers'])
})

test.each([
  ['{"type":"ack"}', 'INVALID_REQUEST'],
  ['{"type":"ack","data":{}}', 'INVALID_REQUEST'],
  ['{"type":"ack","data":{"message_id":5}}', 'INVALID_REQUEST'],
  [`{"type":"ack","message_id":"${'9'.repeat(65)}"}`, 'INVALID_REQUEST'],
  ['{"type":"subscribe","data":{}}', 'UNKNOWN_COMMAND'],
  ['{"type":"Ping"}', 'UNKNOWN_COMMAND'],
  ['hello', 'BAD_FRAME'],
  ['{"__proto__":{"type":"ping"}}', 'BAD_FRAME'],
  ['{"type":"__proto__"}', 'UNKNOWN_COMMAND'],
  ['{"type":"constructor","data":1e400}', 'UNKNOWN_COMMAND'],
  ['{"type":"\\ud800\\u2028"}', 'UNKNOWN_COMMAND'],
  ['{"type":"ack","__proto__":{"message_id":"1"}}', 'INVALID_REQUEST'],
  ['{"type":"ack","data":{"__proto__":{"message_id":"1"}}}', 'INVALID_REQUEST'],
  ['{"type":"ack","data":[["message_id","1"]]}', 'INVALID_REQUEST'],
  ['{"type":"ack","data":null}', 'INVALID_REQUEST'],
])('the frame %s is answered with the error %s, and the connection goes on', async (text, code) => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  client.send(text)
  expect(await client.next()).toEqual(error(code))
  expect(await received(client)).toEqual([])
})

test('an acknowledgement without its id is told which field is missing', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  client.send({ type: 'ack', data: {} })
  expect((await client.next()).data.message).toBe('message_id: Missing')
})

test('the tenth bad frame within a minute ends the connection, and so does a binary one', async () => {
  await using place = await town()
  await place.operator('olga')
  const [babbling, binary] = [await place.connect('olga'), await place.connect('olga')]
  for (let count = 0; count < 10; count++) babbling.send('{')
  expect((await babbling.close()).code).toBe(4400)
  expect(babbling.frames.length).toBe(9)
  binary.socket.send(new Uint8Array([1]))
  expect((await binary.close()).code).toBe(4400)
})

test('L14: a ping is answered, a pong is not', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  client.send({ type: 'pong' })
  client.send({ type: 'ping' })
  expect(await client.text()).toBe('{"type":"pong","data":{},"timestamp":"2026-01-02T03:04:05Z"}')
})

test('L14, L15: the server pings every 54 s without a frame; who answers, as sockets do by themselves, may be silent for ever', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  let pings = 0
  client.socket.addEventListener('ping' as never, () => void pings++)
  for (let round = 1; round <= 3; round++) {
    place.server.clock.advance(53_000)
    expect(pings).toBe(round - 1)
    place.server.clock.advance(2_000)
    await place.server.settled(() => pings === round)
    // The pong is on its way behind the ping: another frame would count by itself.
    await place.server.settled(
      () => heardAt(place) === place.server.clock.elapsed() || client.closed !== null,
    )
  }
  expect(client.closed).toBeNull()
  expect(client.frames).toEqual([])
})

/** Monotonic ms at which the only connection was heard last. */
function heardAt({ server }: Awaited<ReturnType<typeof town>>): number {
  const [member] = server.host.hub.open.get('locallife/user:olga')?.members ?? []
  return member?.heardAt ?? -1
}

test('L15: after 60 s without anything, pongs included, the connection ends with 4408', async () => {
  await using place = await town({ locallife: { ping_interval: 90_000 } })
  await place.operator('olga')
  const silent = await place.connect('olga')
  const lively = await place.connect('olga')
  await received(silent)
  place.server.clock.advance(50_000)
  await received(lively)
  place.server.clock.advance(9_000)
  expect(silent.closed).toBeNull()
  place.server.clock.advance(2_000)
  expect((await silent.close()).code).toBe(4408)
  expect(await received(lively)).toEqual([])
})

test('L16: a JSON ping comes beside the other where it is switched on, and any answer will do', async () => {
  await using place = await town({ locallife: { json_ping: true } })
  await place.operator('olga')
  const client = await place.connect('olga')
  place.server.clock.advance(55_000)
  expect(await client.next()).toMatchObject({ type: 'ping', data: {} })
  client.send({ type: 'pong' })
  expect(await received(client)).toEqual([])
})

test('L24: a frame of 512 KB is read, one more byte ends the connection with 1009', async () => {
  await using place = await town()
  await place.operator('olga')
  const client = await place.connect('olga')
  const padded = (bytes: number) => `{"type":"ping","data":"${'x'.repeat(bytes - 25)}"}`
  expect(padded(100).length).toBe(100)
  client.send(padded(512 * 1024))
  expect((await client.next()).type).toBe('pong')
  client.send(padded(512 * 1024 + 1))
  expect((await client.close()).code).toBe(1009)
})

test('commands have the rate of the configuration; acknowledgements four times that, since 200 notices come back at once', async () => {
  await using place = await town({ limits: { commands_per_second: 10 } })
  await place.operator('olga')
  const client = await place.connect('olga')
  for (let count = 0; count < 21; count++) client.send({ type: 'pong' })
  for (let count = 0; count < 100; count++) await acknowledge(client, '1')
  expect(await client.next()).toEqual(error('RATE_LIMITED'))
  place.server.clock.advance(1_000)
  expect(await received(client)).toEqual([])
})
