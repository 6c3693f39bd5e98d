import { expect, test } from 'bun:test'
import { serverKey, start } from '../../fixture.ts'
import { member, received } from './scenario.ts'

test('an account is made with 201, read with 200, its sums as numbers with two decimals', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const answer = await server.fetch('/api/v1/accounts', {
    method: 'POST',
    token: ann.token,
    body: '{"family_id":"f1","name":" Savings ","currency":"EUR","balance":1000}',
  })
  expect(answer.status).toBe(201)
  expect(answer.headers.get('content-type')).toContain('application/json')
  const text = await answer.text()
  const { id } = JSON.parse(text)
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(text).toBe(
    `{"id":"${id}","family_id":"f1","name":"Savings","currency":"EUR","balance":1000.00,"available_balance":1000.00}`,
  )
  const read = await server.fetch(`/api/v1/accounts/${id}`, { token: ann.token })
  expect([read.status, await read.text()]).toEqual([200, text])
  expect(await ann.call('GET', '/api/v1/accounts', 200)).toEqual({
    accounts: [JSON.parse(text)],
    more: false,
  })
})

test('transactions are made, read, listed, changed and deleted with their statuses', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const made = await ann.spend(account, { payee: 'Canteen', category: 'food' })
  expect(made).toEqual({
    id: made.id,
    account_id: account,
    amount: -10,
    description: 'Lunch',
    payee: 'Canteen',
    category: 'food',
    created_by: 'ann',
    created_at: '2026-01-02T03:04:05.000Z',
    updated_at: '2026-01-02T03:04:05.000Z',
  })
  const path = `/api/v1/transactions/${made.id}`
  expect(await ann.call('GET', path, 200)).toEqual(made)
  server.clock.advance(1_000)
  const changed = await ann.call('PUT', path, 200, { payee: null })
  expect(changed).toEqual({ ...made, payee: null, updated_at: '2026-01-02T03:04:06.000Z' })
  const list = `/api/v1/transactions?account_id=${account}`
  expect(await ann.call('GET', list, 200)).toEqual({ transactions: [changed], more: false })
  await ann.call('DELETE', path, 204)
  await ann.call('GET', path, 404)
  await ann.call('PUT', path, 404, { payee: 'x' })
  await ann.call('DELETE', path, 404)
  expect(await ann.call('GET', list, 200)).toEqual({ transactions: [], more: false })
})

test('lists are read in parts', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const ids: string[] = []
  for (let count = 0; count < 3; count++) ids.push((await ann.spend(account)).id)
  const list = `/api/v1/transactions?account_id=${account}`
  const idsOf = ({ transactions }: any) => transactions.map(({ id }: { id: string }) => id)
  const first = await ann.call('GET', `${list}&limit=2`, 200)
  expect([idsOf(first), first.more]).toEqual([ids.slice(0, 2), true])
  const rest = await ann.call('GET', `${list}&limit=2&after=${ids[1]}`, 200)
  expect([idsOf(rest), rest.more]).toEqual([ids.slice(2), false])
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'limit=1.5', 'after=a%20b']) {
    const { code, details } = await ann.call('GET', `${list}&${query}`, 400)
    expect([code, details[0].path]).toEqual(['INVALID_REQUEST', query.split('=')[0]])
  }
  await ann.call('GET', '/api/v1/transactions', 400)
})

test.each([
  ['POST', '/api/v1/accounts'],
  ['GET', '/api/v1/accounts'],
  ['GET', '/api/v1/accounts/x'],
  ['POST', '/api/v1/transactions'],
  ['GET', '/api/v1/transactions?account_id=x'],
  ['GET', '/api/v1/transactions/x'],
  ['PUT', '/api/v1/transactions/x'],
  ['DELETE', '/api/v1/transactions/x'],
  ['POST', '/api/v1/rules'],
  ['POST', '/api/v1/rules/x/execute'],
])('J18, J21: %s %s needs the token of a user', async (method, path) => {
  await using server = await start({ jive: { anonymous: true } })
  for (const token of [undefined, 'bad', serverKey, await server.token('ann', { aud: 'crash' })]) {
    const answer = await server.fetch(path, { method, ...(token !== undefined && { token }) })
    expect(answer.status).toBe(401)
    expect(((await answer.json()) as any).code).toBe('UNAUTHORIZED')
  }
})

