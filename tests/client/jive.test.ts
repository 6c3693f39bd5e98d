import { afterEach, expect, test } from 'bun:test'
import { jive, type Jive, type JiveOptions } from '../../src/client/jive.ts'
import type { Socket, State } from '../../src/client/link.ts'
import { fakeClock } from '../clock.ts'
import { start, type Fixture } from '../fixture.ts'
import { member } from '../systems/jive/scenario.ts'
import { cutter } from './cutter.ts'
import { hurried, until } from './time.ts'

const clients: Jive[] = []
afterEach(() => {
  for (const client of clients.splice(0)) client.close()
})

/** A client of ann, member of f1, that keeps what it is told. */
async function ann(server: Fixture, options: Partial<JiveOptions> = {}, base = server.url) {
  const told: string[] = []
  const states: State[] = []
  let gaps = 0
  const client = jive({
    url: `${base.replace('http', 'ws')}/jive/ws`,
    token: () => server.token('ann', { families: ['f1'] }),
    clock: hurried,
    tries: Infinity,
    ...options,
    on: {
      Notification: ({ title }) => void told.push(title),
      AccountBalanceUpdate: ({ balance }) => void told.push(`balance ${balance}`),
      gap: () => void gaps++,
      state: (state) => void states.push(state),
      ...options.on,
    },
  })
  clients.push(client)
  return { client, told, states, gaps: () => gaps }
}
const note = (server: Fixture, channel: string, title: string) =>
  server.publish(`jive/${channel}`, 'Notification', { level: 'info', title, message: 'm' })
const open = (client: Jive) =>
  until(
    () => client.state.name === 'open',
    () => client.state,
  )

test('what is told reaches the handler of its type, typed and in order', async () => {
  await using server = await start()
  const { client, told } = await ann(server)
  await open(client)
  await note(server, 'family:f1', 'one')
  await note(server, 'user:ann', 'two')
  await note(server, 'global', 'not subscribed')
  const { id } = await note(server, 'family:f1', 'three')
  await until(
    () => told.length === 3,
    () => told,
  )
  expect(told).toEqual(['one', 'two', 'three'])
  expect(client.last).toBe(id)
})

test('requests get their answers, refusals among them, and are kept until there is a connection', async () => {
  await using server = await start()
  const her = await member(server, 'ann', ['f1'])
  const account = await her.account('f1', '10')
  const { client } = await ann(server)
  const early = client.request('account_balance', { account_id: account })
  expect(await early).toMatchObject({ account_id: account, balance: 10 })
  const [accounts, transactions, refusal] = await Promise.allSettled([
    client.request('accounts', { limit: 5 }),
    client.request('transactions', { account_id: account }),
    client.request('account_balance', { account_id: 'nobody' }),
  ])
  expect(accounts).toMatchObject({ value: { accounts: [{ id: account }], more: false } })
  expect(transactions).toMatchObject({ value: { transactions: [], more: false } })
  expect(refusal).toMatchObject({ reason: { name: 'RequestError', code: 'FORBIDDEN' } })
})

test('a topic that one may not hear fails to be subscribed, and is not asked for again', async () => {
  await using server = await start()
  const { client } = await ann(server)
  await open(client)
  await expect(client.subscribe('family:f2')).rejects.toMatchObject({ code: 'FORBIDDEN' })
  await client.subscribe('global')
  expect(server.listeners('jive/global')).toBe(1)
  await client.unsubscribe('global')
  expect(server.listeners('jive/global')).toBe(0)
})

test('a server that refuses for a moment is asked again, and what comes meanwhile is told in order', async () => {
  await using server = await start({ limits: { commands_per_second: 1 } })
  const { client, told } = await ann(server)
  await open(client)
  const listening = client.subscribe('global')
  const other = client.subscribe('account:none')
  await note(server, 'family:f1', 'meanwhile')
  await until(
    () => {
      // Who asks again and again in one instant is sent away, and would not be let in again in it.
      server.clock.advance(100)
      return server.listeners('jive/global') === 1
    },
    () => client.state,
  )
  await note(server, 'global', 'behind')
  for (let seconds = 0; told.length < 2 && seconds < 200; seconds++) {
    server.clock.advance(1_000)
    await Bun.sleep(5)
  }
  await listening
  await expect(other).rejects.toMatchObject({ code: 'FORBIDDEN' })
  expect(told).toEqual(['meanwhile', 'behind'])
})

test('500 cuts at random: everything is told once, in order, on topics of every kind, and it comes back each time', async () => {
  await using server = await start({
    limits: { handshakes_per_ip_per_minute: 100_000, commands_per_second: 1_000_000 },
  })
  const her = await member(server, 'ann', ['f1'])
  const account = await her.account('f1', '0')
  using way = cutter(server.url)
  const { client, told, states, gaps } = await ann(server, {}, way.url)
  await Promise.all([client.subscribe('global'), client.subscribe(`account:${account}`)])
  const sent: string[] = []
  let cuts = 0
  const tell = async (title: string) => {
    const channel = ['family:f1', 'global', 'user:ann'][sent.length % 3]!
    sent.push(title)
    await note(server, channel, title)
  }
  for (; cuts < 500; cuts++) {
    await tell(`n${cuts}`)
    // Some cuts come while it connects, or while it catches up.
    if (cuts % 3 === 0)
      await until(
        () => client.state.name === 'open',
        () => client.state,
      )
    if (cuts % 7 === 0) await Bun.sleep(1)
    way.cut()
    await tell(`m${cuts}`)
    if (cuts % 50 !== 0) continue
    await her.spend(account, { amount: '1.00' })
    sent.push(`balance ${cuts / 50 + 1}`)
  }
  await tell('the last')
  await until(
    () => told.at(-1) === 'the last',
    () => told.slice(-5),
  )
  expect(told).toEqual(sent)
  expect([gaps(), cuts]).toEqual([0, 500])
  expect(states.filter(({ name }) => name === 'open').length).toBeGreaterThan(150)
  expect(states.filter(({ name }) => name === 'closed')).toEqual([])
}, 60_000)

