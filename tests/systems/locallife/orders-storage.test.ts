import { afterAll, beforeAll, beforeEach, expect, test } from 'bun:test'
import { Database } from 'bun:sqlite'
import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal, type ErrorCode } from '../../../src/core/errors.ts'
import type { Message } from '../../../src/core/store.ts'
import { openSqlite, type Sqlite } from '../../../src/storage/sqlite/client.ts'
import { locallifeOrders } from '../../../src/storage/sqlite/locallife-orders.ts'
import { locallifePeople } from '../../../src/storage/sqlite/locallife-people.ts'
import { alert } from '../../../src/systems/locallife/events.ts'
import type { NewOrder, Orders, Payment } from '../../../src/systems/locallife/orders.ts'
import type { People } from '../../../src/systems/locallife/people.ts'
import { fakeClock } from '../../clock.ts'

const dir = mkdtempSync(join(tmpdir(), 'fanfare-orders-'))
const clock = fakeClock()
let sqlite: Sqlite
let orders: Orders
let people: People
let told: Message[] = []

async function open(): Promise<void> {
  sqlite = await openSqlite({ dir, dev: false, clock })
  await sqlite.store.start((messages) => told.push(...messages))
  orders = locallifeOrders(sqlite.thread)
  people = locallifePeople(sqlite.thread)
}

const acting = { actor: 'test', at: clock.now() }

/** Two merchants, riders in two regions, one of them offline, two operators. */
beforeAll(async () => {
  await open()
  const merchant = { name: 'Shop', status: 'onboarded' as const }
  await people.putMerchant(acting, { ...merchant, id: 'm1', administrators: ['adm1', 'adm2'] })
  await people.putMerchant(acting, { ...merchant, id: 'm2', administrators: ['adm3'] })
  await people.putMerchant(acting, { ...merchant, id: 'm3', administrators: [], status: 'closed' })
  for (const [id, region] of [
    ['near1', 'r1'],
    ['near2', 'r1'],
    ['far', 'r2'],
  ] as const) {
    await people.putRider(acting, { id, status: 'approved', region })
    await people.goOnline(id, region)
  }
  await people.putRider(acting, { id: 'asleep', status: 'approved', region: 'r1' })
  await people.putOperator(acting, { id: 'op1', role: 'operator' })
  await people.putOperator(acting, { id: 'op2', role: 'admin' })
})
afterAll(async () => {
  await sqlite.store.stop()
  rmSync(dir, { recursive: true })
})
beforeEach(async () => {
  // What the test before left unpaid must not expire in the middle of this one.
  await orders.expire(Number.MAX_SAFE_INTEGER, 1_000)
  told = []
})

let serial = 0
const fresh = (prefix: string) => `${prefix}${++serial}`

function wanted(fields: Partial<NewOrder> = {}): NewOrder {
  const createdAt = clock.now()
  return {
    id: fresh('order'),
    consumer: fresh('consumer'),
    merchant: 'm1',
    region: 'r1',
    items: [{ name: 'Tea', quantity: 2, price: 900 }],
    amount: 1_800,
    createdAt,
    expiresAt: createdAt + 900_000,
    idempotency: null,
    ...fields,
  }
}

function payment(order: string, fields: Partial<Payment> = {}): Payment {
  return {
    transaction: fresh('transaction'),
    notification: fresh('notification'),
    order,
    amount: 1_800,
    currency: 'CNY',
    fault: null,
    at: clock.now(),
    ...fields,
  }
}

async function refused(work: Promise<unknown>, code: ErrorCode, status?: number): Promise<void> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Refusal)
  expect((error as Refusal).code).toBe(code)
  if (status !== undefined) expect((error as Refusal).status).toBe(status)
}

/** Every title that was told, with the channels it went to. */
const heard = () =>
  told.map(({ channel, also = [], body }) => [
    JSON.parse(body).title,
    [channel, ...also.map((one) => one.channel)].map((name) => name.replace('locallife/', '')),
  ])

const toPlatform = ['platform', 'user:op1', 'user:op2']
const paidNotices = [
  ['新订单通知', ['merchant:m1', 'user:adm1', 'user:adm2']],
  ['新订单', ['region:r1', 'user:near1', 'user:near2']],
]
const timeout = ['支付超时', toPlatform]
const late = ['失效订单到账', toPlatform]
const extra = ['重复付款', toPlatform]
const odd = ['支付通知异常', toPlatform]

