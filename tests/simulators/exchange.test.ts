import { afterEach, expect, test } from 'bun:test'
import { fakeClock } from '../clock.ts'
import { TestClient } from '../fixture.ts'
import { faults } from './exchange-faults.ts'
import { invented } from './exchange-malformed.ts'
import { firstSequence } from './exchange-market.ts'
import { older } from './exchange-sockets.ts'
import { startExchange, type ExchangeOptions, type SimulatedExchange } from './exchange.ts'

const running: { stop(): Promise<void> }[] = []
const sockets: TestClient[] = []

afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.terminate()
  for (const one of running.splice(0)) await one.stop()
})

const PLGR = 'PLGR-USDT'
const topic = `/market/ticker:${PLGR}`
const subscription = { id: '1545910660739', type: 'subscribe', topic, response: true }

async function started(options: ExchangeOptions = {}) {
  const clock = fakeClock(1_704_873_323_416)
  const exchange = await startExchange({ clock, seed: 7, ...options })
  running.push(exchange)
  return { clock, exchange }
}

async function askToken({ url }: SimulatedExchange): Promise<any> {
  const answer = await fetch(`${url}/api/v1/bullet-public`, { method: 'POST' })
  return answer.json()
}

/** Connects as KuCoin's own clients do, without waiting for the welcome. */
async function connected(exchange: SimulatedExchange, given?: string): Promise<TestClient> {
  const { data } = await askToken(exchange)
  const { endpoint } = data.instanceServers[0]
  const client = await TestClient.open(`${endpoint}?token=${given ?? data.token}&connectId=c1`)
  sockets.push(client)
  return client
}

async function subscribed(exchange: SimulatedExchange): Promise<TestClient> {
  const client = await connected(exchange)
  expect(await client.next()).toEqual({ id: 'c1', type: 'welcome' })
  client.send(subscription)
  expect(await client.next()).toEqual({ id: '1545910660739', type: 'ack' })
  return client
}

/** The frames before the pong of a ping: with none there was silence. */
async function told(client: TestClient): Promise<any[]> {
  return client.upTo({ id: 'p1', type: 'ping' }, ({ type, id }) => type === 'pong' && id === 'p1')
}

test('token, welcome, ack, price and pong are as KuCoin documents them', async () => {
  const { exchange } = await started()
  expect(await askToken(exchange)).toEqual({
    code: '200000',
    data: {
      token: expect.stringMatching(/^[0-9a-f]{128}$/),
      instanceServers: Array.from({ length: 2 }, () => ({
        endpoint: `${exchange.url.replace('http', 'ws')}/`,
        encrypt: false,
        protocol: 'websocket',
        pingInterval: 18_000,
        pingTimeout: 10_000,
      })),
    },
  })
  const client = await subscribed(exchange)
  exchange.tell(PLGR, '0.0800', 1545896668986n)
  expect(await client.text()).toBe(
    '{"type":"message","topic":"/market/ticker:PLGR-USDT","subject":"trade.ticker","data":{"sequence":"1545896668986","price":"0.0800","size":"0.011","bestAsk":"0.0800","bestAskSize":"0.18","bestBid":"0.0800","bestBidSize":"0.036","time":1704873323416}}',
  )
  expect(await told(client)).toEqual([])
  expect(exchange.violations).toEqual([])
})

test('prices come at once and walk at the rate that was asked for, the same for the same seed, as exact text with sequences no number holds', async () => {
  const walks: any[][] = []
  for (const seed of [1, 1, 2]) {
    const { clock, exchange } = await started({ rate: 2, seed })
    const client = await subscribed(exchange)
    clock.advance(10_000)
    const frames = await told(client)
    expect(frames).toHaveLength(21)
    walks.push(frames.map(({ data }) => [data.sequence, data.price]))
  }
  expect(walks[1]).toEqual(walks[0]!)
  expect(walks[2]).not.toEqual(walks[0]!)
  let last = firstSequence - 1n
  for (const [sequence, price] of walks[0]!) {
    expect(BigInt(sequence)).toBeGreaterThan(last)
    expect(price).toMatch(/^0\.00\d{4}$/)
    last = BigInt(sequence)
  }
  expect(new Set(walks[0]!.map(([, price]) => price)).size).toBeGreaterThan(10)
  expect(Number.isSafeInteger(Number(last))).toBe(false)
})

