import { expect, test } from 'bun:test'
import type { Hearing, Link } from '../../../src/systems/pledge/exchange.ts'
import { kucoin } from '../../../src/systems/pledge/kucoin.ts'
import { askInstance, pickInstance } from '../../../src/systems/pledge/kucoin-token.ts'
import { fakeClock } from '../../clock.ts'
import { countingClock, plgr } from './scenario.ts'

type Socket = Bun.ServerWebSocket<undefined>

/** A KuCoin that says nothing by itself, and one connection to it. */
async function dial({ symbols = [plgr], answer, times, tick }: Dialled = {}) {
  const clock = countingClock()
  const asked: string[] = []
  const received: any[] = []
  let extensions: string | null = null
  let socket: Socket | null = null
  let closed = 0
  let pongs = 0
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request, self) {
      const { pathname, search } = new URL(request.url)
      asked.push(`${request.method} ${pathname}${search}`)
      if (pathname !== '/ws')
        return answer?.(self.url, request) ?? Response.json(token(self.url, times))
      extensions = request.headers.get('sec-websocket-extensions')
      return self.upgrade(request) ? undefined : new Response(null, { status: 426 })
    },
    websocket: {
      open: (opened) => void (socket = opened),
      message: (_, text) => void received.push(JSON.parse(String(text))),
      pong: () => void pongs++,
      close: () => void closed++,
    },
  })
  const heard: unknown[] = []
  const hearing: Hearing = {
    ready: (silence) => void heard.push(['ready', silence]),
    tick({ symbol, price, sequence }) {
      heard.push([symbol, price, sequence])
      tick?.(link)
    },
    alive: () => {},
    unreadable: () => void heard.push('unreadable'),
    ended: (reason, retry) => void heard.push(['ended', reason, retry]),
  }
  const exchange = kucoin({ url: `${server.url.origin}/rest/`, clock, random: () => 0 })
  const link = exchange.open(symbols, hearing)
  /** Waits for what has to come. */
  async function until(ready: () => boolean): Promise<void> {
    const began = performance.now()
    while (!ready()) {
      if (performance.now() - began > 20_000)
        throw new Error(`only ${JSON.stringify({ asked, received })}`)
      await Bun.sleep(1)
    }
  }
  return {
    ...{ clock, asked, received, heard, link, until },
    connected: () => until(() => socket !== null),
    closed: () => closed,
    extensions: () => extensions,
    /** Several frames in one piece. */
    pour: (frames: unknown[]) =>
      void socket?.cork((corked) =>
        frames.forEach((frame) => void corked.send(JSON.stringify(frame))),
      ),
    say: (frame: unknown) =>
      void socket?.send(
        typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame),
      ),
    /** What was said before has been dealt with: the other side says so behind it. */
    async turn(): Promise<void> {
      if (socket === null || closed > 0) return
      const before = pongs
      socket.ping()
      await until(() => pongs > before || closed > 0)
    },
    cut: () => socket?.terminate(),
    [Symbol.asyncDispose]: async () => {
      link.close()
      await server.stop(true)
    },
  }
}

type Answer = (url: URL, request: Request) => Response

interface Dialled {
  readonly symbols?: string[]
  readonly answer?: Answer
  readonly times?: Record<string, number>
  readonly tick?: (link: Link) => void
}

function token(url: URL, fields: Record<string, unknown> = {}) {
  const endpoint = `ws://${url.host}/ws`
  const instance = {
    endpoint,
    encrypt: true,
    protocol: 'websocket',
    pingInterval: 18_000,
    pingTimeout: 10_000,
  }
  return { code: '200000', data: { token: 't+/=&', instanceServers: [{ ...instance, ...fields }] } }
}

const ticker = (fields: Record<string, unknown> = {}, frame: Record<string, unknown> = {}) => ({
  type: 'message',
  topic: `/market/ticker:${plgr}`,
  subject: 'trade.ticker',
  data: { sequence: '1545896668986', price: '0.08', size: '0.011', time: 1704873323416, ...fields },
  ...frame,
})

/** A connection whose subscription was taken. */
async function subscribed(dialled: Dialled = {}) {
  const line = await dial(dialled)
  await line.connected()
  line.say({ id: 'x', type: 'welcome' })
  await line.until(() => line.received.length === 1)
  line.say({ id: line.received[0].id, type: 'ack' })
  await line.until(() => line.heard.length === 1)
  return line
}