test('J5: what belongs to another family is answered like what does not exist', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const eve = await member(server, 'eve', ['f2'])
  const account = await ann.account('f1')
  const { id } = await ann.spend(account)
  const body = { family_id: 'f1', contains: 'x', category: 'y' }
  const rule = (await ann.call('POST', '/api/v1/rules', 201, body)).id
  const unknown = crypto.randomUUID()
  const attempts = (a: string, t: string, r: string): [string, string, unknown?][] => [
    ['GET', `/api/v1/accounts/${a}`],
    ['GET', `/api/v1/transactions?account_id=${a}`],
    ['POST', '/api/v1/transactions', { account_id: a, amount: 1 }],
    ['GET', `/api/v1/transactions/${t}`],
    ['PUT', `/api/v1/transactions/${t}`, { amount: 1 }],
    ['DELETE', `/api/v1/transactions/${t}`],
    ['POST', `/api/v1/rules/${r}/execute`],
  ]
  const foreign = attempts(account, id, rule)
  for (const [index, [method, path, given]] of attempts(unknown, unknown, unknown).entries()) {
    const answer = await eve.call(method, path, 404, given)
    const [, otherPath, otherBody] = foreign[index]!
    expect(await eve.call(method, otherPath, 404, otherBody)).toEqual(answer)
    expect(answer.code).toBe('NOT_FOUND')
  }
  for (const [path, given] of [
    ['/api/v1/accounts', { family_id: 'f1', name: 'x' }],
    ['/api/v1/rules', body],
  ] as const) {
    expect((await eve.call('POST', path, 403, given)).code).toBe('FORBIDDEN')
  }
  expect((await ann.call('GET', `/api/v1/accounts/${account}`, 200)).balance).toBe(-10)
})

test.each([
  ['amount', { amount: 'much' }],
  ['amount', { amount: '1.005' }],
  ['amount', { amount: 1.005 }],
  ['amount', { amount: 0 }],
  ['amount', { amount: '1e3' }],
  ['amount', { amount: ' 5' }],
  ['amount', { amount: '0x10' }],
  ['amount', { amount: null }],
  ['amount', { amount: '99999999999999.99' }],
  ['amount', {}],
  ['description', { amount: 1, description: 7 }],
  ['description', { amount: 1, description: 'x'.repeat(501) }],
  ['payee', { amount: 1, payee: '' }],
  ['account_id', { amount: 1, account_id: 'a/b' }],
])('a transaction with a bad %s is refused by its path: %j', async (path, fields) => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const body = { account_id: account, ...fields }
  const { code, details } = await ann.call('POST', '/api/v1/transactions', 400, body)
  expect([code, details[0].path]).toEqual(['INVALID_REQUEST', path])
  expect((await ann.call('GET', `/api/v1/accounts/${account}`, 200)).balance).toBe(0)
})

test.each(['', '{', '[]', 'null', '7', `{"a":${'['.repeat(50)}${']'.repeat(50)}}`])(
  'a body that is no transaction is 400: %s',
  async (body) => {
    await using server = await start()
    const ann = await member(server, 'ann', ['f1'])
    const { code } = await ann.call('POST', '/api/v1/transactions', 400, body)
    expect(code).toBe('INVALID_REQUEST')
  },
)

test('fields that are not ours never take effect', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const body = `{"account_id":"${account}","amount":1,"id":"mine","created_by":"bob","balance":999,"__proto__":{"payee":"x"}}`
  const made = await ann.call('POST', '/api/v1/transactions', 201, body)
  expect(made.id).not.toBe('mine')
  expect([made.created_by, made.payee]).toEqual(['ann', null])
  expect((await ann.call('GET', `/api/v1/accounts/${account}`, 200)).balance).toBe(1)
})

