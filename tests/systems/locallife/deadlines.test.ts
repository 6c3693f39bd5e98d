import { expect, test } from 'bun:test'
import { createLog } from '../../../src/core/log.ts'
import { startDeadlines } from '../../../src/systems/locallife/deadlines.ts'
import { fakeClock } from '../../clock.ts'
import { alerts, openShop, received, settings, type Shop } from './shop.ts'

const deadline = 900_000

/** Resolves once everything is done that waited for the store. */
async function flush({ server }: Shop): Promise<void> {
  await server.host.store.put('flush', '')
}

/** Lets time pass; what falls due on the way may look at another instant, what falls due at the end does not. */
async function pass(shop: Shop, ms: number): Promise<void> {
  shop.server.clock.advance(ms - 1_000)
  await flush(shop)
  shop.server.clock.advance(1_000)
  await flush(shop)
}

async function statusOf(shop: Shop, { id }: { id: string }): Promise<string> {
  return (await shop.as('op1', 'GET', `/v1/orders/${id}`)).body.status
}

test('L18: an order that nobody pays expires after 15 minutes and alerts the platform alone', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  shop.server.clock.advance(deadline - 1_000)
  await flush(shop)
  expect(await statusOf(shop, order)).toBe('pending_payment')
  expect(await shop.told('platform')).toEqual([])
  const names = ['op1', 'adm1', 'near']
  const [op1, adm1, near] = await Promise.all(names.map((name) => shop.connect(name)))
  shop.server.clock.advance(1_000)
  expect(await alerts(shop, 1)).toEqual(['支付超时'])
  expect(await statusOf(shop, order)).toBe('expired')
  const [alert, ...more] = await received(op1!)
  expect(more).toEqual([])
  expect(alert).toMatchObject({
    type: 'alert',
    data: {
      title: '支付超时',
      content: expect.stringContaining(order.out_trade_no),
      level: 'warning',
      message_id: expect.any(String),
    },
  })
  for (const client of [adm1!, near!]) expect(await received(client)).toEqual([])
  for (const user of ['consumer', 'adm1', 'near']) {
    expect(await shop.told(`user:${user}`)).toEqual([])
  }
  await pass(shop, 60_000)
  expect(await shop.told('platform')).toHaveLength(1)
})

test('the deadline is a setting', async () => {
  await using shop = await openShop((own) => (own.payment_deadline = 5_000))
  const order = await shop.order()
  expect(order.expires_at).toBe('2026-01-02T03:04:10.000Z')
  await pass(shop, 4_000)
  expect(await statusOf(shop, order)).toBe('pending_payment')
  await pass(shop, 1_000)
  expect(await statusOf(shop, order)).toBe('expired')
})

test('an order that was paid in time does not expire, whatever waits beside it', async () => {
  await using shop = await openShop()
  const [paid, unpaid] = [await shop.order(), await shop.order()]
  await shop.notify(paid)
  await pass(shop, deadline)
  expect(await alerts(shop, 1)).toEqual(['支付超时'])
  expect([await statusOf(shop, paid), await statusOf(shop, unpaid)]).toEqual(['paid', 'expired'])
})

test('an order whose time ran out while no server ran expires after the start', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  await shop.server.stop()
  shop.server.clock.advance(2 * deadline)
  await shop.restart()
  expect(await statusOf(shop, order)).toBe('pending_payment')
  shop.server.clock.advance(1_000)
  expect(await alerts(shop, 1)).toEqual(['支付超时'])
  expect(await statusOf(shop, order)).toBe('expired')
})

test('the deadline is the clock on the wall: a server that was asleep ends what is over', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  shop.server.clock.jump(deadline)
  shop.server.clock.advance(1_000)
  await alerts(shop, 1)
  expect(await statusOf(shop, order)).toBe('expired')
})

test('after an outage 250 orders end at one look, each with one alert', async () => {
  await using shop = await openShop()
  const consumers = ['ann', 'bob', 'eve']
  const orders = await Promise.all(
    Array.from({ length: 250 }, (_, nth) => shop.order(consumers[nth % 3])),
  )
  shop.server.clock.advance(deadline - 1_000)
  await flush(shop)
  shop.server.clock.advance(1_000)
  expect(new Set(await alerts(shop, 250))).toEqual(new Set(['支付超时']))
  const { messages } = await shop.server.host.store.since('locallife/platform', 0, 1_000)
  const contents = messages.map(({ body }) => JSON.parse(body).content)
  expect(new Set(contents).size).toBe(250)
  for (const { id } of orders) expect(contents.some((content) => content.includes(id))).toBe(true)
})

