import { serverKey, start, type Fixture, type TestClient } from '../fixture.ts'
import { ask, bets, casino, say } from '../systems/crash/casino.ts'
import * as dcs from '../systems/dcs/scenario.ts'
import * as jive from '../systems/jive/scenario.ts'
import * as locallife from '../systems/locallife/scenario.ts'
import { floor, received as allOf } from '../systems/pledge/scenario.ts'

/** A walk through a system in which every frame that there is crosses the wire, sent by clients that keep to the rules. */
export const walks: Readonly<Record<string, () => Promise<void>>> = {
  dcs: walkDcs,
  jive: walkJive,
  locallife: walkLocallife,
  pledge: walkPledge,
  crash: walkCrash,
}

async function walkDcs(): Promise<void> {
  await using server = await start()
  const acme = await dcs.partner(server, 'acme')
  const client = await acme.connect()
  for (const name of ['kyc-status', 'balance-change', 'card-transaction', 'order-status']) {
    const { type, data, externalUserId } = JSON.parse(dcs.golden(name))
    await dcs.publish(server, 'acme', type, data, externalUserId)
    await client.next()
  }
  await dcs.received(await acme.connect('?after=0'))
}

async function walkJive(): Promise<void> {
  await using server = await start({ history: { retention: 60_000 } })
  const ann = await jive.member(server, 'ann', ['f1'])
  const account = await ann.account('f1', '900.00')
  const family = 'family:f1'
  const client = await ann.connect('&after=0')
  await jive.subscribe(client, `account:${account}`)
  client.send({ command: 'Unsubscribe', data: { topic: 'global', ack: true } })
  for (const payee of ['Noodles', null]) {
    await ann.call('POST', '/api/v1/transactions', 201, {
      ...{ account_id: account, amount: '-10.00', description: 'Lunch', payee },
    })
  }
  const rule = { family_id: 'f1', contains: 'lunch', category: 'Food' }
  const { id } = await ann.call('POST', '/api/v1/rules', 201, rule)
  await ann.call('POST', `/api/v1/rules/${id}/execute`, 200)
  await publishJive(server, family, account)
  await jive.received(client)
  const asked = {
    ...{ account_balance: { account_id: account }, accounts: { limit: 5 } },
    ...{ transactions: { account_id: account }, history: { topic: family } },
  }
  for (const [resource, params] of Object.entries(asked)) {
    client.send({ command: 'Request', data: { resource, params } })
  }
  client.send({ command: 'Subscribe', data: { topic: 'family:f2' } })
  await jive.received(client)
  server.clock.advance(31_000)
  await client.until(() => client.frames.some((frame) => frame.includes('"Ping"')), 'Ping')
  client.send({ command: 'Pong' })
  server.clock.advance(61_000)
  await server.host.store.prune(server.clock.now() - 60_000, server.clock.now())
  const late = await ann.connect('&after=1')
  await late.until(() => late.frames.length > 0, 'HISTORY_GONE')
}

/** Everything that a backend may say, and a transaction of its own making. */
async function publishJive(server: Fixture, family: string, account: string): Promise<void> {
  const data = { amount: 5, tags: ['a'], id: 7 }
  await server.publish(`jive/${family}`, 'TransactionUpdate', {
    ...{ transaction_id: 't9', action: 'updated', data },
  })
  await server.publish(`jive/${family}`, 'AccountBalanceUpdate', {
    account_id: account,
    balance: 1,
  })
  await server.publish('jive/user:ann', 'PayeeSuggestion', { description: 'x', suggestions: [] })
  await server.publish('jive/user:ann', 'RuleExecuted', { rule_id: 'r', matched_count: 0 })
  await server.publish('jive/user:ann', 'Connected', { user_id: 'ann' })
  await server.publish('jive/user:ann', 'Error', { code: 'custom', message: 'm' })
  await server.publish('jive/user:ann', 'Notification', { level: 'i', title: 't', message: 'm' })
}

