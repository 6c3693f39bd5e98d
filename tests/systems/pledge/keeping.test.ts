import { expect, test } from 'bun:test'
import { createLog } from '../../../src/core/log.ts'
import { createKeeping, keyOf } from '../../../src/systems/pledge/keeping.ts'
import { countingClock, floor, plgr, priced, received, silence } from './scenario.ts'

test('P2: the last price survives a restart; it is told at once and called stale until the exchange speaks', async () => {
  await using place = await floor()
  place.tell('0.0027')
  const at = place.server.clock.now()
  await place.restart()
  const client = await place.listen()
  expect(await client.text()).toBe(priced('0.0027'))
  const age_ms = place.server.clock.now() - at
  const quote = { symbol: plgr, price: '0.0027', at, age_ms, stale: true }
  expect(await place.quote()).toEqual(quote)
  place.exchange.last.hearing.ready(silence)
  expect((await place.quote()).stale).toBe(true)
  expect(await received(client)).toEqual([])
  // The sequences of an exchange may have begun anew meanwhile.
  place.tell('0.0026', plgr, 1n)
  place.server.clock.advance(50)
  expect(await received(client)).toEqual([priced('0.0026')])
  expect(await place.quote()).toMatchObject({ price: '0.0026', stale: false })
})

test('P2: each symbol has a price of its own over a restart, and whoever asks for another gets none', async () => {
  await using place = await floor({ symbols: [plgr, 'BTC-USDT', 'PLGR-BTC'] })
  place.tell('0.0027')
  place.tell('65000', 'BTC-USDT')
  await place.restart()
  expect(await place.quote()).toMatchObject({ price: '0.0027' })
  expect(await place.quote('/api/v21/price/BTC-USDT')).toMatchObject({ price: '65000' })
  expect(await place.quote('/api/v21/price/PLGR-BTC')).toMatchObject({ price: null })
})

test('P2: prices are kept under the key of the original, without an expiry', async () => {
  await using place = await floor()
  place.tell('0.0027')
  const at = place.server.clock.now()
  await place.restart()
  const { store, clock } = place.server.host
  const kept = await store.get('plgr_price', clock.now() + 10 * 365 * 86_400_000)
  expect(kept).toBe(`{"price":"0.0027","at":${at}}`)
})

test('keys of different symbols are different', () => {
  const symbols = [plgr, 'PLGR-BTC', 'BTC-USDT', 'PLGR-USDC', 'USDT-BTC']
  expect(symbols.map(keyOf)).toEqual([
    'plgr_price',
    'plgr_btc_price',
    'btc_price',
    'plgr_usdc_price',
    'usdt_btc_price',
  ])
})

test.each(['', 'null', '0.0027', '{"price":"1e3","at":1}', '{"price":"1"}', '{"price":1,"at":1}'])(
  'what is kept and makes no sense counts as nothing: %p',
  async (text) => {
    await using place = await floor()
    await place.server.host.store.put('plgr_price', text)
    await place.restart()
    expect(await place.quote()).toMatchObject({ price: null })
    const client = await place.listen()
    expect(await received(client)).toEqual([])
  },
)

/** A store that answers when the test says so. */
function slowStore() {
  const clock = countingClock()
  const asked: { key: string; value: string; done: () => void; fail: () => void }[] = []
  const logged: string[] = []
  const log = createLog({
    level: 'info',
    format: 'json',
    clock,
    write: (line) => logged.push(line),
  })
  const store = {
    get: async () => null,
    put: (key: string, value: string, expiresAt?: number) => {
      if (expiresAt !== undefined) throw new Error('it would expire')
      return new Promise<void>((done, reject) => {
        asked.push({ key, value, done, fail: () => reject(new Error('disk full')) })
      })
    },
  }
  const keeping = createKeeping({ store, clock, log })
  return {
    ...{ clock, asked, logged, keeping },
    keep: (price: string, symbol = plgr) => keeping.keep(symbol, { price, at: 1 }),
    prices: () => asked.map(({ value }) => JSON.parse(value).price),
  }
}

const settled = () => Bun.sleep(0)

test('P2: one write at a time and one a second, of the newest price, so that a burst costs nothing', async () => {
  const { clock, asked, keep, prices } = slowStore()
  for (const price of ['1', '2', '3']) keep(price)
  expect(prices()).toEqual(['1'])
  clock.advance(5_000)
  await settled()
  keep('4')
  expect(prices()).toEqual(['1'])
  asked[0]!.done()
  await settled()
  expect(prices()).toEqual(['1', '4'])
  asked[1]!.done()
  keep('5')
  await settled()
  clock.advance(999)
  await settled()
  expect(prices()).toEqual(['1', '4'])
  clock.advance(1)
  await settled()
  expect(prices()).toEqual(['1', '4', '5'])
  asked[2]!.done()
  await settled()
  clock.advance(10_000)
  await settled()
  // Nothing new, nothing written; then the first at once.
  expect(prices()).toEqual(['1', '4', '5'])
  keep('6')
  expect(prices()).toEqual(['1', '4', '5', '6'])
})

test('a disk that is full is told once, tried each second, and told to have worked by nothing', async () => {
  const { clock, asked, keep, prices, logged } = slowStore()
  keep('1')
  for (let n = 0; n < 3; n++) {
    asked.at(-1)!.fail()
    await settled()
    clock.advance(1_000)
    await settled()
  }
  expect(prices()).toEqual(['1', '1', '1', '1'])
  expect(logged.filter((line) => line.includes('prices not kept'))).toHaveLength(1)
  keep('2')
  asked.at(-1)!.fail()
  await settled()
  clock.advance(1_000)
  await settled()
  expect(prices().at(-1)).toBe('2')
})

test('a disk that fails again after it has worked is told again', async () => {
  const { clock, asked, keep, logged } = slowStore()
  for (const works of [false, true, false]) {
    keep('1')
    if (works) asked.at(-1)!.done()
    else asked.at(-1)!.fail()
    await settled()
    clock.advance(1_000)
    await settled()
  }
  expect(logged.filter((line) => line.includes('prices not kept'))).toHaveLength(2)
})

test('a disk that is full at the end keeps nobody from stopping', async () => {
  const { clock, asked, keep, keeping } = slowStore()
  keep('1')
  const stopping = keeping.stop()
  asked[0]!.fail()
  await settled()
  asked[1]!.fail()
  await stopping
  clock.advance(10_000)
  await settled()
  expect([asked.length, clock.waiting]).toEqual([2, 0])
})

test('what is not written yet is written at the end, after what is being written', async () => {
  const { clock, asked, keep, keeping, prices } = slowStore()
  keep('1')
  keep('2')
  let stopped = false
  const stopping = keeping.stop().then(() => (stopped = true))
  await settled()
  expect([prices(), stopped]).toEqual([['1'], false])
  asked[0]!.done()
  await settled()
  expect([prices(), stopped]).toEqual([['1', '2'], false])
  asked[1]!.done()
  await stopping
  expect(clock.waiting).toBe(0)
  keep('3')
  clock.advance(10_000)
  await settled()
  expect(prices()).toEqual(['1', '2'])
})

test('after the end nothing is kept any more, since there may be no store', async () => {
  const { asked, keep, keeping, clock } = slowStore()
  await keeping.stop()
  keep('1')
  expect([asked.length, clock.waiting]).toEqual([0, 0])
})
