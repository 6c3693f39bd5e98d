import { expect, test } from 'bun:test'
import { codec } from '../../../src/systems/pledge/codec.ts'
import { serverKey, type TestClient } from '../../fixture.ts'
import { frame, op, stand } from '../../hostile/raw.ts'
import { rawHandshake } from '../../raw.ts'
import { floor, golden, plgr, priced, received, type Floor } from './scenario.ts'

/** How a connection ends when its time is up: what it gets and its close code. */
async function ending(client: TestClient): Promise<[frames: string[], code: number]> {
  const { code } = await client.close()
  return [client.frames.splice(0), code]
}

/** Moves the clock to an instant; each step leaves time for what was caused. */
async function pass({ server }: Floor, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    server.clock.advance(Math.min(left, 500))
    await Bun.sleep(0)
  }
}

test('P3: a price leaves as the sample, to the byte', async () => {
  const body = JSON.stringify('0.0027')
  const message = { id: '', channel: 'pledge/price:PLGR-USDT', type: 'Price', body, at: 0 }
  expect(codec.message(message, '')).toBe(golden('price'))
  await using place = await floor()
  const client = await place.listen()
  place.tell('0.0027')
  expect(await client.text()).toBe(golden('price'))
})

test('P1, P13: what the exchange writes is what arrives, digit by digit', async () => {
  await using place = await floor()
  const client = await place.listen()
  const texts = ['0.00270', '1', '00.1', '0.1000000000000000055511151231257827', '9'.repeat(64)]
  for (const text of texts) {
    place.tell(text)
    expect(await client.text()).toBe(priced(text))
    place.server.clock.advance(50)
  }
})

test.each(['', '-1', '+1', '1e3', '0x10', ' 1', '1.', '.5', '1,5', 'NaN', '"', '1'.repeat(65)])(
  'P13: %p is no price, and nobody is told it, since a number is never invented',
  async (text) => {
    await using place = await floor()
    const client = await place.listen()
    place.tell('1.5')
    expect(await client.text()).toBe(priced('1.5'))
    place.server.clock.advance(50)
    place.tell(text)
    place.server.clock.advance(50)
    expect(await received(client)).toEqual([])
    expect(await place.quote()).toMatchObject({ price: '1.5' })
    expect(await place.metrics()).toContain(
      'fanfare_upstream_refused_total{feed="test",why="malformed"} 1',
    )
  },
)

test.each(['ping', '"ping"', "'ping'"])('P4: %s gets a pong', async (text) => {
  await using place = await floor()
  const client = await place.listen()
  client.send(text)
  expect(await client.text()).toBe(golden('pong'))
})

test('P4: a ping in a binary frame or in fragments is a ping, as it was to the original', async () => {
  await using place = await floor()
  const client = await stand(place.server.url, '/pledge/ws')
  client.send(frame(op.binary, 'ping'))
  client.send(frame(op.text, 'pi', { fin: false }))
  client.send(frame(op.more, 'ng'))
  await place.server.settled(() => client.frames().length === 2)
  expect(client.frames()).toEqual([golden('pong'), golden('pong')])
  client.end()
})

const rubbish = [
  ...['', ' ping', 'ping ', 'ping\n', 'PING', 'Ping', '``ping``', '""ping""', 'pingping', 'pong'],
  ...[
    'null',
    '{}',
    '{"type":"ping"}',
    '{"code":1,"data":"ping"}',
    '["ping"]',
    '\u0000',
    '\ufeffping',
  ],
  ...['['.repeat(10_000), '{"__proto__":{}}', 'x'.repeat(60_000)],
]

test('P6: any other text is ignored without an answer, however often, and keeps nobody alive', async () => {
  await using place = await floor()
  const client = await place.listen()
  for (const text of rubbish) client.send(text)
  expect(await received(client)).toEqual([])
  for (let n = 0; n < 20; n++) client.send('{"not":"json')
  expect(await received(client)).toEqual([])
  await pass(place, 19_000)
  for (const text of rubbish) client.send(text)
  client.socket.send(new Uint8Array([1, 2, 3]))
  place.tell('1.5')
  expect(await client.text()).toBe(priced('1.5'))
  await pass(place, 2_000)
  expect(await ending(client)).toEqual([[golden('heartbeat-timeout')], 4408])
})

test('P6: binary frames of no sense are ignored, too', async () => {
  await using place = await floor()
  const client = await place.listen()
  for (let n = 0; n < 20; n++) client.socket.send(new Uint8Array([n, 0xff]))
  expect(await received(client)).toEqual([])
})

