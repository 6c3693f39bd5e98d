import { expect, test } from 'bun:test'
import { commands, type CommandParts } from '../../../src/systems/jive/commands.ts'
import { start, type TestClient } from '../../fixture.ts'
import { error, member, received } from './scenario.ts'

function request(client: TestClient, resource: unknown, params?: unknown): Promise<any> {
  client.send({ command: 'Request', data: { resource, params } })
  return client.next()
}

test('J15: account_balance is answered to the asking socket alone, its number with a point', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1', '1000')
  const [asking, other] = [await ann.connect(), await ann.connect()]
  asking.send({
    command: 'Request',
    data: { resource: 'account_balance', params: { account_id: account } },
  })
  expect(await asking.text()).toBe(
    `{"type":"AccountBalanceUpdate","data":{"account_id":"${account}","balance":1000.00,"available_balance":1000.00}}`,
  )
  expect(await received(other)).toEqual([])
})

test('J15: accounts and transactions of one’s families are listed', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1', 'f2'])
  const bob = await member(server, 'bob', ['f3'])
  const one = await ann.account('f1', '1.00')
  const two = await ann.account('f2')
  await bob.account('f3')
  const spent = await ann.spend(one)
  const client = await ann.connect()
  const { type, data } = await request(client, 'accounts')
  expect(type).toBe('Accounts')
  expect(data.accounts.map(({ id }: { id: string }) => id)).toEqual([one, two])
  expect(data.accounts[0]).toEqual({
    id: one,
    family_id: 'f1',
    name: 'Cash',
    currency: 'CNY',
    balance: -9,
    available_balance: -9,
  })
  expect(data.more).toBe(false)
  const listed = await request(client, 'transactions', { account_id: one })
  expect(listed).toEqual({
    type: 'Transactions',
    data: { account_id: one, transactions: [spent], more: false },
  })
  const more = await request(client, 'accounts', { limit: 1 })
  expect(more.data.more).toBe(true)
  const rest = await request(client, 'accounts', { after: more.data.accounts[0].id })
  expect(rest.data.accounts.map(({ id }: { id: string }) => id)).toEqual([two])
})

test('J15: what cannot be answered is refused with its code', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f2'])
  const foreign = await bob.account('f2')
  const client = await ann.connect()
  expect(await request(client, 'secrets')).toEqual(error('UNKNOWN_RESOURCE'))
  expect(await request(client, 'toString')).toEqual(error('UNKNOWN_RESOURCE'))
  for (const [resource, params] of [
    [7, {}],
    [undefined, undefined],
    ['account_balance', undefined],
    ['account_balance', { account_id: 7 }],
    ['account_balance', { account_id: 'a b' }],
    ['account_balance', 'all'],
    ['transactions', { account_id: foreign, limit: 0 }],
    ['transactions', { account_id: foreign, limit: 201 }],
    ['accounts', { limit: '10' }],
    ['history', {}],
    ['history', { topic: 'family:f1', after: 7 }],
    ['history', { topic: 'family:f1', after: '-1' }],
  ] as const) {
    expect(await request(client, resource, params)).toEqual(error('INVALID_PARAMS'))
  }
  expect(await request(client, 'history', { topic: 'nonsense' })).toEqual(error('INVALID_TOPIC'))
})

test('params nobody knows are not looked at one by one: a megabyte of them held everybody up for a tenth of a second', () => {
  const params = new Proxy(
    {},
    {
      ownKeys() {
        throw new Error('Looked at')
      },
    },
  )
  const parsed = commands({} as CommandParts)
    .get('Request')
    ?.parse({ resource: 'accounts', params })
  expect(parsed?.ok).toBe(true)
})

test('J5: Request tells nothing of foreign things, not even that they exist', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const bob = await member(server, 'bob', ['f2'])
  const foreign = await bob.account('f2')
  const unknown = crypto.randomUUID()
  const client = await ann.connect()
  for (const resource of ['account_balance', 'transactions']) {
    for (const account_id of [foreign, unknown]) {
      expect(await request(client, resource, { account_id })).toEqual(
        error('FORBIDDEN', `No access to "account:${account_id}"`),
      )
    }
  }
  for (const after of [foreign, unknown]) {
    expect(await request(client, 'accounts', { after })).toEqual(
      error('FORBIDDEN', `No access to "account:${after}"`),
    )
  }
  for (const topic of ['family:f2', 'user:bob', `account:${foreign}`, `account:${unknown}`]) {
    expect(await request(client, 'history', { topic })).toEqual(
      error('FORBIDDEN', `No access to "${topic}"`),
    )
  }
})

test('requests of one client are answered in the order they were asked, whatever each takes', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const client = await ann.connect()
  const frames = [
    { command: 'Request', data: { resource: 'accounts' } },
    { command: 'Ping' },
    { command: 'Request', data: { resource: 'account_balance', params: { account_id: account } } },
    { command: 'Subscribe', data: { topic: `account:${account}`, ack: true } },
    { command: 'Ping' },
  ]
  for (const frame of frames) client.send(frame)
  const types: string[] = []
  for (const _ of frames) types.push((await client.next()).type)
  expect(types).toEqual(['Accounts', 'Pong', 'AccountBalanceUpdate', 'Subscribed', 'Pong'])
})