test('only who has subscribed to a symbol is told, and nobody once unsubscribed', async () => {
  const { exchange } = await started()
  const [plgr, btc] = [await subscribed(exchange), await connected(exchange)]
  await btc.next()
  btc.send({ id: '1', type: 'subscribe', topic: '/market/ticker:BTC-USDT,ETH-USDT' })
  expect(await btc.next()).toEqual({ id: '1', type: 'ack' })
  exchange.tell('BTC-USDT', '1.0')
  exchange.tell('ETH-USDT', '2.0')
  exchange.tell(PLGR, '3.0')
  const prices = async (client: TestClient) => (await told(client)).map(({ data }) => data.price)
  expect(await prices(btc)).toEqual(['1.0', '2.0'])
  expect(await prices(plgr)).toEqual(['3.0'])
  plgr.send({ ...subscription, type: 'unsubscribe', response: false })
  expect(await told(plgr)).toEqual([])
  exchange.tell(PLGR, '4.0')
  expect(await told(plgr)).toEqual([])
})

test('what the exchange forbids is refused and written down', async () => {
  const { clock, exchange } = await started({ symbols: [PLGR] })
  const stranger = await connected(exchange, 'nobody')
  expect(await stranger.next()).toEqual({
    id: 'c1',
    type: 'error',
    code: 401,
    data: 'token is invalid',
  })
  await stranger.close()
  const client = await subscribed(exchange)
  client.send({ ...subscription, topic: '/market/ticker:BTC-USDT' })
  expect(await client.next()).toMatchObject({ type: 'error', code: 404 })
  const many = Array.from({ length: 101 }, () => PLGR).join(',')
  client.send({ ...subscription, topic: `/market/ticker:${many}` })
  expect(await client.next()).toMatchObject({ type: 'error', code: 509 })
  for (let frame = 0; frame < 101; frame++) client.send({ id: String(frame), type: 'ping' })
  expect(await client.close()).toEqual({ code: 1008, reason: 'too many frames' })
  exchange.fault('no-welcome')
  const hasty = await connected(exchange)
  hasty.send(subscription)
  expect(await hasty.close()).toEqual({ code: 1008, reason: 'a frame before the welcome' })
  exchange.heal()
  const idle = await subscribed(exchange)
  clock.advance(55_000)
  expect(await told(idle)).toEqual([])
  clock.advance(57_000)
  expect(await idle.close()).toEqual({ code: 1008, reason: 'no ping' })
  expect(exchange.violations).toEqual([
    'too many topics',
    'too many frames',
    'a frame before the welcome',
    'no ping',
  ])
})

test('more than 30 connects a minute, and more than 300 topics of a connection, are refused', async () => {
  const { clock, exchange } = await started()
  const client = await subscribed(exchange)
  for (const first of [0, 100, 200]) {
    const symbols = Array.from({ length: 100 }, (_, at) => `S${first + at}-USDT`)
    client.send({ id: '1', type: 'subscribe', topic: `/market/ticker:${symbols.join(',')}` })
  }
  expect([await client.next(), await client.next(), await client.next()]).toMatchObject([
    { type: 'ack' },
    { type: 'ack' },
    { type: 'error', code: 509 },
  ])
  for (let connect = 0; connect < 29; connect++) await connected(exchange)
  await expect(connected(exchange)).rejects.toThrow('refused')
  clock.advance(60_000)
  await subscribed(exchange)
  expect(exchange.violations).toContain('too many connects')
})

test('a token is over after its life, and so is a connection', async () => {
  const { clock, exchange } = await started({ tokenLife: 120_000 })
  const { token } = (await askToken(exchange)).data
  const client = await subscribed(exchange)
  for (let ping = 0; ping < 3; ping++) {
    clock.advance(30_000)
    expect(await told(client)).toEqual([])
  }
  clock.advance(30_000)
  expect((await client.close()).code).toBe(1000)
  const late = await connected(exchange, token)
  expect(await late.next()).toMatchObject({ type: 'error', code: 401, data: 'token is expired' })
})

