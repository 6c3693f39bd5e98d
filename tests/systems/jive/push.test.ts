import { expect, test } from 'bun:test'
import { start } from '../../fixture.ts'
import { member, received, subscribe } from './scenario.ts'

test('J18: the curl line of the seed makes the family’s clients see a transaction and a balance', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f1'])
  const account = await ann.account('f1', '900.00')
  const watching = await bob.connect()
  const body = `{"account_id": "${account}", "amount": 100.00, "description": "Test transaction"}`
  const { id } = await ann.call('POST', '/api/v1/transactions', 201, body)
  expect(await watching.next()).toMatchObject({
    type: 'TransactionUpdate',
    data: {
      transaction_id: id,
      action: 'created',
      data: { id, account_id: account, description: 'Test transaction', created_by: 'ann' },
    },
  })
  expect(await watching.text()).toBe(
    `{"type":"AccountBalanceUpdate","data":{"account_id":"${account}","balance":1000.00,"available_balance":1000.00}}`,
  )
  expect(await received(watching)).toEqual([])
})

test('J9: created, updated and deleted are told to the family, with what there is to say', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const client = await ann.connect()
  const { id } = await ann.spend(account)
  const path = `/api/v1/transactions/${id}`
  await ann.call('PUT', path, 200, { description: 'Dinner' })
  await ann.call('PUT', path, 200, { amount: -20 })
  await ann.call('DELETE', path, 204)
  const told = (await received(client)).map(({ type, data }) => [type, data.action ?? data.balance])
  expect(told).toEqual([
    ['TransactionUpdate', 'created'],
    ['AccountBalanceUpdate', -10],
    ['TransactionUpdate', 'updated'],
    ['TransactionUpdate', 'updated'],
    ['AccountBalanceUpdate', -20],
    ['TransactionUpdate', 'deleted'],
    ['AccountBalanceUpdate', 0],
  ])
})

test('J10: the family hears of transactions, family and account of balances, nobody else of anything', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f1'])
  const eve = await member(server, 'eve', ['f2'])
  const account = await ann.account('f1')
  const other = await ann.account('f1')
  const [family, accountOnly, otherAccount, outsider] = [
    await ann.connect(),
    await bob.connect(),
    await bob.connect(),
    await eve.connect(),
  ]
  await subscribe(outsider, 'global')
  await subscribe(accountOnly, `account:${account}`)
  await subscribe(otherAccount, `account:${other}`)
  for (const client of [accountOnly, otherAccount]) {
    client.send({ command: 'Unsubscribe', data: { topic: 'family:f1' } })
    expect(await received(client)).toEqual([])
  }
  await ann.spend(account)
  const types = async (client: typeof family) => (await received(client)).map(({ type }) => type)
  expect(await types(family)).toEqual(['TransactionUpdate', 'AccountBalanceUpdate'])
  expect(await types(accountOnly)).toEqual(['AccountBalanceUpdate'])
  expect(await types(otherAccount)).toEqual([])
  expect(await types(outsider)).toEqual([])
})

test('J11: a socket on the family and the account gets a balance once', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const both = await ann.connect()
  const withIds = await ann.connect('&after=')
  for (const client of [both, withIds]) await subscribe(client, `account:${account}`)
  await ann.spend(account)
  for (const client of [both, withIds]) {
    const types = (await received(client)).map(({ type }) => type)
    expect(types).toEqual(['TransactionUpdate', 'AccountBalanceUpdate'])
  }
})

test('J10: rules and suggestions reach all sockets of who caused them and no other member', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f1'])
  const account = await ann.account('f1')
  await bob.spend(account, { description: 'Lunch 1', payee: 'Canteen' })
  const [one, two, other] = [await ann.connect(), await ann.connect(), await bob.connect()]
  await ann.spend(account, { description: 'lunch 2' })
  const suggestion = {
    type: 'PayeeSuggestion',
    data: { description: 'lunch 2', suggestions: ['Canteen'] },
  }
  for (const client of [one, two]) {
    const [, , last, ...rest] = await received(client)
    expect(last).toEqual(suggestion)
    expect(rest).toEqual([])
  }
  expect(await received(other)).toHaveLength(2)
  const body = { family_id: 'f1', contains: 'LUNCH', category: 'food' }
  const rule = await ann.call('POST', '/api/v1/rules', 201, body)
  expect(await ann.call('POST', `/api/v1/rules/${rule.id}/execute`, 200)).toEqual({
    rule_id: rule.id,
    matched_count: 2,
  })
  const executed = { type: 'RuleExecuted', data: { rule_id: rule.id, matched_count: 2 } }
  expect(await received(one)).toEqual([executed])
  expect(await received(two)).toEqual([executed])
  expect(await received(other)).toEqual([])
})

test('a refused change is told to nobody', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const client = await ann.connect()
  const body = { account_id: account, amount: '1.005' }
  await ann.call('POST', '/api/v1/transactions', 400, body)
  await ann.call('DELETE', `/api/v1/transactions/${crypto.randomUUID()}`, 404)
  expect(await received(client)).toEqual([])
})

test('what a client is told is in the books already, so that who asks at once is not told otherwise', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const client = await ann.connect()
  for (let count = 1; count <= 20; count++) {
    const spent = ann.spend(account, { amount: '1.00' })
    const { data } = await client.next()
    const found = await ann.call('GET', `/api/v1/transactions/${data.transaction_id}`, 200)
    expect(found.amount).toBe(1)
    expect((await client.next()).data.balance).toBe(count)
    await spent
  }
})

test('concurrent changes of one account reach every socket in the order of the balances', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const clients = [await ann.connect(), await ann.connect()]
  await Promise.all(Array.from({ length: 50 }, () => ann.spend(account, { amount: '0.01' })))
  for (const client of clients) {
    const frames = await received(client)
    const balances = frames.flatMap(({ type, data }) =>
      type === 'AccountBalanceUpdate' ? [Math.round(data.balance * 100)] : [],
    )
    expect(balances).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
  }
})

test('J21: a card number in a description reaches nobody, and is not kept either', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const client = await ann.connect()
  const made = await ann.spend(account, { description: 'to 4111 1111 1111 1111' })
  expect(made.description).toBe('to **** **** **** 1111')
  expect((await client.next()).data.data.description).toBe('to **** **** **** 1111')
})
