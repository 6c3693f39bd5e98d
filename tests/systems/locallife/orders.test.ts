import { expect, test } from 'bun:test'
import { serverKey } from '../../fixture.ts'
import { openShop, received, type Shop } from './shop.ts'

const tea = { name: '茶', quantity: 2, price: 900 }
const wanted = { merchant_id: 'm1', region_id: 'r1', items: [tea] }

async function paidOrder(shop: Shop): Promise<any> {
  const order = await shop.order()
  expect((await shop.notify(order)).status).toBe(204)
  return order
}

test('L19: an order is made with 201, its amount in whole fen and its number good for WeChat Pay', async () => {
  await using shop = await openShop()
  const items = [
    { name: ' 面 ', quantity: 3, price: 1_234 },
    { name: '筷子', quantity: 2, price: 0 },
  ]
  const { status, body } = await shop.as('ann', 'POST', '/v1/orders', { ...wanted, items })
  expect([status, body]).toEqual([
    201,
    {
      id: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      status: 'pending_payment',
      amount: 3_702,
      out_trade_no: expect.stringMatching(/^[0-9A-Za-z_|*-]{6,32}$/),
      expires_at: '2026-01-02T03:19:05.000Z',
    },
  ])
  const read = await shop.as('ann', 'GET', `/v1/orders/${body.id}`)
  expect([read.status, read.body]).toEqual([
    200,
    {
      ...body,
      merchant_id: 'm1',
      region_id: 'r1',
      items: [{ ...items[0], name: '面' }, items[1]],
      rider_id: null,
      created_at: '2026-01-02T03:04:05.000Z',
      paid_at: null,
    },
  ])
  for (const channel of ['merchant:m1', 'region:r1', 'platform', 'user:ann', 'user:adm1']) {
    expect(await shop.told(channel)).toEqual([])
  }
})

test('numbers of orders are never the same and follow from nothing', async () => {
  await using shop = await openShop()
  const orders = await Promise.all(Array.from({ length: 50 }, () => shop.order()))
  expect(new Set(orders.map(({ out_trade_no }) => out_trade_no)).size).toBe(50)
  // 122 random bits: with fewer, two of 50 would share their first six characters often.
  expect(new Set(orders.map(({ out_trade_no }) => out_trade_no.slice(0, 8))).size).toBe(50)
})

test.each([
  ['POST', '/v1/orders'],
  ['GET', '/v1/orders/x'],
  ['POST', '/v1/orders/x/urge'],
  ['POST', '/v1/orders/x/dispatch'],
])('%s %s needs the token of a user of this system', async (method, path) => {
  await using shop = await openShop()
  const foreign = await shop.server.token('near', { aud: 'jive' })
  for (const token of [undefined, 'bad', serverKey, foreign]) {
    const answer = await shop.server.fetch(path, {
      method,
      ...(token !== undefined && { token }),
      ...(method === 'POST' && { body: wanted }),
    })
    expect([answer.status, ((await answer.json()) as any).code]).toEqual([401, 'UNAUTHORIZED'])
  }
})

const item = (fields: object) => ({ items: [{ ...tea, ...fields }] })

test.each([
  ['merchant_id', { merchant_id: undefined }],
  ['merchant_id', { merchant_id: 'a/b' }],
  ['merchant_id', { merchant_id: 7 }],
  ['region_id', { region_id: '' }],
  ['items', { items: undefined }],
  ['items', { items: [] }],
  ['items', { items: Array.from({ length: 101 }, () => tea) }],
  ['items', item({ price: 0 })],
  ['items.0.name', item({ name: ' ' })],
  ['items.0.name', item({ name: 'x'.repeat(101) })],
  ['items.0.quantity', item({ quantity: 0 })],
  ['items.0.quantity', item({ quantity: -1 })],
  ['items.0.quantity', item({ quantity: 1.5 })],
  ['items.0.quantity', item({ quantity: 10_000 })],
  ['items.0.quantity', item({ quantity: '1' })],
  ['items.0.price', item({ price: -1 })],
  ['items.0.price', item({ price: 9.5 })],
  ['items.0.price', item({ price: '900' })],
  ['items.0.price', item({ price: null })],
  ['items.0.price', item({ price: 1_000_000_001 })],
])('an order with a bad %s is refused by its path (case %#)', async (path, fields) => {
  await using shop = await openShop()
  const { status, body } = await shop.as('ann', 'POST', '/v1/orders', { ...wanted, ...fields })
  expect([status, body.code, body.details[0].path]).toEqual([400, 'INVALID_REQUEST', path])
})