const statusOf = async (id: string) => (await orders.order('op1', id)).status

test('L20: a payment makes the order paid and tells its merchant and the online riders of its region, nobody else', async () => {
  const made = await orders.create(wanted())
  expect(made).toMatchObject({ status: 'pending_payment', rider: null, paidAt: null })
  expect(told).toEqual([])
  expect(await orders.pay(payment(made.id))).toEqual({ outcome: 'paid' })
  expect(heard()).toEqual(paidNotices)
  expect(await orders.order(made.consumer, made.id)).toEqual({
    ...made,
    status: 'paid',
    paidAt: clock.now(),
  })
})

test('L17: the words are those of the original', async () => {
  const { id } = await orders.create(wanted())
  await orders.pay(payment(id))
  expect(told.map(({ type, body }) => [type, JSON.parse(body)])).toEqual([
    ['notification', { title: '新订单通知', content: '您有新的已支付订单，请及时处理' }],
    ['notification', { title: '新订单', content: '您有新的推荐订单' }],
  ])
})

test('L21: of 300 repeats at once one pays, and everybody hears it once', async () => {
  const { id } = await orders.create(wanted())
  const once = payment(id)
  const repeats = Array.from({ length: 300 }, (_, nth) =>
    orders.pay(nth % 2 === 0 ? once : { ...once, notification: `again${nth}` }),
  )
  const outcomes = (await Promise.all(repeats)).map((one) => 'outcome' in one && one.outcome)
  expect(outcomes.filter((one) => one === 'paid')).toHaveLength(1)
  expect(outcomes.filter((one) => one === 'repeated')).toHaveLength(299)
  expect(heard()).toEqual(paidNotices)
})

test('L21: over a restart a repeat is still a repeat', async () => {
  const { id } = await orders.create(wanted())
  const once = payment(id)
  await orders.pay(once)
  await sqlite.store.stop()
  await open()
  told = []
  expect(await orders.pay(once)).toEqual({ outcome: 'repeated' })
  expect(told).toEqual([])
  expect(await statusOf(id)).toBe('paid')
})

test('a second transaction for a paid order is kept and alerts once, and pays nothing twice', async () => {
  const made = await orders.create(wanted())
  await orders.pay(payment(made.id))
  const { paidAt } = await orders.order('op1', made.id)
  clock.advance(1_000)
  told = []
  const second = payment(made.id)
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => orders.pay(second)))
  expect(outcomes.filter((one) => 'outcome' in one && one.outcome === 'extra')).toHaveLength(1)
  expect(heard()).toEqual([extra])
  expect(JSON.parse(told[0]!.body).content).toContain(second.transaction)
  expect((await orders.order('op1', made.id)).paidAt).toBe(paidAt)
})

test('of two transactions for one order at once one pays and the other is extra', async () => {
  const { id } = await orders.create(wanted())
  const both = await Promise.all([orders.pay(payment(id)), orders.pay(payment(id))])
  expect(both.map((one) => 'outcome' in one && one.outcome).sort()).toEqual(['extra', 'paid'])
  expect(heard()).toEqual([...paidNotices, extra])
})

test('L21: a notification that paid once pays nothing else, and the money is not lost from sight', async () => {
  const first = await orders.create(wanted())
  const other = await orders.create(wanted())
  const paid = payment(first.id)
  await orders.pay(paid)
  told = []
  const reused = payment(other.id, { notification: paid.notification })
  expect(await orders.pay(reused)).toEqual({ outcome: 'extra' })
  expect(heard()).toEqual([extra])
  expect(await statusOf(other.id)).toBe('pending_payment')
})

test.each([
  ['amount', { amount: 1_799 }],
  ['amount', { amount: 1_801 }],
  ['amount', { amount: 18 }],
  ['currency', { currency: 'USD' }],
  ['order', { order: 'unknown' }],
  ['mchid', { fault: 'mchid' as const }],
  ['appid', { fault: 'appid' as const }],
  ['trade_state', { fault: 'trade_state' as const }],
])('a payment with a wrong %s is refused each time and alerts once: %j', async (fault, fields) => {
  const { id } = await orders.create(wanted())
  const wrong = payment(id, fields)
  for (let time = 0; time < 3; time++) expect(await orders.pay(wrong)).toEqual({ fault } as never)
  expect(heard()).toEqual([odd])
  expect(JSON.parse(told[0]!.body)).toMatchObject({
    level: 'critical',
    content: expect.stringContaining(`交易 ${wrong.transaction}（订单 ${wrong.order}）`),
  })
  expect(await statusOf(id)).toBe('pending_payment')
})