test('a payment that meets the deadline is honoured, and what was told fits what happened', async () => {
  await using shop = await openShop()
  const orders = await Promise.all(
    Array.from({ length: 60 }, (_, nth) => shop.order(nth % 2 === 0 ? 'ann' : 'bob')),
  )
  shop.server.clock.advance(deadline - 1_000)
  await flush(shop)
  const sent = orders.map((order) => shop.wechat.notification(order))
  const first = sent.slice(0, 30).map((one) => shop.send(one))
  shop.server.clock.advance(1_000)
  const rest = sent.slice(30).map((one) => shop.send(one))
  for (const { status } of await Promise.all([...first, ...rest])) expect(status).toBe(204)
  await flush(shop)
  for (const order of orders) expect(await statusOf(shop, order)).toBe('paid')
  const titles = await shop.told('platform')
  const count = (title: string) => titles.filter((one) => one === title).length
  expect(count('失效订单到账')).toBe(count('支付超时'))
  expect(titles).toHaveLength(2 * count('支付超时'))
  expect(await shop.told('merchant:m1')).toHaveLength(60)
  expect(await shop.told('region:r1')).toHaveLength(60)
})

test('the money of an expired order is honoured over HTTP too: paid, told, and the platform is alerted', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  await pass(shop, deadline)
  await alerts(shop, 1)
  const sent = shop.wechat.notification(order)
  for (let time = 0; time < 3; time++) expect((await shop.send(sent)).status).toBe(204)
  expect(await alerts(shop, 2)).toEqual(['支付超时', '失效订单到账'])
  expect(await statusOf(shop, order)).toBe('paid')
  expect(await shop.told('user:adm1')).toEqual(['新订单通知'])
  expect(await shop.told('user:near')).toEqual(['新订单'])
})

test('while the store takes nothing it is tried again each second, with one line in the log, and made good later', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  await shop.restart({ store: { queue_rows: 0 }, locallife: settings(shop.wechat) })
  const failures = () => shop.server.logged.filter((line) => line.includes('deadlines failed'))
  for (let second = 0; second < 5; second++) {
    shop.server.clock.advance(second === 0 ? deadline : 1_000)
    await shop.server.fetch('/healthz')
  }
  expect(failures()).toHaveLength(1)
  expect(await statusOf(shop, order)).toBe('pending_payment')
  await shop.restart()
  shop.server.clock.advance(1_000)
  await alerts(shop, 1)
  expect(failures()).toEqual([])
})

/** A watch over orders of which each look ends when and as the test says. */
function watch() {
  const clock = fakeClock()
  const logged: string[] = []
  const write = (line: string) => void logged.push(line)
  const log = createLog({ level: 'trace', format: 'json', clock, write })
  const looks: ReturnType<typeof Promise.withResolvers<number>>[] = []
  const expire = () => {
    const look = Promise.withResolvers<number>()
    looks.push(look)
    return look.promise
  }
  const stop = startDeadlines({ orders: { expire }, clock, log })
  return { clock, logged, looks, stop }
}

test('a look that takes long is not joined by another, and a full one goes on at once', async () => {
  const { clock, looks, stop } = watch()
  clock.advance(5_000)
  expect(looks).toHaveLength(1)
  looks[0]!.resolve(100)
  await Bun.sleep(0)
  expect(looks).toHaveLength(2)
  looks[1]!.resolve(99)
  await Bun.sleep(0)
  expect(looks).toHaveLength(2)
  clock.advance(1_000)
  expect(looks).toHaveLength(3)
  stop()
})

test('whoever stops has no further look, nor a line of the one that fails with the store', async () => {
  const { clock, logged, looks, stop } = watch()
  clock.advance(1_000)
  stop()
  looks[0]!.resolve(100)
  await Bun.sleep(0)
  clock.advance(5_000)
  expect(looks).toHaveLength(1)
  const other = watch()
  other.clock.advance(1_000)
  other.stop()
  other.looks[0]!.reject(new Error('gone'))
  await Bun.sleep(0)
  expect([...logged, ...other.logged]).toEqual([])
})

test('each outage is worth one line', async () => {
  const { clock, logged, looks, stop } = watch()
  for (const works of [false, false, true, false, false]) {
    clock.advance(1_000)
    if (works) looks.at(-1)!.resolve(0)
    else looks.at(-1)!.reject(new Error('gone'))
    await Bun.sleep(0)
  }
  expect(logged.map((line) => JSON.parse(line).event)).toEqual([
    'deadlines failed',
    'deadlines failed',
  ])
  stop()
})