test('it asks for a token, connects with it and a fresh id, and says nothing before the welcome', async () => {
  await using line = await dial()
  await line.connected()
  expect(line.asked).toEqual([
    'POST /rest/api/v1/bullet-public',
    expect.stringMatching(/^GET \/ws\?token=t%2B%2F%3D%26&connectId=[0-9a-f-]{36}$/),
  ])
  // With compression a small message could grow without a limit.
  expect(line.extensions()).toBe(null)
  line.clock.advance(4_900)
  await line.turn()
  expect([line.received, line.heard]).toEqual([[], []])
  line.say({ id: 'x', type: 'welcome' })
  line.say({ id: 'x', type: 'welcome' })
  await line.until(() => line.received.length > 0)
  await line.turn()
  expect(line.received).toEqual([
    {
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      type: 'subscribe',
      topic: '/market/ticker:PLGR-USDT',
      privateChannel: false,
      response: true,
    },
  ])
})

test('symbols are asked for a hundred at a time, and it is ready once all are taken', async () => {
  const symbols = Array.from({ length: 250 }, (_, n) => `S${n}-USDT`)
  await using line = await dial({ symbols })
  await line.connected()
  line.say({ id: 'x', type: 'welcome' })
  await line.until(() => line.received.length === 3)
  const topics = line.received.map(({ topic }) => topic.replace('/market/ticker:', '').split(','))
  expect(topics.map(({ length }) => length)).toEqual([100, 100, 50])
  expect(topics.flat()).toEqual(symbols)
  const ids = line.received.map(({ id }) => id)
  for (const id of [ids[0], ids[0], 'another', ids[2]]) line.say({ id, type: 'ack' })
  line.say(ticker())
  await line.until(() => line.heard.length > 0)
  expect(line.heard).toEqual([[plgr, '0.08', 1545896668986n]])
  line.say({ id: ids[1], type: 'ack' })
  await line.until(() => line.heard.length > 1)
  expect(line.heard.at(-1)).toEqual(['ready', 36_000])
})

test('P1, P13: a tick is told with its exact text, and its sequence beyond what a number holds', async () => {
  await using line = await subscribed()
  const sequence = '9007199254740993000000000001'
  line.say(ticker({ sequence, price: '0.00000000000000000000010' }))
  line.say(ticker({ time: undefined, sequence: '7' }))
  await line.until(() => line.heard.length === 3)
  expect(line.heard.slice(1)).toEqual([
    [plgr, '0.00000000000000000000010', BigInt(sequence)],
    [plgr, '0.08', 7n],
  ])
})

test('topics, subjects and types nobody asked for are ignored', async () => {
  await using line = await subscribed()
  line.say(ticker({}, { topic: '/market/level2:PLGR-USDT' }))
  line.say(ticker({}, { topic: undefined }))
  line.say(ticker({}, { subject: 'trade.l3' }))
  line.say({ id: '1', type: 'notice', subject: 'x' })
  line.say({ id: '1', type: 'pong' })
  line.say({ id: '1', type: 'ack' })
  line.say(ticker())
  await line.until(() => line.heard.length > 1)
  expect(line.heard.slice(1)).toEqual([[plgr, '0.08', 1545896668986n]])
})

test.each([
  ['no JSON', '{"type":"message"'],
  ['nothing', ''],
  ['an array', '[]'],
  ['null', 'null'],
  ['a type that is no text', '{"type":7}'],
  ['a price that is a number', JSON.stringify(ticker({ price: 0.08 }))],
  ['no price', JSON.stringify(ticker({ price: undefined }))],
  ['a sequence that is a number', JSON.stringify(ticker({ sequence: 7 }))],
  ['a sequence below nothing', JSON.stringify(ticker({ sequence: '-7' }))],
  ['a sequence of a thousand digits', JSON.stringify(ticker({ sequence: '7'.repeat(1_000) }))],
  ['no data', JSON.stringify(ticker({}, { data: undefined }))],
])('P9: what makes no sense is counted and ignored: %s', async (_, text) => {
  await using line = await subscribed()
  line.say(text)
  line.say(ticker())
  await line.until(() => line.heard.length === 3)
  expect(line.heard.slice(1)).toEqual(['unreadable', [plgr, '0.08', 1545896668986n]])
})