test('the largest order is exact to the fen, and so is its payment', async () => {
  await using shop = await openShop()
  const items = Array.from({ length: 100 }, () => ({
    name: '金',
    quantity: 9_999,
    price: 1_000_000_000,
  }))
  const order = await shop.order('ann', { items })
  expect(order.amount).toBe(999_900_000_000_000)
  expect((await shop.notify({ ...order, amount: order.amount - 1 })).status).toBe(400)
  expect((await shop.notify(order)).status).toBe(204)
})

test.each(['{', '[]', 'null', '7', `{"items":${'['.repeat(50)}${']'.repeat(50)}}`])(
  'a body that is no order is 400: %s',
  async (text) => {
    await using shop = await openShop()
    const { status, body } = await shop.as('ann', 'POST', '/v1/orders', text)
    expect([status, body.code]).toEqual([400, 'INVALID_REQUEST'])
  },
)

test('fields that are not ours never take effect', async () => {
  await using shop = await openShop()
  const text = `{"merchant_id":"m1","region_id":"r1","items":[{"name":"x","quantity":1,"price":5,"amount":1}],"id":"mine","status":"paid","amount":1,"consumer":"bob","__proto__":{"amount":1}}`
  const { body } = await shop.as('ann', 'POST', '/v1/orders', text)
  expect([body.status, body.amount]).toEqual(['pending_payment', 5])
  expect(body.id).not.toBe('mine')
  expect((await shop.as('bob', 'GET', `/v1/orders/${body.id}`)).status).toBe(404)
})

test('a body over 64 KB is 413', async () => {
  await using shop = await openShop()
  const text = JSON.stringify({ ...wanted, more: 'x'.repeat(65_536) })
  expect((await shop.as('ann', 'POST', '/v1/orders', text)).status).toBe(413)
})

test('an unknown merchant is 404, a closed one 409', async () => {
  await using shop = await openShop()
  for (const [merchant_id, status, code] of [
    ['m9', 404, 'NOT_FOUND'],
    ['m3', 409, 'CONFLICT'],
  ]) {
    const answer = await shop.as('ann', 'POST', '/v1/orders', { ...wanted, merchant_id })
    expect([answer.status, answer.body.code]).toEqual([status, code] as never)
  }
})

