import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { certificate } from '../certificate.ts'
import { openDoors } from '../doors.ts'
import { start, type Fixture } from '../fixture.ts'
import { rawHandshake } from '../raw.ts'

/** A request as lines, right or wrong. */
interface Wrongs {
  readonly line?: string
  /** Replaces the good header of that name; null leaves it out, a list sends it several times. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>
  readonly body?: string
}

const good: Wrongs['headers'] = {
  Host: 'test',
  Upgrade: 'websocket',
  Connection: 'Upgrade',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version': '13',
}

/** No test passes because this ran out. */
const patienceMs = 15_000

function textOf(path: string, { line = 'GET * HTTP/1.1', headers, body = '' }: Wrongs): string {
  const lines = Object.entries({ ...good, ...headers })
    .flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const))
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name}: ${value}\r\n`)
  return `${line.replace('*', path)}\r\n${lines.join('')}\r\n${body}`
}

/** Everything that comes back until the server closes or upgrades. */
async function answers(url: string, text: string): Promise<string> {
  const { hostname, port, protocol } = new URL(url)
  const done = Promise.withResolvers<void>()
  let received = ''
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    tls: protocol === 'https:' && { rejectUnauthorized: false },
    socket: {
      open: (opened) => void opened.write(Buffer.from(text, 'latin1')),
      data(_, chunk) {
        received += chunk.toString('latin1')
        if (received.startsWith('HTTP/1.1 101')) done.resolve()
      },
      close: () => done.resolve(),
      error: (_, error) => done.reject(error),
    },
  })
  const patience = setTimeout(() => done.reject(new Error(`only ${received}`)), patienceMs)
  await done.promise
  clearTimeout(patience)
  socket.terminate()
  return received
}

const last = 'GET /healthz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n'

/** Asks, then asks for /healthz on the same connection: the statuses of all that is answered. */
async function statuses(url: string, path: string, wrongs: Wrongs): Promise<number[]> {
  return statusesIn(await answers(url, textOf(path, wrongs) + last))
}

function statusesIn(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))
}

const key = 'dGhlIHNhbXBsZSBub25jZQ=='
const smuggled = 'GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n'
const health = 200

const refused: readonly [what: string, wrongs: Wrongs, statuses: readonly number[]][] = [
  ['no "Connection"', { headers: { Connection: null } }, [400, health]],
  ['"Connection: keep-alive"', { headers: { Connection: 'keep-alive' } }, [400, health]],
  ['"Connection: Upgraded"', { headers: { Connection: 'Upgraded' } }, [400, health]],
  ['no version', { headers: { 'Sec-WebSocket-Version': null } }, [426, health]],
  ['version 8', { headers: { 'Sec-WebSocket-Version': '8' } }, [426, health]],
  ['version 013', { headers: { 'Sec-WebSocket-Version': '013' } }, [426, health]],
  ['two versions', { headers: { 'Sec-WebSocket-Version': ['13', '8'] } }, [426, health]],
  ['no key', { headers: { 'Sec-WebSocket-Key': null } }, [400, health]],
  ['an empty key', { headers: { 'Sec-WebSocket-Key': '' } }, [400, health]],
  [
    'a key of 15 bytes',
    { headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25j' } },
    [400, health],
  ],
  [
    'a key of 18 bytes',
    { headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQab' } },
    [400, health],
  ],
  [
    'a key that is no Base64',
    { headers: { 'Sec-WebSocket-Key': '!!!!!!!!!!!!!!!!!!!!!!==' } },
    [400, health],
  ],
  ['two keys', { headers: { 'Sec-WebSocket-Key': [key, key] } }, [400, health]],
  ['no Host', { headers: { Host: null } }, [400]],
  ['two Hosts', { headers: { Host: ['test', 'other'] } }, [400, health]],
  ['the same Host twice', { headers: { Host: ['test', 'test'] } }, [400, health]],
  ['POST', { line: 'POST * HTTP/1.1' }, [400, health]],
  [
    'PUT with a body',
    { line: 'PUT * HTTP/1.1', headers: { 'Content-Length': '3' }, body: 'abc' },
    [400, health],
  ],
  ['HTTP/2.0', { line: 'GET * HTTP/2.0' }, [505]],
  [
    'a body that reads like frames',
    { headers: { 'Content-Length': '6' }, body: '\x81\x80abcd' },
    [400, health],
  ],
  [
    'a body that reads like a request',
    { headers: { 'Content-Length': String(smuggled.length) }, body: smuggled },
    [400, health],
  ],
  [
    'a body in chunks',
    { headers: { 'Transfer-Encoding': 'chunked' }, body: '6\r\n\x81\x80abcd\r\n0\r\n\r\n' },
    [400, health],
  ],
]

const accepted: readonly [what: string, wrongs: Wrongs][] = [
  [
    '"Connection: keep-alive, Upgrade", as Firefox says it',
    { headers: { Connection: 'keep-alive, Upgrade' } },
  ],
  ['"Connection" twice', { headers: { Connection: ['keep-alive', 'upgrade'] } }],
  ['"Upgrade: WebSocket"', { headers: { Upgrade: 'WebSocket' } }],
  ['"Upgrade: h2c, websocket"', { headers: { Upgrade: 'h2c, websocket' } }],
  ['names of headers in capitals', { headers: { Upgrade: null, UPGRADE: 'websocket' } }],
  ['"Content-Length: 0"', { headers: { 'Content-Length': '0' } }],
  // Bun does not tell the version of HTTP; nobody is the worse for it.
  ['HTTP/1.0', { line: 'GET * HTTP/1.0' }],
]

/** Every kind of listener with the paths of its sockets. */
const listen = [
  {
    systems: '*' as const,
    paths: [
      '/ws/none',
      '/jive/ws',
      '/v1/ws',
      '/v1/platform/ws',
      '/api/v21/price',
      '/api/v21/price/PLGR-USDT',
      '/pledge/ws',
      '/crash/ws',
    ],
  },
  { systems: ['jive'], paths: ['/ws', '/jive/ws'] },
  { systems: ['crash'], paths: ['/ws', '/crash/ws'] },
  { systems: ['dcs', 'pledge'], paths: ['/ws/none', '/pledge/ws'] },
].map((one) => ({ host: '127.0.0.1', port: 0, ...one }))

let plain: Fixture
let secure: Fixture
beforeAll(async () => {
  plain = await start({ listen })
  secure = await start({ tls: certificate })
})
afterAll(async () => {
  await plain.stop()
  await secure.stop()
})

/** Every path of a socket on every listener, with TLS too. */
function* doors(): Generator<[url: string, path: string]> {
  for (const [index, { paths }] of listen.entries()) {
    const { url } = plain.fanfare.listeners[index]!
    for (const path of paths) yield [url.origin, path]
  }
  for (const path of listen[0]!.paths) yield [secure.url, path]
}

describe('is refused on every path of every listener before any token is looked at, and the connection goes on as HTTP (RFC 6455 4.2.1):', () => {
  test.each(refused)('%s', async (_, wrongs, expected) => {
    for (const [url, path] of doors()) {
      const seen = await statuses(url, path, wrongs)
      expect({ url, path, seen }).toEqual({ url, path, seen: [...expected] })
    }
    expect(plain.logged.filter((line) => line.includes('"level":"error"'))).toEqual([])
  })
})

describe('is a handshake like any other:', () => {
  test.each(accepted)('%s', async (_, wrongs) => {
    for (const path of ['/pledge/ws', '/crash/ws']) {
      for (const url of [plain.url, secure.url]) {
        const seen = statusesIn(await answers(url, textOf(path, wrongs)))
        expect({ path, seen }).toEqual({ path, seen: [101] })
      }
    }
  })
})

test('an unknown version is told the one there is (RFC 6455 4.4)', async () => {
  for (const [url, path] of doors()) {
    if (url.startsWith('https')) continue
    const { headers } = await rawHandshake(url, path, { 'sec-websocket-version': '12' })
    expect(headers.get('sec-websocket-version')).toBe('13')
  }
})

test('the listener of health and metrics has no sockets', async () => {
  const { url } = plain.fanfare.internal!
  for (const path of ['/ws', '/jive/ws', '/metrics']) {
    expect((await rawHandshake(url.origin, path)).status).not.toBe(101)
  }
})

describe('of what a client offers nothing is answered that nobody speaks, on', () => {
  test.each(['dcs', 'jive', 'locallife', 'pledge', 'crash'])('%s', async (system) => {
    await using server = await start()
    const path = (await openDoors(server))[system]!
    const { status, headers } = await rawHandshake(server.url, path, {
      'sec-websocket-protocol': 'chat, graphql-ws',
      'sec-websocket-extensions':
        'permessage-deflate; client_max_window_bits, x-webkit-deflate-frame',
    })
    expect(status).toBe(101)
    expect(headers.get('sec-websocket-protocol')).toBeNull()
    expect(headers.get('sec-websocket-extensions')).toBeNull()
  })
})

test('each system compresses where it is configured, and no other does', async () => {
  for (const wanted of ['dcs', 'jive', 'locallife', 'pledge', 'crash']) {
    await using server = await start({ [wanted]: { compression: true } })
    for (const [system, path] of Object.entries(await openDoors(server))) {
      const offer = { 'sec-websocket-extensions': 'permessage-deflate' }
      const { headers } = await rawHandshake(server.url, path, offer)
      const compresses = headers.get('sec-websocket-extensions') !== null
      expect({ wanted, system, compresses }).toEqual({
        wanted,
        system,
        compresses: system === wanted,
      })
    }
  }
})

const origins = ['https://app.example', 'http://app.example:8080']
const strangers = [
  'null',
  'HTTPS://APP.EXAMPLE',
  'https://app.example.',
  'https://app.example/',
  'https://app.example:443',
  'https://app.example:8443',
  'https://app.example.evil.example',
  'https://evil.app.example',
  'https://evilapp.example',
  'https://app.example@evil.example',
  'https://app.example https://evil.example',
  'https://evil.example, https://app.example',
  'http://app.example',
  'http://app.example:80800',
  'app.example',
  '*',
]

test('from a page of an origin that is not listed, letter by letter, nobody comes in, and programs have no origin', async () => {
  await using server = await start({ limits: { origins } })
  const open = Object.values(await openDoors(server))
  for (const path of open) {
    const from = async (origin?: string | readonly string[]) => {
      const headers = origin === undefined ? {} : { Origin: origin }
      const text = textOf(path, { headers: { ...headers, Connection: 'close, Upgrade' } })
      return statusesIn(await answers(server.url, text))[0]
    }
    expect(await Promise.all([...origins, undefined].map(from))).toEqual([101, 101, 101])
    for (const origin of [...strangers, ['https://app.example', 'https://evil.example']]) {
      expect({ origin, status: await from(origin) }).toEqual({ origin, status: 403 })
    }
  }
})