test('it pings a second before it must, each time with another id, as long as pongs come', async () => {
  await using line = await subscribed()
  for (let n = 1; n <= 5; n++) {
    line.clock.advance(16_999)
    await line.turn()
    expect(line.received).toHaveLength(n)
    line.clock.advance(1)
    await line.until(() => line.received.length === n + 1)
    const { id, type } = line.received[n]
    expect(type).toBe('ping')
    line.say({ id, type: 'pong' })
    await line.turn()
  }
  expect(new Set(line.received.map(({ id }) => id)).size).toBe(6)
  expect(line.heard).toHaveLength(1)
})

test('P7: a pong that does not come in time ends it, and one for another ping is none', async () => {
  await using line = await subscribed()
  line.clock.advance(17_000)
  await line.until(() => line.received.length === 2)
  line.say({ id: 'another', type: 'pong' })
  line.say(ticker())
  await line.until(() => line.heard.length === 2)
  line.clock.advance(9_999)
  expect(line.heard).toHaveLength(2)
  line.clock.advance(1)
  expect(line.heard.at(-1)).toEqual(['ended', 'no pong within 10 s', 'later'])
  await line.until(() => line.closed() === 1)
})

test.each([
  [401, 'now'],
  ['401', 'now'],
  [404, 'later'],
  [500, 'later'],
])('P7: the error %p ends it, to be tried again %s', async (code, retry) => {
  await using line = await subscribed()
  line.say({ id: 'x', type: 'error', code, data: 'token is expired' })
  line.say(ticker())
  await line.until(() => line.heard.length === 2)
  await line.turn()
  expect(line.heard.slice(1)).toEqual([['ended', `error ${code}`, retry]])
  await line.until(() => line.closed() === 1)
})

test.each([[undefined], ['t+/=&'], ['1e5'], ['-1'], ['9'.repeat(11)]])(
  'P7: an error whose code %p is none is told without it, since it could be anything',
  async (code) => {
    await using line = await subscribed()
    line.say({ id: 'x', type: 'error', code, data: 't+/=&' })
    await line.until(() => line.heard.length === 2)
    expect(line.heard[1]).toEqual(['ended', 'error without a code', 'later'])
  },
)

test.each<[string, string | Uint8Array<ArrayBuffer>]>([
  ['text', JSON.stringify(ticker({ size: '1'.repeat(65_536) }))],
  ['bytes', new Uint8Array(65_537)],
])('P7: a message of more than 64 K ends it: %s', async (_, message) => {
  await using line = await subscribed()
  line.say(message)
  await line.until(() => line.heard.length === 2)
  expect(line.heard[1]).toEqual(['ended', 'a message too long', 'later'])
})

test('P7: a connection that is cut is told once', async () => {
  await using line = await subscribed()
  line.cut()
  await line.until(() => line.heard.length === 2)
  line.clock.advance(60_000)
  await line.turn()
  expect(line.heard.slice(1)).toEqual([['ended', 'closed with 1006', 'later']])
})

test('closing ends the socket and tells nobody, whenever it is done', async () => {
  await using early = await dial()
  early.link.close()
  await using line = await subscribed()
  line.clock.advance(17_000)
  line.link.close()
  line.link.close()
  await line.until(() => line.closed() === 1)
  expect([early.clock.waiting, line.clock.waiting]).toEqual([0, 0])
  for (const one of [early, line]) {
    one.clock.advance(60_000)
    await one.turn()
  }
  expect([early.heard, line.heard.length]).toEqual([[], 1])
  expect(early.asked.filter((path) => path.startsWith('GET'))).toEqual([])
})

test('what comes behind a message that made somebody close it is not heard', async () => {
  await using line = await subscribed({ tick: (link) => link.close() })
  line.pour([ticker({ sequence: '1' }), ticker({ sequence: '2' }), ticker({ sequence: '3' })])
  await line.until(() => line.closed() === 1)
  expect(line.heard.slice(1)).toEqual([[plgr, '0.08', 1n]])
})

test('pongs that are slower than pings but in time end nothing', async () => {
  await using line = await subscribed({ times: { pingInterval: 2_000, pingTimeout: 10_000 } })
  for (let n = 1; n <= 5; n++) {
    line.clock.advance(1_000)
    await line.until(() => line.received.length === n + 1)
    line.clock.advance(3_500)
    await line.turn()
    line.say({ id: line.received[n].id, type: 'pong' })
    await line.turn()
    line.clock.advance(499)
    await line.turn()
  }
  expect([line.received.length, line.heard.length]).toEqual([6, 1])
})

