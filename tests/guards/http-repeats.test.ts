import { afterAll, beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { openPremises } from './http-house.ts'
import { faultsOf, verdictOf, wrongOf, type Trial } from './http-judge.ts'
import { routes } from './http-routes.ts'
import { send, type Change, type Route } from './http-send.ts'
import { settle, type Town } from './http-town.ts'
import type { Answer } from './raw-http.ts'

/** Trials of chance: some with every run of the tests, as many as one likes with FANFARE_FUZZ, and others each time; a failure tells its seed. */
const numRuns = Number(process.env['FANFARE_FUZZ'] ?? 400)
const usual = process.env['FANFARE_FUZZ'] === undefined ? '42' : undefined
const seed = process.env['FANFARE_FUZZ_SEED'] ?? usual
const chance = { numRuns, ...(seed !== undefined && { seed: Number(seed) }) }
const patience = 30_000 + 20 * numRuns

let town: Town
beforeAll(async () => void (town = await settle(await openPremises())))
afterAll(() => town.house.close())

const find = (method: string, path: string): Route =>
  routes.find((one) => one.method === method && one.path === path)!
const transactions = find('POST', '/api/v1/transactions')
const orders = find('POST', '/v1/orders')
const publish = find('POST', '/api/publish')
const batch = find('POST', '/api/publish/batch')
const credit = find('POST', '/api/wallets/:player/credit')

/** The same user each time: keys belong to who chose them. */
const ordersOf = (as: string): Route => ({
  ...orders,
  good: async (town) => ({ ...(await orders.good(town)), as }),
})

const keyed = (key: string): Change => ({ headers: [['idempotency-key', key]] })

test('a key in a header has 1 to 128 visible characters, or the request is 400 and nothing happens', async () => {
  const bad: readonly Change[] = [
    keyed(''),
    keyed('a b'),
    keyed('k'.repeat(129)),
    keyed('k'.repeat(10_000)),
    keyed('\u00e9'),
    keyed('a\tb'),
    keyed('\u007f'),
    { headers: [...keyed('a').headers!, ...keyed('a').headers!] },
    { headers: [...keyed('a').headers!, ...keyed('b').headers!] },
  ]
  const trials = [transactions, orders].flatMap((route) =>
    bad.map((change): Trial => ({
      what: `${route.path}, ${JSON.stringify(change).slice(0, 60)}`,
      expected: '400 INVALID_REQUEST',
      ask: () => send(town, route, change),
    })),
  )
  expect(await wrongOf(trials)).toEqual([])
  const good = [
    keyed('k'.repeat(128)),
    keyed('!'),
    keyed('~'),
    keyed('__proto__'),
    keyed('constructor'),
  ]
  const others = good.map((change): Trial => ({
    what: JSON.stringify(change).slice(0, 60),
    expected: '201',
    ask: () => send(town, transactions, change),
  }))
  expect(await wrongOf(others)).toEqual([])
})

test('of twenty with one key at once all hear the same, and it has happened once', async () => {
  const route = ordersOf('repeater')
  const body = JSON.stringify((await orders.good(town)).body)
  const several = (route: Route, change: Change) =>
    Promise.all(Array.from({ length: 20 }, () => send(town, route, change)))
  for (const [what, answers] of [
    ['transactions', await several(transactions, keyed('twenty'))],
    ['orders', await several(route, { ...keyed('twenty'), body })],
    ['publish', await several(publish, { body: bodyOf('twenty', 'Hello') })],
    ['credit', await several({ ...credit, good: () => purse('twenty', '0.25') }, {})],
  ] as const) {
    const distinct = new Set(answers.map(({ status, body }) => `${status} ${body}`))
    expect([what, [...distinct]]).toEqual([what, [expect.stringMatching(/^20[01] \{/)]])
  }
  const { balance } = await town.house.call('GET', '/api/wallets/twenty')
  expect(balance).toBe('0.25')
  const { messages } = await town.house.call('GET', '/api/channels/jive/user:twenty/history')
  expect(messages).toHaveLength(1)
})

const purse = (player: string, amount: string, tx_id = `${player}-1`) => ({
  params: { player },
  body: { amount, tx_id },
})

function bodyOf(user: string, title: string, idempotencyKey = user): string {
  const data = { level: 'info', title, message: '' }
  return JSON.stringify({
    channel: `jive/user:${user}`,
    type: 'Notification',
    data,
    idempotencyKey,
  })
}

test('another request under a key that was used is 409, and changes nothing', async () => {
  const other = { amount: '-11.00', account_id: town.account, description: 'Other' }
  const items = [{ name: 'Other', quantity: 1, price: 1 }]
  const order = { merchant_id: 'm1', region_id: 'r1', items }
  const message = {
    channel: 'jive/user:used',
    type: 'Notification',
    data: { level: 'info', title: 'x', message: '' },
  }
  const user = ordersOf('user-of-keys')
  const first: readonly (readonly [Route, Change])[] = [
    [transactions, keyed('used')],
    [user, keyed('used')],
    [publish, { body: bodyOf('used', 'First') }],
    [batch, { body: JSON.stringify({ messages: [message], idempotencyKey: 'used-batch' }) }],
    [{ ...credit, good: () => purse('used', '1.00') }, {}],
  ]
  const statuses = await Promise.all(first.map(([route, change]) => send(town, route, change)))
  expect(statuses.map(verdictOf)).toEqual(['201', '201', '200', '200', '200'])
  const debit = { ...find('POST', '/api/wallets/:player/debit'), good: () => purse('used', '1.00') }
  const second: readonly (readonly [string, Route, Change])[] = [
    ['IDEMPOTENCY_CONFLICT', transactions, { ...keyed('used'), body: JSON.stringify(other) }],
    ['IDEMPOTENCY_CONFLICT', user, { ...keyed('used'), body: JSON.stringify(order) }],
    ['IDEMPOTENCY_CONFLICT', publish, { body: bodyOf('used', 'Second') }],
    ['IDEMPOTENCY_CONFLICT', publish, { body: bodyOf('other', 'First', 'used') }],
    [
      'IDEMPOTENCY_CONFLICT',
      batch,
      { body: JSON.stringify({ messages: [message, message], idempotencyKey: 'used-batch' }) },
    ],
    [
      'IDEMPOTENCY_CONFLICT',
      publish,
      { body: JSON.stringify({ ...message, idempotencyKey: 'used-batch' }) },
    ],
    ['TX_CONFLICT', { ...credit, good: () => purse('used', '2.00') }, {}],
    ['TX_CONFLICT', { ...credit, good: () => purse('thief', '1.00', 'used-1') }, {}],
    ['TX_CONFLICT', debit, {}],
  ]
  const trials = second.map(([code, route, change]): Trial => ({
    what: `${route.path} ${change.body ?? ''}`,
    expected: `409 ${code}`,
    ask: () => send(town, route, change),
  }))
  expect(await wrongOf(trials)).toEqual([])
  expect((await town.house.call('GET', '/api/wallets/used')).balance).toBe('1.00')
  const { messages } = await town.house.call('GET', '/api/channels/jive/user:used/history')
  expect(messages.map((one: any) => one.data.title)).toEqual(['First', 'x'])
})

test('a key belongs to who chose it: another caller with the same one is served for itself', async () => {
  const answers = await Promise.all(
    ['one', 'two', 'three'].map((user) => send(town, ordersOf(user), keyed('shared'))),
  )
  expect(new Set(answers.map(({ body }) => JSON.parse(body).id)).size).toBe(3)
  const { admin: _, wallet: __, publish: key } = town.house.keys
  const authorization = { authorization: `Bearer ${key}` }
  const body = bodyOf('belongs', 'Hello')
  const [own, first] = await Promise.all([
    send(town, publish, { ...authorization, body }),
    town.house.call('POST', '/api/publish', JSON.parse(body)),
  ])
  expect(JSON.parse(own.body).id).not.toBe(first.id)
})

test('who asks too often is told when to come back, and the others are served', async () => {
  const here = { headers: [['x-forwarded-for', '192.0.2.1']] } satisfies Change
  const limited: readonly (readonly [route: Route, change: Change, most: number])[] = [
    [find('POST', '/v1/auth/wechat-login'), { ...here, body: '{}' }, 150],
    [find('GET', '/api/crash/stats'), here, 800],
    [find('POST', '/api/v1/rules/:id/execute'), {}, 8],
    [find('POST', '/v1/orders/:id/urge'), {}, 3],
  ]
  for (const [route, change, most] of limited) {
    const good = await route.good(town)
    const same = { ...route, good: () => good }
    const answers = await Promise.all(Array.from({ length: most }, () => send(town, same, change)))
    const refused = answers.filter(({ status }) => status === 429)
    expect([route.path, refused.length > 0]).toEqual([route.path, true])
    expect(new Set(refused.map(verdictOf))).toEqual(new Set(['429 RATE_LIMITED']))
    expect(answers.flatMap(faultsOf)).toEqual([])
    for (const { body } of refused) {
      expect(JSON.parse(body).details).toEqual({ retryAfterMs: expect.any(Number) })
    }
  }
  const [login, stats] = limited.map(([route]) => route)
  expect((await send(town, login!)).status).toBe(200)
  expect((await send(town, stats!)).status).toBe(200)
})

/** What an amount of crash and of jive is: no sign, no blanks, no exponent, two decimals, fifteen digits. */
function centsOf(text: string): bigint | null {
  const match = /^(0|[1-9]\d*)(?:\.(\d{1,2}))?$/.exec(text)
  if (match === null) return null
  const [, whole = '', fraction = ''] = match
  if (whole.length + fraction.length > 15) return null
  const cents = BigInt(whole + fraction.padEnd(2, '0'))
  return cents > 0n && cents <= BigInt(Number.MAX_SAFE_INTEGER) ? cents : null
}

/** Texts near amounts: good ones, and those with a letter too many, too few or another. */
const nearly = fc
  .tuple(
    fc.oneof(
      fc
        .tuple(fc.nat(99_999), fc.nat(99))
        .map(([whole, cents]) => `${whole}.${String(cents).padStart(2, '0')}`),
      fc.nat(999).map(String),
      fc.stringMatching(/^[0-9]{1,18}(\.[0-9]{0,4})?$/),
    ),
    fc.option(fc.tuple(fc.nat(20), fc.constantFrom(...'0123456789.-+eEx, _\u0660\uff11\n\0'))),
  )
  .map(([text, change]) =>
    change === null ? text : text.slice(0, change[0]) + change[1] + text.slice(change[0]),
  )

test(
  'whatever is written as an amount, it is that amount to the cent, or 400 and nothing is moved',
  async () => {
    const { house } = town
    const player = 'property'
    let held = 0n
    const judge = async (text: string) => {
      // What a purse can hold is another question.
      const cents = centsOf(text)
      if (cents !== null && held + cents > 90_000_000_000_000n) return
      const body = JSON.stringify({ amount: text, tx_id: `p-${town.fresh()}` })
      const answer: Answer = await send(
        town,
        { ...credit, good: () => ({ params: { player } }) },
        { body },
      )
      expect([text, verdictOf(answer)]).toEqual([
        text,
        cents === null ? '400 INVALID_REQUEST' : '200',
      ])
      expect(faultsOf(answer)).toEqual([])
      if (cents === null) return
      held += cents
      expect(JSON.parse(answer.body).balance).toBe(written(held))
    }
    await fc.assert(fc.asyncProperty(nearly, judge), chance)
    if (held > 0n)
      expect((await house.call('GET', `/api/wallets/${player}`)).balance).toBe(written(held))
  },
  patience,
)

function written(cents: bigint): string {
  const digits = String(cents).padStart(3, '0')
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/** JSON of any kind, with names that are no data among the keys. */
const anyJson = fc
  .jsonValue({ maxDepth: 4, depthSize: 'small' })
  .map((value) => JSON.stringify(value))
const bytes = fc.uint8Array({ maxLength: 400 })

test(
  'whatever is sent to whatever route, the answer is one of its own or a refusal of the page',
  async () => {
    const writing = routes.filter(({ dev, fields }) => dev !== true && fields !== undefined)
    const good = new Map<Route, unknown>()
    for (const route of writing) good.set(route, (await route.good(town)).body)
    const body = fc.oneof(anyJson, bytes, fc.string({ unit: 'binary', maxLength: 200 }))
    const trial = async (route: Route, sent: string | Uint8Array) => {
      const answer = await send(town, route, { body: sent })
      expect(faultsOf(answer)).toEqual([])
      expect(answer.status === route.status || (answer.status >= 400 && answer.status < 500)).toBe(
        true,
      )
    }
    await fc.assert(fc.asyncProperty(fc.constantFrom(...writing), body, trial), chance)
    const mutated = fc.constantFrom(...writing).chain((route) => {
      const text = JSON.stringify(good.get(route))
      const change = fc.tuple(
        fc.nat(text.length),
        fc.nat(3),
        fc.string({ unit: 'binary', maxLength: 3 }),
      )
      return change.map(
        ([at, cut, more]) => [route, text.slice(0, at) + more + text.slice(at + cut)] as const,
      )
    })
    await fc.assert(
      fc.asyncProperty(mutated, ([route, sent]) => trial(route, sent)),
      chance,
    )
  },
  patience,
)

test('nobody beside was harmed', () => town.house.unharmed())