test('money that was refused is honoured once it fits, since WeChat Pay goes on telling it', async () => {
  const { id } = await orders.create(wanted())
  const money = payment(id)
  await orders.pay({ ...money, fault: 'mchid' })
  told = []
  expect(await orders.pay(money)).toEqual({ outcome: 'paid' })
  expect(await orders.pay({ ...money, fault: 'mchid' })).toEqual({ outcome: 'repeated' })
  expect(heard()).toEqual(paidNotices)
})

test('L21: a notification that was refused has paid nothing: what it tells the next time counts', async () => {
  const { id } = await orders.create(wanted())
  const refusal = payment('unknown')
  await orders.pay(refusal)
  told = []
  const put = payment(id, { notification: refusal.notification })
  expect(await orders.pay(put)).toEqual({ outcome: 'paid' })
  expect(heard()).toEqual(paidNotices)
})

test('money for a merchant that has closed since does not go unseen', async () => {
  const shop = { id: 'm4', name: 'Shop', administrators: ['adm4'] }
  await people.putMerchant(acting, { ...shop, status: 'onboarded' })
  const { id } = await orders.create(wanted({ merchant: 'm4' }))
  await people.putMerchant(acting, { ...shop, status: 'closed' })
  expect(await orders.pay(payment(id))).toEqual({ outcome: 'paid' })
  expect(heard()).toEqual([
    ['新订单通知', ['merchant:m4']],
    ['新订单', ['region:r1', 'user:near1', 'user:near2']],
    ['订单无人处理', toPlatform],
  ])
})

test('an unpaid order expires at its deadline and not a millisecond before, and the platform alone hears it', async () => {
  const { id, expiresAt } = await orders.create(wanted())
  expect(await orders.expire(expiresAt - 1, 100)).toBe(0)
  expect(told).toEqual([])
  expect(await orders.expire(expiresAt, 100)).toBe(1)
  expect(await statusOf(id)).toBe('expired')
  expect(await orders.expire(expiresAt, 100)).toBe(0)
  expect(heard()).toEqual([timeout])
  expect(JSON.parse(told[0]!.body)).toMatchObject({ content: expect.stringContaining(id) })
})

test('orders end in slices, the oldest first, each with an alert of its own', async () => {
  const createdAt = clock.now()
  const ids: string[] = []
  for (let nth = 0; nth < 5; nth++) {
    ids.push((await orders.create(wanted({ expiresAt: createdAt + 1_000 - nth }))).id)
  }
  expect(await orders.expire(createdAt + 1_000, 3)).toBe(3)
  expect(await Promise.all(ids.map(statusOf))).toEqual([
    'pending_payment',
    'pending_payment',
    'expired',
    'expired',
    'expired',
  ])
  expect(await orders.expire(createdAt + 1_000, 3)).toBe(2)
  expect(heard()).toEqual(Array.from({ length: 5 }, () => timeout))
})

test('a paid order never expires', async () => {
  const { id, expiresAt } = await orders.create(wanted())
  await orders.pay(payment(id))
  told = []
  expect(await orders.expire(expiresAt + 1, 100)).toBe(0)
  expect(told).toEqual([])
  expect(await statusOf(id)).toBe('paid')
})

test('the money of an expired order is honoured: paid, told, and the platform is alerted', async () => {
  const { id, expiresAt } = await orders.create(wanted())
  await orders.expire(expiresAt, 100)
  told = []
  const money = payment(id)
  expect(await orders.pay(money)).toEqual({ outcome: 'late' })
  expect(await orders.pay(money)).toEqual({ outcome: 'repeated' })
  expect(heard()).toEqual([...paidNotices, late])
  expect(await statusOf(id)).toBe('paid')
})

