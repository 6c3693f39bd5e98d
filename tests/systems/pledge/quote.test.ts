import { expect, test } from 'bun:test'
import { createPrices, isPrice } from '../../../src/systems/pledge/prices.ts'
import { fakeClock } from '../../clock.ts'
import { floor, plgr } from './scenario.ts'

const nothing = { symbol: plgr, price: null, at: null, age_ms: null, stale: true }

test('P14: without a price yet the answer is 200 and says so, since a number is never invented', async () => {
  await using place = await floor()
  const answer = await place.server.fetch('/api/v21/price')
  expect(answer.status).toBe(200)
  expect(await answer.json()).toEqual(nothing)
})

test('P14: the last price comes with when it arrived and how old it is, and is for nobody to keep', async () => {
  await using place = await floor()
  const at = place.server.clock.now()
  place.tell('0.00270')
  place.server.clock.advance(1_234)
  const answer = await place.server.fetch('/api/v21/price')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await answer.text()).toBe(
    `{"symbol":"PLGR-USDT","price":"0.00270","at":${at},"age_ms":1234,"stale":false}`,
  )
})

test('P14: a price is stale from 10 s without a newer one on, and the last one is served all the same (P7)', async () => {
  await using place = await floor()
  place.tell('1.5')
  place.server.clock.advance(9_999)
  expect(await place.quote()).toMatchObject({ price: '1.5', age_ms: 9_999, stale: false })
  place.server.clock.advance(1)
  expect(await place.quote()).toMatchObject({ price: '1.5', age_ms: 10_000, stale: true })
  place.tell('1.5')
  expect(await place.quote()).toMatchObject({ price: '1.5', age_ms: 0, stale: false })
})

test('P14: the newest price is answered though sockets hear it 50 ms later', async () => {
  await using place = await floor()
  for (const price of ['1.1', '1.2', '1.3']) place.tell(price)
  expect(await place.quote()).toMatchObject({ price: '1.3' })
})

test('an age is measured by the monotonic clock, so that a clock that is set makes nothing old or young', async () => {
  await using place = await floor()
  place.tell('1.5')
  for (const jump of [86_400_000, -2 * 86_400_000]) {
    place.server.clock.jump(jump)
    expect(await place.quote()).toMatchObject({ age_ms: 0, stale: false })
  }
})

test('a restored price is as old as its time says, and no younger than nothing', () => {
  const clock = fakeClock()
  const prices = createPrices(clock, 10_000)
  prices.restore(plgr, { price: '1.5', at: clock.now() - 3_000 })
  expect(prices.quote(plgr)).toMatchObject({ age_ms: 3_000, stale: true })
  // Of a machine whose clock was ahead.
  prices.restore(plgr, { price: '1.5', at: clock.now() + 3_000 })
  expect(prices.quote(plgr)).toMatchObject({ age_ms: 0, stale: true })
})

test('a browser of any page may ask, and of the listed ones alone where there are any', async () => {
  await using place = await floor()
  const headers = { origin: 'https://app.example' }
  const answer = await fetch(`${place.server.url}/api/v21/price`, { headers })
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
})

test('one address may ask a thousand times at once, then it is told when to ask again', async () => {
  await using place = await floor()
  let refused: Response | undefined
  for (let n = 0; n < 1_001 && refused === undefined; n++) {
    const answer = await place.server.fetch('/pledge/ws')
    if (answer.status !== 200) refused = answer
    else expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0)
    if (n < 1_000) expect(answer.status).toBe(200)
  }
  expect(refused?.status).toBe(429)
  expect(refused?.headers.get('retry-after')).toBe('1')
  place.server.clock.advance(1_000)
  expect(await place.quote()).toEqual(nothing)
})

test.each(['0', '1', '0.1', '007', '12345678901234567890.123456789012345678901'])(
  'P13: %s is a price',
  (text) => expect(isPrice(text)).toBe(true),
)
