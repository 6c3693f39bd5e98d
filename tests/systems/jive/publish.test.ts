import { expect, test } from 'bun:test'
import { serverKey, start, type Fixture } from '../../fixture.ts'
import { member, received, subscribe } from './scenario.ts'

async function refused(server: Fixture, channel: string, type: string, data: unknown) {
  const body = { channel, type, data }
  const answer = await server.fetch('/api/publish', { method: 'POST', body, token: serverKey })
  const { code, details } = (await answer.json()) as any
  return [answer.status, code, details?.[0]?.path]
}

test('J7: a backend publishes every type with data, and each arrives as it was given', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  const events = {
    Connected: { user_id: 'ann' },
    TransactionUpdate: { transaction_id: 't1', action: 'deleted', data: { note: 'x' } },
    AccountBalanceUpdate: { account_id: 'a1', balance: 1, available_balance: 0 },
    RuleExecuted: { rule_id: 'r1', matched_count: 0 },
    PayeeSuggestion: { description: 'd', suggestions: [] },
    Notification: { level: 'warning', title: 't', message: 'm' },
    Error: { code: 'LATE', message: 'm' },
  }
  for (const [type, data] of Object.entries(events)) {
    await server.publish('jive/user:ann', type, data)
    expect(await client.next()).toEqual({ type, data })
  }
})

test('J25: a balance published as a number or a string leaves as a number with two decimals', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const client = await ann.connect()
  await subscribe(client, `account:${account}`)
  for (const balance of ['1000', '1000.00', '"1000.0"']) {
    const body = `{"channel":"jive/account:${account}","type":"AccountBalanceUpdate","data":{"account_id":"${account}","balance":${balance}}}`
    const answer = await server.fetch('/api/publish', { method: 'POST', body, token: serverKey })
    expect(answer.status).toBe(200)
    expect(await client.text()).toBe(
      `{"type":"AccountBalanceUpdate","data":{"account_id":"${account}","balance":1000.00}}`,
    )
  }
})

test('a bad publish names what is wrong and reaches nobody', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  const note = { level: 'info', title: 't', message: 'm' }
  const balance = { account_id: 'a', balance: '1.001' }
  expect(await refused(server, 'jive/user:ann', 'Ping', {})).toEqual([
    400,
    'INVALID_REQUEST',
    'type',
  ])
  expect(await refused(server, 'jive/user:ann', 'Notification', {})).toEqual([
    400,
    'INVALID_REQUEST',
    'data.level',
  ])
  expect(await refused(server, 'jive/user:ann', 'AccountBalanceUpdate', balance)).toEqual([
    400,
    'INVALID_REQUEST',
    'data.balance',
  ])
  for (const channel of [
    `jive/account:${crypto.randomUUID()}`,
    'jive/family',
    'jive/global:x',
    'jive/partner:p',
    'jive/user:a.b',
  ]) {
    expect(await refused(server, channel, 'Notification', note)).toEqual([
      404,
      'NOT_FOUND',
      'channel',
    ])
  }
  expect(await received(client)).toEqual([])
})

test('an unknown family is no fault, since membership lives in tokens: 200 with nobody there', async () => {
  await using server = await start()
  const note = { level: 'info', title: 't', message: 'm' }
  expect(await server.publish('jive/family:nobody', 'Notification', note)).toMatchObject({
    version: 1,
    recipients: 0,
  })
})