test('the faults of the sockets do what their sentence says, and are gone once they are healed', async () => {
  const { clock, exchange } = await started()
  const said = (client: TestClient) => client.frames.map((frame) => JSON.parse(frame).type)
  const welcomeOf = async () => {
    const client = await connected(exchange)
    await Bun.sleep(20)
    return { client, said: said(client) }
  }
  exchange.fault('no-welcome')
  expect((await welcomeOf()).said).toEqual([])
  exchange.heal()
  exchange.fault('late-welcome', 500)
  const late = await welcomeOf()
  expect(late.said).toEqual([])
  clock.advance(500)
  expect(await late.client.next()).toEqual({ id: 'c1', type: 'welcome' })
  exchange.fault('late-welcome', false)
  exchange.fault('no-ack')
  late.client.send(subscription)
  expect(await told(late.client)).toEqual([])
  exchange.tell(PLGR, '1.0')
  expect(await told(late.client)).toEqual([])
  exchange.heal()
  exchange.fault('error')
  late.client.send(subscription)
  expect(await late.client.next()).toMatchObject({ id: '1545910660739', type: 'error', code: 500 })
  exchange.heal()
  const client = await subscribed(exchange)
  exchange.fault('no-pong')
  client.send({ id: '2', type: 'ping' })
  await Bun.sleep(20)
  exchange.tell(PLGR, '2.0')
  expect(await client.next()).toMatchObject({ data: { price: '2.0' } })
  exchange.heal()
  expect(await told(client)).toEqual([])
})

test('a stall is half open for ever: not even who was there before hears of its end', async () => {
  const { exchange } = await started()
  const before = await subscribed(exchange)
  exchange.fault('stall')
  const during = await connected(exchange)
  exchange.heal()
  exchange.tell(PLGR, '1.0')
  before.send({ id: '2', type: 'ping' })
  const after = await subscribed(exchange)
  exchange.tell(PLGR, '2.0')
  expect(await told(after)).toMatchObject([{ data: { price: '2.0' } }])
  expect([before.frames, during.frames, before.closed, during.closed]).toEqual([[], [], null, null])
})

test('prices come malformed, twice, too old, in bursts, with sequences that begin anew, and are cut', async () => {
  const { clock, exchange } = await started()
  const client = await subscribed(exchange)
  const prices = async () => (await told(client)).map(({ data }) => [data.price, data.sequence])
  exchange.fault('repeat')
  exchange.tell(PLGR, '1.0', 10n)
  expect(await prices()).toEqual([
    ['1.0', '10'],
    ['1.0', '10'],
    [older, '9'],
  ])
  exchange.heal()
  exchange.fault('begin-anew')
  exchange.tell(PLGR, '2.0')
  expect(await prices()).toEqual([['2.0', '2']])
  exchange.heal()
  exchange.fault('burst')
  clock.advance(1_000)
  expect(await prices()).toHaveLength(1_000)
  exchange.heal()
  exchange.fault('malformed')
  for (let price = 0; price < 5; price++) exchange.tell(PLGR, '3.0')
  await client.until(() => client.frames.length === 10, 'ten frames')
  expect(client.frames[0]).toContain(invented)
  expect(() => JSON.parse(client.frames[0]!)).toThrow()
  expect(client.frames.filter((frame) => frame.includes('"3.0"'))).toHaveLength(5)
  client.frames.length = 0
  exchange.heal()
  exchange.fault('rubbish')
  for (let price = 0; price < 5; price++) exchange.tell(PLGR, '3.5')
  await client.until(() => client.frames.length === 5, 'five frames')
  expect(client.frames.join()).not.toContain('3.5')
  client.frames.length = 0
  exchange.heal()
  exchange.fault('huge-frame', 1)
  exchange.tell(PLGR, '3.0')
  expect((await client.text()).length).toBe(1024 ** 2)
  expect(await client.next()).toMatchObject({ data: { price: '3.0' } })
  exchange.heal()
  exchange.fault('drop', 1)
  exchange.tell(PLGR, '4.0')
  exchange.tell(PLGR, '5.0')
  expect((await client.close()).code).toBe(1006)
  expect(client.frames.filter((frame) => frame.includes('"5.0"'))).toEqual([])
})

