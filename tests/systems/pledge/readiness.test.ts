import { expect, test } from 'bun:test'
import { floor, plgr, priced, received, silence } from './scenario.ts'

test('P7: readiness says how it stands with the exchange and how old prices are, and keeps nobody away', async () => {
  await using place = await floor({ ready: false })
  expect(await place.ready()).toEqual([200, 'down for 0 s; PLGR-USDT without a price'])
  place.server.clock.advance(2_000)
  place.exchange.last.hearing.ended('token: status 500', 'later')
  expect(await place.ready()).toEqual([
    200,
    'down for 2 s (token: status 500); PLGR-USDT without a price',
  ])
  place.server.clock.advance(1_000)
  place.exchange.last.hearing.ready(silence)
  place.tell('1.5')
  place.server.clock.advance(3_999)
  expect(await place.ready()).toEqual([200, 'up; PLGR-USDT 3 s old'])
  place.server.clock.advance(6_001)
  expect(await place.ready()).toEqual([200, 'up; PLGR-USDT 10 s old (stale)'])
})

test('P7: where the exchange is required a server without it is not ready, and ready again with it', async () => {
  await using place = await floor({ required: true })
  place.tell('1.5')
  expect((await place.ready())[0]).toBe(200)
  place.exchange.last.hearing.ended('cut', 'later')
  expect(await place.ready()).toEqual([503, 'down for 0 s (cut); PLGR-USDT 0 s old'])
  place.server.clock.advance(500)
  place.exchange.last.hearing.ready(silence)
  expect((await place.ready())[0]).toBe(200)
  // A quiet market is no reason to go.
  place.server.clock.advance(30_000)
  expect(await place.ready()).toEqual([200, 'up; PLGR-USDT 30 s old (stale)'])
})

test('without an exchange everything is there but prices, and a required one that is off keeps nobody away', async () => {
  await using place = await floor({ exchange: null, required: true })
  expect(await place.ready()).toEqual([200, 'off; PLGR-USDT without a price'])
  const client = await place.listen()
  place.server.clock.advance(1_000)
  expect(await received(client)).toEqual([])
  expect(await place.metrics()).not.toContain('fanfare_upstream_up{')
})

test('of many symbols readiness tells the first ones and how many more there are', async () => {
  const symbols = Array.from({ length: 8 }, (_, n) => `S${n}-USDT`)
  await using place = await floor({ symbols })
  expect((await place.ready())[1]).toEndWith('S4-USDT without a price, 3 more')
})

test('P7: metrics say whether the exchange is there, how old prices are and how often it was tried', async () => {
  await using place = await floor({ symbols: [plgr, 'BTC-USDT'] })
  place.tell('1.5')
  place.server.clock.advance(1_500)
  const before = await place.metrics()
  for (const line of [
    'fanfare_upstream_up{feed="test"} 1',
    'fanfare_upstream_age_seconds{feed="test",symbol="PLGR-USDT"} 1.5',
    'fanfare_upstream_reconnects_total{feed="test"} 0',
    'fanfare_messages_published_total{system="pledge",type="Price"} 1',
  ]) {
    expect(before).toContain(line)
  }
  expect(before).not.toContain('symbol="BTC-USDT"')
  place.exchange.last.hearing.ended('cut', 'later')
  place.server.clock.advance(500)
  place.exchange.last.hearing.ended('token: status 500', 'later')
  place.server.clock.advance(1_000)
  const after = await place.metrics()
  for (const line of [
    'fanfare_upstream_up{feed="test"} 0',
    'fanfare_upstream_age_seconds{feed="test",symbol="PLGR-USDT"} 3',
    'fanfare_upstream_reconnects_total{feed="test"} 2',
    'fanfare_upstream_failures_total{feed="test"} 1',
  ]) {
    expect(after).toContain(line)
  }
})

test('P7: while the exchange is away the last price goes on being served, and the first new one is told at once', async () => {
  await using place = await floor()
  place.tell('1.5')
  place.exchange.last.hearing.ended('cut', 'later')
  place.server.clock.advance(15_000)
  const client = await place.listen()
  expect(await received(client)).toEqual([priced('1.5')])
  expect(await place.quote()).toMatchObject({ price: '1.5', age_ms: 15_000, stale: true })
  place.exchange.last.hearing.ready(silence)
  place.tell('1.6')
  expect(await received(client)).toEqual([priced('1.6')])
})

test('P7: an exchange that changes its state is one line in the log each time', async () => {
  await using place = await floor()
  place.exchange.last.hearing.ended('cut', 'later')
  for (let n = 0; n < 100; n++) place.server.clock.advance(10_000)
  while (place.exchange.last.closed) place.server.clock.advance(1_000)
  place.exchange.last.hearing.ready(silence)
  const lines = place.server.logged.map((line) => JSON.parse(line))
  expect(lines.filter(({ event }) => event.startsWith('exchange'))).toMatchObject([
    { level: 'info', event: 'exchange connected', exchange: 'test', symbols: 1 },
    { level: 'warn', event: 'exchange lost', exchange: 'test', reason: 'cut' },
    { level: 'info', event: 'exchange connected', exchange: 'test' },
  ])
})

test('P11: a server that stops lets the exchange go, and hears nothing of it any more', async () => {
  await using place = await floor()
  const { last, opened } = place.exchange
  await place.server.stop()
  expect(last.closed).toBe(true)
  last.hearing.ended('late', 'now')
  last.hearing.tick({ symbol: plgr, price: '1.5', sequence: 2n ** 64n })
  place.server.clock.advance(3_600_000)
  expect(opened).toHaveLength(1)
  const server = await place.server.restart()
  expect(await (await server.fetch('/pledge/ws')).json()).toMatchObject({ price: null })
  await server.stop()
})