async function walkLocallife(): Promise<void> {
  await using place = await locallife.town({ locallife: { json_ping: true } })
  await place.rider('rita', 'west')
  await place.merchant('m1', ['mei'])
  const client = await place.connect('rita')
  const order = { order_id: 'o1', status: 'paid', further: { a: 1 } }
  const told = {
    ...{ notification: { title: 't', content: 'c' }, order_update: order },
    alert: { title: 't', content: 'c', level: 'info' },
    merchant_status_change: { merchant_id: 'm1', status: 'closed' },
    ...{ delivery_pool_new: order, delivery_pool_gone: order, delivery_status_sync: order },
    connection_blocked: { reason: 'r' },
  }
  for (const [type, data] of Object.entries(told)) {
    await place.server.publish('locallife/rider:rita', type, data)
  }
  const [{ id }] = await locallife.received(client)
  client.send({ type: 'ack', data: { message_id: id } })
  client.send({ type: 'ack', message_id: id, sequence: 1, ts: 5 })
  client.send({ type: 'pong', data: {} })
  // Who keeps to the rules is refused for the rate alone.
  for (let times = 0; times < 110; times++) client.send({ type: 'ping' })
  await client.until(() => client.frames.some((one) => one.includes('"error"')), 'refusal')
  place.server.clock.advance(55_000)
  await client.until(() => client.frames.some((one) => one.includes('"ping"')), 'ping')
  await locallife.notes(place, 205)
  await locallife.received(await place.connect('mei', '&last_sequence=2'))
}

async function walkPledge(): Promise<void> {
  await using place = await floor()
  const client = await place.listen()
  place.tell('0.0027')
  for (const ping of ['"ping"', "'ping'"]) {
    client.send(ping)
    await client.until(() => client.frames.some((one) => one.includes('pong')), 'pong')
    client.frames.splice(0)
  }
  client.send('hello')
  await allOf(client)
  place.server.clock.advance(21_000)
  await client.close()
}

async function walkCrash(): Promise<void> {
  await using place = await casino({ points: [200] })
  await place.until('betting')
  const alice = await place.play('alice', { name: 'Alice' })
  const bob = await place.watch()
  const token = await place.token('bob', { anonymous: true })
  await ask(bob, say('b1', 'AUTH', { token: `Bearer ${token}` }))
  await ask(alice, bets('a1', '100.00', '50.00', '10.00'))
  await ask(alice, say('a2', 'CRASH_CANCEL_BET', { slotId: 3 }))
  await ask(bob, say('b2', 'BET', { gameParams: { crash: { slots: bet(2, '1.50') } } }))
  await ask(bob, say('b3', 'PLACE_BET', { crashParams: { slots: bet(3) }, nextRound: true }))
  await ask(bob, say('b4', 'GET_STATE'))
  await wallet(place, alice)
  await place.until('flying')
  await place.pass(500)
  await ask(alice, say('a3', 'CASH_OUT', { slotId: 1, cashOutAll: false }))
  await ask(alice, say('a4', 'CASH_OUT', { slotId: 1 }))
  await ask(alice, { i: 'a5', t: 'CRASH_GET_STATE' } as never)
  await place.until('waiting')
  await ask(alice, say('a6', 'UNSUBSCRIBE', { eventTypes: ['CRASH_MULTIPLIER_UPDATE'] }))
  await ask(alice, say('a7', 'SUBSCRIBE', { eventTypes: ['CRASH_STATS'] }))
  alice.send('0')
  await alice.until(() => alice.frames.includes('1'), 'heartbeat')
  await ask(bob, say('b5', 'PING', { timestamp: 1 }))
  await place.until('betting')
  await ask(bob, say('b6', 'GET_STATE'))
}

/** A bet that cashes out by itself. */
function bet(slotId: number, autoCashOut: unknown = 1.2): object[] {
  return [{ slotId, amount: '5.00', autoCashOut }]
}

/** Money comes and goes. */
async function wallet(
  place: Awaited<ReturnType<typeof casino>>,
  client: TestClient,
): Promise<void> {
  const path = '/api/wallets/alice'
  await place.call('POST', `${path}/credit`, 200, { amount: '5.00', tx_id: 't1' }, serverKey)
  await place.call('POST', `${path}/debit`, 200, { amount: '5.00', tx_id: 't2' }, serverKey)
  await place.call('POST', `${path}/rollback`, 200, { tx_id: 't2' }, serverKey)
  await client.until(() => client.frames.some((one) => one.includes('ROLLBACK')), 'rollback')
}