test('the faults of the token do what their sentence says', async () => {
  const { exchange } = await started()
  const ask = (init?: RequestInit) =>
    fetch(`${exchange.url}/api/v1/bullet-public`, { method: 'POST', ...init })
  exchange.fault('token-500')
  expect((await ask()).status).toBe(500)
  exchange.heal()
  exchange.fault('token-429', 7)
  const limited = await ask()
  expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7'])
  exchange.heal()
  exchange.fault('token-garbage')
  const answers = await Promise.all(Array.from({ length: 20 }, async () => (await ask()).text()))
  expect(new Set(answers).size).toBe(20)
  exchange.heal()
  exchange.fault('token-huge', 2)
  const huge = await (await ask()).text()
  expect(huge.length).toBeGreaterThan(2 * 1024 ** 2)
  expect(JSON.parse(huge)).toMatchObject({ code: '200000' })
  exchange.heal()
  exchange.fault('token-hang')
  await expect(ask({ signal: AbortSignal.timeout(50) })).rejects.toThrow()
  exchange.heal()
  exchange.fault('token-once')
  const { token } = (await askToken(exchange)).data
  expect(await (await connected(exchange, token)).next()).toMatchObject({ type: 'welcome' })
  expect(await (await connected(exchange, token)).next()).toMatchObject({ code: 401 })
  exchange.heal()
  exchange.fault('token-over')
  expect(await (await connected(exchange)).next()).toMatchObject({ code: 401 })
  exchange.heal()
  exchange.fault('dead-server')
  expect((await askToken(exchange)).data.instanceServers[0].endpoint).toBe('ws://127.0.0.1:1/')
  expect((await fetch(`${exchange.url}/api/v1/bullet-public`)).status).toBe(405)
})

test('it leaves, so that connections are refused, and comes back on the same port', async () => {
  const { clock, exchange } = await started()
  const client = await subscribed(exchange)
  await exchange.leave()
  expect((await client.close()).code).toBe(1006)
  await expect(askToken(exchange)).rejects.toThrow()
  await exchange.comeBack()
  const again = await subscribed(exchange)
  exchange.fault('refused', 5_000)
  clock.advance(20)
  await again.close()
  await expect(askToken(exchange)).rejects.toThrow()
  clock.advance(5_000)
  await subscribed(exchange)
  expect(exchange.open).toBe(1)
  exchange.drop()
  expect(exchange.open).toBe(0)
})

test('faults go on and off over HTTP, too, and what is no fault is refused with the list of them', async () => {
  const { exchange } = await started()
  const post = (body: string) => fetch(`${exchange.url}/faults`, { method: 'POST', body })
  const on = async (answer: Response) =>
    ((await answer.json()) as { name: string; amount: unknown }[])
      .filter(({ amount }) => amount !== false)
      .map(({ name, amount }) => [name, amount])
  expect(await on(await post('{"name":"no-pong"}'))).toEqual([['no-pong', 1]])
  expect(await on(await post('{"name":"drop","amount":9}'))).toEqual([
    ['drop', 9],
    ['no-pong', 1],
  ])
  expect(await on(await post('{"name":"no-pong","amount":false}'))).toEqual([['drop', 9]])
  expect(await on(await fetch(`${exchange.url}/faults`, { method: 'DELETE' }))).toEqual([])
  for (const body of ['', '[]', '{"name":"toString"}', '{"name":"drop","amount":"9"}']) {
    const answer = await post(body)
    expect(answer.status).toBe(400)
    for (const name of Object.keys(faults)) expect(await answer.clone().text()).toContain(name)
  }
  expect(await on(await fetch(`${exchange.url}/faults`))).toEqual([])
})