test.each(['pay first', 'expire first'])(
  'a payment and the deadline in one batch come to one outcome, and the notices agree: %s',
  async (order) => {
    const { id, expiresAt } = await orders.create(wanted())
    const pay = () => orders.pay(payment(id))
    const expire = () => orders.expire(expiresAt, 100)
    const first = order === 'pay first'
    const [one, other] = first ? [pay(), expire()] : [expire(), pay()]
    const paid = await (first ? one : other)
    expect(await (first ? other : one)).toBe(first ? 0 : 1)
    expect(paid).toEqual({ outcome: first ? 'paid' : 'late' })
    expect(heard()).toEqual(first ? paidNotices : [timeout, ...paidNotices, late])
    expect(await statusOf(id)).toBe('paid')
  },
)

test('whatever comes in whatever order, an order is paid by one transaction and told once', async () => {
  const step = fc.constantFrom('pay', 'repeat', 'other', 'wrong', 'expire')
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const { id, expiresAt } = await orders.create(wanted())
      const known = payment(id)
      told = []
      const work: Record<(typeof steps)[number], () => Promise<unknown>> = {
        pay: () => orders.pay(known),
        repeat: () => orders.pay({ ...known, notification: fresh('again') }),
        other: () => orders.pay(payment(id)),
        wrong: () => orders.pay(payment(id, { amount: 1 })),
        expire: () => orders.expire(expiresAt, 100),
      }
      await Promise.all(steps.map((one) => work[one]()))
      const count = (title: string) => heard().filter(([one]) => one === title).length
      const transactions = steps.filter((one) => one === 'other').length
      const distinct =
        transactions + (steps.some((one) => one === 'pay' || one === 'repeat') ? 1 : 0)
      const pays = distinct > 0 ? 1 : 0
      expect([count('新订单通知'), count('新订单')]).toEqual([pays, pays])
      expect(count('重复付款')).toBe(distinct - pays)
      expect(count('支付通知异常')).toBe(steps.filter((one) => one === 'wrong').length)
      expect(count('失效订单到账')).toBe(pays === 1 ? count('支付超时') : 0)
      const expired = steps.includes('expire')
      expect(await statusOf(id)).toBe(pays === 1 ? 'paid' : expired ? 'expired' : 'pending_payment')
      if (pays === 0 && !expired) await orders.expire(expiresAt, 100)
    }),
    { numRuns: 40 },
  )
})

test('an unknown merchant is not found, a closed one takes no orders', async () => {
  await refused(orders.create(wanted({ merchant: 'm9' })), 'NOT_FOUND')
  await refused(orders.create(wanted({ merchant: 'm3' })), 'CONFLICT')
})

test('a consumer has a limit of unpaid orders, since each of them alerts the platform in the end', async () => {
  const consumer = fresh('greedy')
  const soon = clock.now() + 1_000
  const mine = () => wanted({ consumer, expiresAt: soon })
  const made = await Promise.all(Array.from({ length: 100 }, () => orders.create(mine())))
  await refused(orders.create(mine()), 'CONFLICT')
  await orders.create(wanted({ expiresAt: soon }))
  await orders.pay(payment(made[0]!.id))
  await orders.create(mine())
})

test('a repeated key gets the first order as it was, another order under it is refused', async () => {
  const consumer = fresh('consumer')
  const idempotency = { key: 'k1', fingerprint: 'a' }
  const first = await orders.create(wanted({ consumer, idempotency }))
  await orders.pay(payment(first.id))
  expect(await orders.create(wanted({ consumer, idempotency }))).toEqual(first)
  const other = { key: 'k1', fingerprint: 'b' }
  await refused(orders.create(wanted({ consumer, idempotency: other })), 'IDEMPOTENCY_CONFLICT')
  const somebody = await orders.create(wanted({ idempotency }))
  expect(somebody.id).not.toBe(first.id)
})

test('a repeated key gets the first order also where a new one would be refused', async () => {
  const shop = { id: 'm5', name: 'Shop', administrators: [] }
  await people.putMerchant(acting, { ...shop, status: 'onboarded' })
  const same = { merchant: 'm5', idempotency: { key: 'k2', fingerprint: 'a' } }
  const first = await orders.create(wanted({ ...same, consumer: 'eager' }))
  const soon = { consumer: 'eager', expiresAt: clock.now() + 1_000 }
  for (let nth = 1; nth < 100; nth++) await orders.create(wanted(soon))
  expect(await orders.create(wanted({ ...same, consumer: 'eager' }))).toEqual(first)
  await people.putMerchant(acting, { ...shop, status: 'closed' })
  expect(await orders.create(wanted({ ...same, consumer: 'eager' }))).toEqual(first)
})