test('P6: what is ignored uses up no rate of the pings behind it', async () => {
  await using place = await floor({ flags: { limits: { commands_per_second: 2 } } })
  const client = await place.listen()
  for (let n = 0; n < 20; n++) client.send('rubbish')
  expect(await received(client)).toEqual([])
})

test('P5: who sends no ping is told and closed at 20 s, looked at each second, whatever else arrives', async () => {
  await using place = await floor()
  const client = await place.listen()
  const began = place.server.clock.elapsed()
  place.server.clock.advance(19_999)
  place.tell('1.5')
  expect(await client.text()).toBe(priced('1.5'))
  expect(client.closed).toBe(null)
  while (client.closed === null && place.server.clock.elapsed() < began + 21_000) {
    place.server.clock.advance(1)
    await Bun.sleep(0)
  }
  expect(await ending(client)).toEqual([[golden('heartbeat-timeout')], 4408])
  const took = place.server.clock.elapsed() - began
  expect(took).toBeGreaterThanOrEqual(20_000)
  expect(took).toBeLessThanOrEqual(21_000)
})

test('P5: who pings in time stays, and its time counts from the last ping', async () => {
  await using place = await floor()
  const client = await place.listen()
  for (let n = 0; n < 10; n++) {
    await pass(place, 19_000)
    expect(await received(client)).toEqual([])
  }
  await pass(place, 21_000)
  expect(await ending(client)).toEqual([[golden('heartbeat-timeout')], 4408])
})

test('P5: a WebSocket ping or pong is no ping, since only the text counts', async () => {
  await using place = await floor()
  const client = await stand(place.server.url, '/pledge/ws')
  for (let second = 0; second < 21; second++) {
    client.send(frame(op.ping, 'x'))
    client.send(frame(op.pong, 'x'))
    await place.server.settled(
      () => client.frames().filter((one) => one === 'pong:x').length > second,
    )
    place.server.clock.advance(1_000)
  }
  await place.server.settled(() => client.frames().includes('close:4408'))
  expect(client.frames().filter((one) => one.startsWith('{'))).toEqual([
    golden('heartbeat-timeout'),
  ])
  client.end()
})

test('P10: who connects is told the last price at once, and nothing where there is none yet', async () => {
  await using place = await floor()
  const early = await place.listen()
  expect(await received(early)).toEqual([])
  place.tell('1.5')
  const late = await place.listen()
  expect(await late.text()).toBe(priced('1.5'))
  expect(await received(late)).toEqual([])
  expect(await received(early)).toEqual([priced('1.5')])
})

test('P8: of a burst the first and the newest are told, 50 ms apart, and of silence nothing', async () => {
  await using place = await floor()
  const client = await place.listen()
  for (let n = 1; n <= 20; n++) {
    place.tell(`1.${n}`)
    place.server.clock.advance(2)
  }
  expect(await received(client)).toEqual([priced('1.1')])
  place.server.clock.advance(10)
  expect(await received(client)).toEqual([priced('1.20')])
  place.server.clock.advance(1_000)
  expect(await received(client)).toEqual([])
})

test('the same price with a newer sequence is a frame, an older sequence and a repeat are none', async () => {
  await using place = await floor()
  const client = await place.listen()
  const big = 2n ** 80n
  const steps: [price: string, sequence: bigint][] = [
    ['1.5', big],
    ['1.5', big + 1n],
    ['9.9', big],
    ['9.9', big + 1n],
    ['9.9', 3n],
    ['1.6', big + 2n],
  ]
  for (const [price, sequence] of steps) {
    place.tell(price, plgr, sequence)
    place.server.clock.advance(50)
  }
  expect(await received(client)).toEqual(['1.5', '1.5', '1.6'].map(priced))
  expect(await place.metrics()).toContain('fanfare_upstream_refused_total{feed="test",why="old"} 3')
})

test('P14: each symbol has its address, the first one the bare ones, and they are never mixed', async () => {
  await using place = await floor({ symbols: [plgr, 'BTC-USDT'] })
  expect(place.exchange.opened.map(({ symbols }) => symbols)).toEqual([[plgr, 'BTC-USDT']])
  const paths = [
    ...['/api/v21/price', '/pledge/ws', `/api/v21/price/${plgr}`, `/pledge/ws/${plgr}`],
    ...['/api/v21/price/BTC-USDT', '/pledge/ws/BTC-USDT'],
  ]
  const clients = await Promise.all(paths.map((path) => place.server.connect(path)))
  await place.server.settled(
    () => place.server.host.hub.listeners([`pledge/price:${plgr}`, 'pledge/price:BTC-USDT']) === 6,
  )
  place.tell('0.0027')
  place.tell('65000.1', 'BTC-USDT')
  place.tell('7', 'ETH-USDT')
  expect(await place.metrics()).toContain(
    'fanfare_upstream_refused_total{feed="test",why="malformed"} 1',
  )
  const told = await Promise.all(clients.map(received))
  expect(told).toEqual([
    ...Array.from({ length: 4 }, () => [priced('0.0027')]),
    ...Array.from({ length: 2 }, () => [priced('65000.1')]),
  ])
  expect(await place.quote('/pledge/ws/BTC-USDT')).toMatchObject({
    symbol: 'BTC-USDT',
    price: '65000.1',
  })
  expect(await place.quote(`/api/v21/price/${plgr}`)).toEqual(await place.quote('/pledge/ws'))
})