test('a user who asks too often is told to wait, another user is not (J21)', async () => {
  await using server = await start({ limits: { commands_per_second: 2 } })
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f1'])
  for (let n = 0; n < 4; n++) await ann.call('GET', '/api/v1/accounts', 200)
  const refused = await server.fetch('/api/v1/accounts', { token: ann.token })
  expect(refused.status).toBe(429)
  expect(refused.headers.get('retry-after')).toBe('1')
  await bob.call('GET', '/api/v1/accounts', 200)
  server.clock.advance(500)
  await ann.call('GET', '/api/v1/accounts', 200)
})

test('amounts are exact: a hundred times 0.10 and 0.20 are 30.00, whichever way they are written', async () => {
  await using server = await start({ limits: { commands_per_second: 1_000 } })
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const bodies = Array.from({ length: 100 }, (_, index) =>
    index % 2 === 0 ? ['0.10', '"0.20"'] : ['"0.1"', '0.2'],
  ).flat()
  await Promise.all(
    bodies.map((amount) =>
      ann.call(
        'POST',
        '/api/v1/transactions',
        201,
        `{"account_id":"${account}","amount":${amount}}`,
      ),
    ),
  )
  const answer = await server.fetch(`/api/v1/accounts/${account}`, { token: ann.token })
  expect(await answer.text()).toContain('"balance":30.00,')
})

test('a balance that could not be exact any more is INVALID_AMOUNT and nothing happens', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1', '9999999999999.99')
  const body = { account_id: account, amount: '9999999999999.99' }
  const client = await ann.connect()
  for (let count = 0; count < 8; count++) await ann.call('POST', '/api/v1/transactions', 201, body)
  const { code } = await ann.call('POST', '/api/v1/transactions', 400, body)
  expect(code).toBe('INVALID_AMOUNT')
  expect(await received(client)).toHaveLength(16)
})

test('Idempotency-Key: the same request gets the first answer and moves money once, another one 409', async () => {
  const before = await start()
  const ann = await member(before, 'ann', ['f1'])
  const account = await ann.account('f1')
  const post = async (url: string, amount: unknown, key = 'k-1') => {
    const answer = await fetch(`${url}/api/v1/transactions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ann.token}`, 'idempotency-key': key },
      body: JSON.stringify({ amount, description: 'x', account_id: account }),
    })
    return [answer.status, await answer.text()] as const
  }
  const [status, first] = await post(before.url, '5.00')
  expect(status).toBe(201)
  const client = await ann.connect()
  expect(await post(before.url, 5)).toEqual([201, first])
  const [conflict, text] = await post(before.url, '6.00')
  expect([conflict, JSON.parse(text).code]).toEqual([409, 'IDEMPOTENCY_CONFLICT'])
  expect(await received(client)).toEqual([])
  for (const key of ['a b', 'x'.repeat(129)]) expect((await post(before.url, 1, key))[0]).toBe(400)
  await using server = await before.restart()
  expect(await post(server.url, '5.00')).toEqual([201, first])
  const again = await member(server, 'ann', ['f1'])
  expect((await again.call('GET', `/api/v1/accounts/${account}`, 200)).balance).toBe(5)
})

test('a change of nothing we know is refused, so that a misspelt field is not taken for done', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const { id } = await ann.spend(await ann.account('f1'))
  const client = await ann.connect()
  for (const body of [{}, { amout: 5 }]) {
    const { code, message } = await ann.call('PUT', `/api/v1/transactions/${id}`, 400, body)
    expect([code, message]).toEqual(['INVALID_REQUEST', 'Nothing to change'])
  }
  const moved = { account_id: await ann.account('f1') }
  const { details } = await ann.call('PUT', `/api/v1/transactions/${id}`, 400, moved)
  expect(details[0].path).toBe('account_id')
  expect(await received(client)).toEqual([])
})

test('a rule needs a text and a category', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const good = { family_id: 'f1', contains: 'tea', category: 'food' }
  const rule = await ann.call('POST', '/api/v1/rules', 201, good)
  expect(rule).toEqual({ id: rule.id, ...good })
  for (const [path, body] of [
    ['contains', { ...good, contains: ' ' }],
    ['category', { ...good, category: 7 }],
    ['family_id', { ...good, family_id: '' }],
  ] as const) {
    const { details } = await ann.call('POST', '/api/v1/rules', 400, body)
    expect(details[0].path).toBe(path)
  }
})