test('an order is there for its consumer, its merchant and the platform, for nobody else', async () => {
  const { id, consumer } = await orders.create(wanted())
  for (const user of [consumer, 'adm1', 'adm2', 'op1', 'op2']) {
    expect(await orders.order(user, id)).toMatchObject({ id })
  }
  for (const user of ['adm3', 'near1', 'stranger']) {
    await refused(orders.order(user, id), 'NOT_FOUND')
    await refused(orders.order(user, 'unknown'), 'NOT_FOUND')
  }
})

test('L18: an urge reaches the administrators of the merchant alone, with the number of the order', async () => {
  const { id } = await orders.create(wanted())
  await refused(orders.urge(id, clock.now()), 'CONFLICT')
  await refused(orders.urge('unknown', clock.now()), 'NOT_FOUND')
  expect(told).toEqual([])
  await orders.pay(payment(id))
  told = []
  await orders.urge(id, clock.now())
  expect(heard()).toEqual([['催单通知', ['merchant:m1', 'user:adm1', 'user:adm2']]])
  expect(JSON.parse(told[0]!.body).content).toContain(id)
})

test('L18: the platform dispatches a paid order to an online rider, who alone hears it, once', async () => {
  const { id, consumer } = await orders.create(wanted())
  const dispatch = (fields: object = {}) =>
    orders.dispatch({ user: 'op1', id, rider: 'near1', at: clock.now(), ...fields })
  await refused(dispatch(), 'CONFLICT')
  await orders.pay(payment(id))
  told = []
  for (const user of [consumer, 'adm1', 'near1', 'stranger']) {
    await refused(dispatch({ user }), 'FORBIDDEN')
    await refused(dispatch({ user, id: 'unknown' }), 'FORBIDDEN')
  }
  await refused(dispatch({ id: 'unknown' }), 'NOT_FOUND')
  await refused(dispatch({ rider: 'nobody' }), 'NOT_FOUND')
  await refused(dispatch({ rider: 'asleep' }), 'RIDER_OFFLINE', 409)
  expect(told).toEqual([])
  expect((await orders.order('op1', id)).rider).toBeNull()
  expect(await dispatch()).toMatchObject({ id, rider: 'near1', status: 'paid' })
  expect(heard()).toEqual([['派单通知', ['rider:near1', 'user:near1']]])
  expect(JSON.parse(told[0]!.body).content).toContain(id)
  expect(await dispatch()).toMatchObject({ rider: 'near1' })
  expect(told).toHaveLength(1)
  expect(await dispatch({ rider: 'far' })).toMatchObject({ rider: 'far' })
  expect(heard()[1]).toEqual(['派单通知', ['rider:far', 'user:far']])
  expect(audited(id)).toEqual(['near1', 'far'])
})

function audited(subject: string): string[] {
  const db = new Database(join(dir, 'fanfare.db'), { readonly: true })
  const rows = db
    .query<{ details: string; actor: string }, [string]>(
      "SELECT details, actor FROM audit_log WHERE action = 'order.dispatch' AND subject = ?",
    )
    .all(subject)
  db.close()
  for (const { actor } of rows) expect(actor).toBe('locallife/user:op1')
  return rows.map(({ details }) => details)
}

test('amounts are exact to the last fen that an order can have', async () => {
  const amount = 100 * 9_999 * 1_000_000_000
  const { id } = await orders.create(wanted({ amount }))
  expect(await orders.pay(payment(id, { amount: amount + 1 }))).toEqual({ fault: 'amount' })
  expect(await orders.pay(payment(id, { amount }))).toEqual({ outcome: 'paid' })
  expect((await orders.order('op1', id)).amount).toBe(999_900_000_000_000)
})

test('an alert goes to every operator and to nobody else', async () => {
  await orders.alert(alert('标题', '内容', 'info'), clock.now())
  expect(heard()).toEqual([['标题', toPlatform]])
})