test('with the usual five tries it comes back after at least 99 of 100 cuts', async () => {
  await using server = await start({ limits: { handshakes_per_ip_per_minute: 100_000 } })
  using way = cutter(server.url)
  const { client, states } = await ann(server, { tries: 5 }, way.url)
  let back = 0
  for (let cut = 0; cut < 500; cut++) {
    await open(client)
    await Bun.sleep(Math.random() * 3)
    way.cut()
    const before = states.length
    await until(
      () => states.slice(before).some(({ name }) => ['open', 'closed'].includes(name)),
      () => client.state,
    )
    if (states.at(-1)?.name === 'open') back++
    else if (client.state.name === 'closed') break
  }
  expect(back).toBeGreaterThanOrEqual(495)
}, 60_000)

test('a client that was away before its first message misses nothing either', async () => {
  await using server = await start()
  await note(server, 'family:f1', 'before it came')
  using way = cutter(server.url)
  const { client, told } = await ann(server, {}, way.url)
  await open(client)
  way.block(true)
  way.cut()
  await until(
    () => client.state.name !== 'open',
    () => client.state,
  )
  await note(server, 'family:f1', 'meanwhile')
  way.block(false)
  way.cut()
  await until(
    () => told.length > 0,
    () => client.state,
  )
  expect(told).toEqual(['meanwhile'])
})

test('a page that comes back goes on where the last one ended', async () => {
  await using server = await start()
  const first = await ann(server)
  await open(first.client)
  await note(server, 'family:f1', 'one')
  await until(
    () => first.told.length === 1,
    () => first.told,
  )
  first.client.close()
  await note(server, 'family:f1', 'two')
  const second = await ann(server, { after: first.client.last })
  await until(
    () => second.told.length === 1,
    () => second.told,
  )
  expect(second.told).toEqual(['two'])
})

test('what is no longer kept is told as a gap, and the rest follows', async () => {
  await using server = await start()
  const { id } = await note(server, 'family:f1', 'known')
  await note(server, 'family:f1', 'missed')
  await server.host.store.prune(server.clock.now() + 1, server.clock.now())
  await note(server, 'family:f1', 'kept')
  const { told, gaps } = await ann(server, { after: id })
  await until(
    () => told.length === 1,
    () => told,
  )
  expect([told, gaps()]).toEqual([['kept'], 1])
})

test('what waits for an answer fails when the connection is over for good', async () => {
  await using server = await start()
  const { client } = await ann(server, { url: 'ws://127.0.0.1:1/', tries: 0 })
  const asked = client.request('accounts', {})
  const subscribed = client.subscribe('global')
  await expect(asked).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(subscribed).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(client.request('accounts', {})).rejects.toMatchObject({ code: 'CLOSED' })
  await expect(client.subscribe('account:x')).rejects.toMatchObject({ code: 'CLOSED' })
})

/** A client over sockets that a test plays the server of. */
function staged() {
  const clock = fakeClock()
  const sockets: (Socket & { said: string[] })[] = []
  function Staged() {
    const said: string[] = []
    const send = (text: string) => void said.push(text)
    sockets.push({
      ...{ onopen: null, onmessage: null, onclose: null, onerror: null },
      said,
      send,
      close() {},
    })
    return sockets.at(-1)
  }
  const client = jive({
    url: 'ws://test',
    token: 't',
    clock,
    random: () => 0,
    WebSocket: Staged as never,
  })
  clients.push(client)
  async function pass(ms: number): Promise<void> {
    clock.advance(ms)
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  const tell = (type: string, data: unknown) =>
    sockets.at(-1)!.onmessage?.({ data: JSON.stringify({ type, data }) })
  async function enter(): Promise<void> {
    sockets.at(-1)!.onopen?.({})
    tell('Connected', { user_id: 'ann' })
    await pass(0)
  }
  const accounts = (limit: number) => {
    const asked = client.request('accounts', { limit })
    asked.catch(() => {})
    return asked
  }
  return { sockets, pass, tell, enter, accounts, last: () => sockets.at(-1)! }
}

test('a request that gets no answer fails after its time, and an answer that comes late is nobody else’s', async () => {
  const { pass, tell, enter, accounts } = staged()
  await pass(1)
  await enter()
  const [first, second] = [accounts(1), pass(6_000).then(() => accounts(2))]
  await pass(4_000)
  await expect(first).rejects.toMatchObject({ code: 'TIMEOUT' })
  tell('Accounts', { accounts: ['late'], more: false })
  tell('Accounts', { accounts: ['in time'], more: false })
  expect((await second).accounts).toEqual(['in time'] as never)
})

test('what was given up while away or before is not said again: a page that asks for an hour without a network would be refused for all of it', async () => {
  const { sockets, pass, enter, accounts, last } = staged()
  await pass(1)
  await enter()
  const given = [accounts(1)]
  await pass(10_000)
  last().onclose?.({ code: 1006, reason: '' })
  for (let n = 0; n < 3; n++) given.push(accounts(2))
  await pass(2_000)
  expect(sockets).toHaveLength(2)
  await pass(8_000)
  for (const one of given) await expect(one).rejects.toMatchObject({ code: 'TIMEOUT' })
  void accounts(3)
  await enter()
  expect(last().said.map((text) => JSON.parse(text).data.params)).toEqual([{ limit: 3 }])
})