test('Idempotency-Key: the same request gets the first order, another one 409, over a restart and whatever became of the order', async () => {
  await using shop = await openShop()
  const post = async (body: object, key: string, user = 'ann') => {
    const answer = await fetch(`${shop.server.url}/v1/orders`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await shop.token(user)}`, 'idempotency-key': key },
      body: JSON.stringify(body),
    })
    return [answer.status, await answer.json()] as [number, any]
  }
  const many = await Promise.all(Array.from({ length: 10 }, () => post(wanted, 'k-1')))
  const first = many[0]!
  expect(first[0]).toBe(201)
  for (const one of many) expect(one).toEqual(first)
  const { items, region_id, merchant_id } = wanted
  expect(await post({ items, region_id, merchant_id }, 'k-1')).toEqual(first)
  const [conflict, { code }] = await post({ ...wanted, region_id: 'r2' }, 'k-1')
  expect([conflict, code]).toEqual([409, 'IDEMPOTENCY_CONFLICT'])
  for (const key of ['a b', 'x'.repeat(129)]) expect((await post(wanted, key))[0]).toBe(400)
  const [, others] = await post(wanted, 'k-1', 'bob')
  expect(others.id).not.toBe(first[1].id)
  await shop.notify(first[1])
  await shop.restart()
  expect(await post(wanted, 'k-1')).toEqual(first)
})

test('an order is there for its consumer, its merchant and the platform; for others it looks like none', async () => {
  await using shop = await openShop()
  const { id } = await shop.order('ann')
  for (const user of ['ann', 'adm1', 'adm2', 'op1']) {
    const { status, body } = await shop.as(user, 'GET', `/v1/orders/${id}`)
    expect([user, status, body.id]).toEqual([user, 200, id])
  }
  for (const user of ['bob', 'adm3', 'near', 'consumer']) {
    for (const method of ['GET', 'POST']) {
      const path = (order: string) => `/v1/orders/${order}${method === 'GET' ? '' : '/urge'}`
      const foreign = await shop.as(user, method, path(id))
      expect([user, foreign.status, foreign.body.code]).toEqual([user, 404, 'NOT_FOUND'])
      for (const unknown of ['unknown', 'a%20b', 'x'.repeat(65)]) {
        const answer = await shop.as(user, method, path(unknown))
        expect([answer.status, answer.body]).toEqual([404, foreign.body])
      }
    }
  }
})

test('L18: an urge reaches the merchant’s administrators with the number of the order, and nobody else', async () => {
  await using shop = await openShop()
  const order = await paidOrder(shop)
  const names = ['adm1', 'adm3', 'near', 'op1']
  const [adm1, adm3, near, op1] = await Promise.all(names.map((name) => shop.connect(name)))
  for (const client of [adm1!, near!]) await received(client)
  const { status, body } = await shop.as('consumer', 'POST', `/v1/orders/${order.id}/urge`)
  expect([status, body]).toEqual([204, null])
  const [frame, ...more] = await received(adm1!)
  expect(more).toEqual([])
  expect(frame).toMatchObject({ type: 'notification', data: { title: '催单通知' } })
  expect(frame.data.content).toContain(order.out_trade_no)
  for (const client of [adm3!, near!, op1!]) expect(await received(client)).toEqual([])
  expect(await shop.told('user:adm2')).toEqual(['新订单通知', '催单通知'])
  for (const user of ['adm3', 'consumer', 'op1', 'far']) {
    expect(await shop.told(`user:${user}`)).toEqual([])
  }
})

test('an order is urged once a minute, whatever is asked of other orders', async () => {
  await using shop = await openShop()
  const [one, other] = [await paidOrder(shop), await paidOrder(shop)]
  const urge = (order: any) => shop.as('consumer', 'POST', `/v1/orders/${order.id}/urge`)
  const many = await Promise.all(Array.from({ length: 10 }, () => urge(one)))
  expect(many.map(({ status }) => status).sort()).toEqual([204, ...Array(9).fill(429)])
  const refused = await urge(one)
  expect([refused.body.code, refused.headers.get('retry-after')]).toEqual(['RATE_LIMITED', '60'])
  expect((await urge(other)).status).toBe(204)
  shop.server.clock.advance(59_999)
  expect((await urge(one)).status).toBe(429)
  shop.server.clock.advance(1)
  expect((await urge(one)).status).toBe(204)
  expect((await shop.told('merchant:m1')).filter((title) => title === '催单通知')).toHaveLength(3)
})

test('only a paid order is urged, only by its consumer, and what was refused costs nothing', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const urge = (user: string) => shop.as(user, 'POST', `/v1/orders/${order.id}/urge`)
  const early = await urge('consumer')
  expect([early.status, early.body.code]).toEqual([409, 'CONFLICT'])
  for (const user of ['adm1', 'op1']) {
    const { status, body } = await urge(user)
    expect([status, body.code]).toEqual([403, 'FORBIDDEN'])
  }
  await shop.notify(order)
  expect((await urge('consumer')).status).toBe(204)
})

test('L18: the platform dispatches a paid order to an online rider, who alone is told', async () => {
  await using shop = await openShop()
  const order = await paidOrder(shop)
  const [near, far] = [await shop.connect('near'), await shop.connect('far')]
  await received(near)
  const path = `/v1/orders/${order.id}/dispatch`
  const { status, body } = await shop.as('op1', 'POST', path, { rider_id: 'near' })
  expect([status, body]).toEqual([
    200,
    expect.objectContaining({ id: order.id, status: 'paid', rider_id: 'near' }),
  ])
  const [frame, ...more] = await received(near)
  expect(more).toEqual([])
  expect(frame).toMatchObject({ type: 'notification', data: { title: '派单通知' } })
  expect(frame.data.content).toContain(order.out_trade_no)
  expect(await received(far)).toEqual([])
  expect((await shop.as('op1', 'POST', path, { rider_id: 'near' })).body).toEqual(body)
  expect(await received(near)).toEqual([])
  for (const user of ['far', 'asleep', 'adm3', 'consumer', 'op1']) {
    expect(await shop.told(`user:${user}`)).toEqual([])
  }
  expect(await shop.told('user:adm1')).toEqual(['新订单通知'])
  await shop.restart()
  expect((await shop.as('consumer', 'GET', `/v1/orders/${order.id}`)).body.rider_id).toBe('near')
})

test('a dispatch that cannot be is refused with its reason, and tells nobody', async () => {
  await using shop = await openShop()
  const [paid, unpaid] = [await paidOrder(shop), await shop.order()]
  const dispatch = async (user: string, id: string, body: unknown) => {
    const answer = await shop.as(user, 'POST', `/v1/orders/${id}/dispatch`, body)
    return [answer.status, answer.body.code]
  }
  const near = { rider_id: 'near' }
  for (const user of ['consumer', 'adm1', 'near', 'bob']) {
    expect(await dispatch(user, paid.id, near)).toEqual([403, 'FORBIDDEN'])
  }
  expect(await dispatch('op1', 'unknown', near)).toEqual([404, 'NOT_FOUND'])
  expect(await dispatch('op1', 'a%20b', near)).toEqual([404, 'NOT_FOUND'])
  expect(await dispatch('op1', unpaid.id, near)).toEqual([409, 'CONFLICT'])
  expect(await dispatch('op1', paid.id, { rider_id: 'adm1' })).toEqual([404, 'NOT_FOUND'])
  expect(await dispatch('op1', paid.id, { rider_id: 'asleep' })).toEqual([409, 'RIDER_OFFLINE'])
  expect(await dispatch('op1', paid.id, {})).toEqual([400, 'INVALID_REQUEST'])
  await shop.as('near', 'POST', '/v1/rider/offline')
  expect(await dispatch('op1', paid.id, near)).toEqual([409, 'RIDER_OFFLINE'])
  for (const user of ['near', 'asleep', 'adm1']) {
    expect(await shop.told(`user:${user}`)).not.toContain('派单通知')
  }
  expect((await shop.as('op1', 'GET', `/v1/orders/${paid.id}`)).body.rider_id).toBeNull()
})

test('a user who asks too often is told to wait, another user is not', async () => {
  await using shop = await openShop()
  await shop.restart({ limits: { commands_per_second: 2 } })
  const read = (user: string) => shop.as(user, 'GET', '/v1/orders/unknown')
  const many = await Promise.all(Array.from({ length: 5 }, () => read('ann')))
  expect(many.map(({ status }) => status).sort()).toEqual([404, 404, 404, 404, 429])
  expect((await read('bob')).status).toBe(404)
  shop.server.clock.advance(500)
  expect((await read('ann')).status).toBe(404)
})

test('the simulator buys: it makes an order and pays it, so that a first look needs no WeChat', async () => {
  await using shop = await openShop()
  const { wechat } = shop
  const token = await shop.token('ann')
  const answer = await fetch(`${wechat.url}/pay`, {
    method: 'POST',
    body: JSON.stringify({ token, merchant_id: 'm1', region_id: 'r1' }),
  })
  const { order, notified } = (await answer.json()) as any
  expect([notified, order.amount]).toEqual([204, 1_800])
  expect((await shop.as('ann', 'GET', `/v1/orders/${order.id}`)).body.status).toBe('paid')
  expect(await shop.told('user:near')).toEqual(['新订单'])
  const refused = await fetch(`${wechat.url}/pay`, { method: 'POST', body: '{"token":"bad"}' })
  expect(refused.status).toBe(400)
  expect((await fetch(`${wechat.url}/pay`)).status).toBe(404)
})