test.each<[string, Answer, string]>([
  ['500', () => new Response('no', { status: 500 }), 'token: status 500'],
  ['a way elsewhere', () => Response.redirect('http://127.0.0.1:1/'), 'token: status 302'],
  ['no JSON', () => new Response('<html>'), 'token: an answer that is no JSON'],
  ['nothing', () => new Response(''), 'token: an answer that is no JSON'],
  ['a megabyte', () => new Response('x'.repeat(2 ** 20)), 'token: an answer that is too long'],
  [
    'a refusal',
    () => Response.json({ code: '400001', msg: 'no' }),
    'token: an answer that makes no sense',
  ],
])('P7: a token that is answered with %s ends it', async (_, answer, reason) => {
  await using line = await dial({ answer })
  await line.until(() => line.heard.length === 1)
  expect(line.heard).toEqual([['ended', reason, 'later']])
})

test('P7: a server nobody is at ends it, without a word about its address', async () => {
  const heard: string[] = []
  const none = { ready() {}, tick() {}, alive() {}, unreadable() {} }
  const ended = (reason: string) => void heard.push(reason)
  const exchange = kucoin({ url: 'http://127.0.0.1:1', clock: fakeClock(), random: () => 0 })
  exchange.open([plgr], { ...none, ended })
  while (heard.length === 0) await Bun.sleep(1)
  expect(heard).toEqual([expect.stringMatching(/^token: \w*refused$/i)])
})

test.each(['gzip', 'deflate', 'br', 'zstd'])(
  'P7: a token that is packed with %s stays packed, since 30 KB of it can be a gigabyte',
  async (encoding) => {
    const asked: (string | null)[] = []
    await using line = await dial({
      answer(url, { headers }) {
        asked.push(headers.get('accept-encoding'))
        const packed = Bun.gzipSync(Buffer.from(JSON.stringify(token(url))))
        return new Response(packed, { headers: { 'content-encoding': encoding } })
      },
    })
    await line.until(() => line.heard.length === 1)
    expect(line.heard).toEqual([['ended', 'token: an answer that is no JSON', 'later']])
    expect(asked).toEqual(['identity'])
  },
)

test('P7: each token is asked for on a connection of its own, since one that was kept may be dead', async () => {
  const ports: (number | undefined)[] = []
  await using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request, self) {
      ports.push(self.requestIP(request)?.port)
      return Response.json(token(self.url))
    },
  })
  const { signal } = new AbortController()
  const question = { url: server.url.origin, connectId: 'c', signal, random: () => 0 }
  for (let n = 0; n < 3; n++) await askInstance(question)
  expect(new Set(ports).size).toBe(3)
})

const asking = { url: 'https://exchange.example', connectId: 'c', random: () => 0 }
const here = new URL('http://exchange.example')

test.each([
  ['no servers', { code: '200000', data: { token: 't', instanceServers: [] } }],
  ['no token', { code: '200000', data: { ...token(here).data, token: '' } }],
  ['an address of another kind', token(here, { endpoint: 'https://exchange.example/' })],
  ['no address', token(here, { endpoint: 'wss://' })],
  ['a server without encryption, where the token came with it', token(here)],
  ['an interval of nothing', token(here, { endpoint: 'wss://a.example', pingInterval: 0 })],
  ['an interval of days', token(here, { endpoint: 'wss://a.example', pingInterval: 1e9 })],
  ['an interval that is text', token(here, { endpoint: 'wss://a.example', pingTimeout: '10000' })],
])('P7: an answer with %s is none', (_, answer) => {
  expect(() => pickInstance(answer, asking)).toThrow(/^token: /)
})

test('any server of the list may be picked, by chance, and what its address says already stays', () => {
  const times = { pingInterval: 18_000, pingTimeout: 10_000 }
  const instanceServers = ['a', 'b', 'c'].map((host) => ({
    endpoint: `wss://${host}.example/end?x=1#y`,
    ...times,
  }))
  const answer = { code: '200000', data: { token: 't', instanceServers } }
  const addresses = [0, 0.5, 0.999].map(
    (chance) => pickInstance(answer, { ...asking, random: () => chance }).address,
  )
  expect(addresses).toEqual(
    ['a', 'b', 'c'].map((host) => `wss://${host}.example/end?x=1&token=t&connectId=c`),
  )
})