test('P14: a symbol that is listed twice is one, and none at all is no reason to ask an exchange', async () => {
  await using twice = await floor({ symbols: [plgr, plgr] })
  expect(twice.exchange.last.symbols).toEqual([plgr])
  twice.tell('1.5')
  const ages = (await twice.metrics()).match(/^fanfare_upstream_age_seconds\{/gm)
  expect(ages).toHaveLength(1)
  await using none = await floor({ symbols: [], ready: false })
  expect(none.exchange.opened).toEqual([])
  expect((await none.server.fetch('/api/v21/price')).status).toBe(404)
})

test.each(['ETH-USDT', 'plgr-usdt', '%00', '__proto__', 'x'.repeat(500)])(
  'P14: a symbol that is not configured is 404 for sockets and requests alike: %s',
  async (symbol) => {
    await using place = await floor()
    for (const path of [`/api/v21/price/${symbol}`, `/pledge/ws/${symbol}`]) {
      const body = { code: 'NOT_FOUND', message: 'No such symbol' }
      const handshake = await rawHandshake(place.server.url, path)
      expect([handshake.status, JSON.parse(handshake.body)]).toEqual([404, body])
      const answer = await place.server.fetch(path)
      expect([answer.status, await answer.json()]).toEqual([404, body])
    }
  },
)

test('what is no GET and no handshake says that this is a WebSocket address', async () => {
  await using place = await floor()
  const answer = await place.server.fetch('/api/v21/price', { method: 'POST', body: {} })
  expect(answer.status).toBe(426)
})

test('nobody may publish a price but the exchange', async () => {
  await using place = await floor()
  const client = await place.listen()
  const body = { channel: `pledge/price:${plgr}`, type: 'Price', data: '9.9' }
  const answer = await place.server.fetch('/api/publish', {
    method: 'POST',
    body,
    token: serverKey,
  })
  expect(answer.status).toBe(403)
  expect(await received(client)).toEqual([])
})

test('P9: who does not read is told nothing old once it does, and holds nobody up', async () => {
  await using place = await floor()
  const swift = await place.listen()
  const slow = await stand(place.server.url, '/api/v21/price')
  await place.server.settled(() => place.server.listeners(`pledge/price:${plgr}`) === 2)
  for (let second = 0; second < 5; second++) {
    place.server.clock.advance(1_000)
    await Bun.sleep(0)
  }
  await place.server.settled(() => slow.frames().includes('ping:'))
  for (const price of ['1.1', '1.2', '1.3']) {
    place.tell(price)
    expect(await swift.text()).toBe(priced(price))
    place.server.clock.advance(50)
  }
  slow.send(frame(op.pong))
  slow.send(frame(op.text, 'ping'))
  await place.server.settled(() => slow.frames().includes(golden('pong')))
  expect(slow.frames().filter((one) => !one.startsWith('ping:'))).toEqual([
    priced('1.3'),
    golden('pong'),
  ])
  slow.end()
})

test('P9: whoever leaves is forgotten', async () => {
  await using place = await floor()
  const clients = await Promise.all(
    Array.from({ length: 20 }, () => place.server.connect('/pledge/ws')),
  )
  await place.server.settled(() => place.server.listeners(`pledge/price:${plgr}`) === 20)
  for (const client of clients) client.socket.close()
  await place.server.settled(() => place.server.listeners(`pledge/price:${plgr}`) === 0)
  expect(await place.metrics()).toContain('fanfare_connections{system="pledge"} 0')
})

test('P9: only origins that are listed may listen, where any are', async () => {
  await using place = await floor({ flags: { limits: { origins: ['https://app.example'] } } })
  const from = async (origin: string) =>
    (await rawHandshake(place.server.url, '/api/v21/price', { origin })).status
  expect(await from('https://app.example')).toBe(101)
  expect(await from('https://evil.example')).toBe(403)
})
