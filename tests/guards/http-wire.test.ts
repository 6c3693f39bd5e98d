import { afterAll, beforeAll, expect, test } from 'bun:test'
import { connect, type Socket } from 'node:net'
import { openPremises } from './http-house.ts'
import { faultsOf, verdictOf } from './http-judge.ts'
import { settle, type Town } from './http-town.ts'
import { bytesOf, talk, type Answer } from './raw-http.ts'

let town: Town
let before = 0
beforeAll(async () => {
  const house = await openPremises()
  before = await house.memory()
  town = await settle(house)
})
afterAll(() => town.house.close())

const message = JSON.stringify({
  channel: 'jive/user:wire',
  type: 'Notification',
  data: { level: 'info', title: 'Hello', message: 'Here I am' },
})
const length = Buffer.byteLength(message)
const hex = length.toString(16)
const healthy = 'GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n'

/** A POST of the message with these header lines, and whatever stands behind them. */
function post(lines: readonly string[], content: string, more = ''): string {
  const head = [
    `POST /api/publish HTTP/1.1`,
    'Host: test',
    `Authorization: Bearer ${town.house.keys.publish}`,
  ]
  return `${[...head, ...lines].join('\r\n')}\r\n\r\n${content}${more}`
}

/** Another request, hidden in the bytes of the first: if it is ever read, mallory has money. */
function smuggled(): string {
  const body = JSON.stringify({ amount: '5.00', tx_id: `smuggled-${town.fresh()}` })
  return [
    'POST /api/wallets/mallory/credit HTTP/1.1',
    'Host: test',
    `Authorization: Bearer ${town.house.keys.wallet}`,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n')
}

const bytes = (text: string) => Buffer.from(text, 'latin1')

/** What the listener says to these bytes by the time it closes, or has said once. */
async function said(text: string): Promise<string> {
  const answers = await talk(town.house.url, [bytes(text)], { enough: 1 })
  expect(answers.flatMap(faultsOf)).toEqual([])
  return answers.map(verdictOf).join(', ') || 'closed'
}

const chunks = `${hex}\r\n${message}\r\n0\r\n\r\n`

/** Bodies whose length is told twice, or in words of its own; nothing may be hidden behind them. */
const lengths: Readonly<
  Record<string, readonly [lines: readonly string[], content: string, expected: string]>
> = {
  'a length and chunks': [
    [`Content-Length: ${length}`, 'Transfer-Encoding: chunked'],
    '0\r\n\r\n',
    '400',
  ],
  'chunks and a length': [
    ['Transfer-Encoding: chunked', `Content-Length: ${length}`],
    '0\r\n\r\n',
    '400',
  ],
  'a short length and chunks': [['Content-Length: 4', 'Transfer-Encoding: chunked'], chunks, '400'],
  'two lengths': [[`Content-Length: ${length}`, 'Content-Length: 5'], message, '400'],
  'the same length twice': [
    [`Content-Length: ${length}`, `Content-Length: ${length}`],
    message,
    '200',
  ],
  'a list of lengths': [[`Content-Length: ${length}, ${length}`], message, '400'],
  'a length with a sign': [[`Content-Length: +${length}`], message, '400'],
  'a length below zero': [['Content-Length: -1'], message, '400'],
  'a length in hex': [[`Content-Length: 0x${hex}`], message, '400'],
  'a length with an exponent': [['Content-Length: 1e2'], message, '400'],
  'a length of 20 digits': [['Content-Length: 99999999999999999999'], message, '400'],
  'an empty length': [['Content-Length: '], message, '400'],
  'a blank before the colon': [[`Content-Length : ${length}`], message, '400'],
  'a folded length': [['Content-Length:', ` ${length}`], message, '400'],
  'chunks in capitals': [['TRANSFER-ENCODING: CHUNKED'], chunks, '200'],
  'something like chunks': [['Transfer-Encoding: xchunked'], chunks, '400'],
  'chunks behind a tab': [['Transfer-Encoding:\tchunked'], chunks, '200'],
  'chunks behind a vertical tab': [['Transfer-Encoding: \x0bchunked'], chunks, '400'],
  'packed chunks': [['Transfer-Encoding: gzip, chunked'], chunks, '400'],
  'chunks that are not last': [['Transfer-Encoding: chunked, identity'], chunks, '400'],
  'two encodings': [['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunks, '400'],
  identity: [['Transfer-Encoding: identity', `Content-Length: ${length}`], message, '400'],
  'a chunk with an extension': [
    ['Transfer-Encoding: chunked'],
    `${hex};a=b\r\n${message}\r\n0\r\n\r\n`,
    '200',
  ],
  'a chunk of no number': [['Transfer-Encoding: chunked'], `zz\r\n${message}\r\n0\r\n\r\n`, '400'],
  'a chunk with a sign': [['Transfer-Encoding: chunked'], `-1\r\n${message}\r\n0\r\n\r\n`, '400'],
  'a chunk with 0x': [['Transfer-Encoding: chunked'], `0x${hex}\r\n${message}\r\n0\r\n\r\n`, '400'],
  'a chunk of 18 digits': [
    ['Transfer-Encoding: chunked'],
    `ffffffffffffffffff\r\n${message}\r\n0\r\n\r\n`,
    '400',
  ],
  'a chunk behind a bare line feed': [
    ['Transfer-Encoding: chunked'],
    `${hex}\n${message}\r\n0\r\n\r\n`,
    '400',
  ],
  'a chunk that is longer than it says': [
    ['Transfer-Encoding: chunked'],
    `${hex}\r\n${message}xx0\r\n\r\n`,
    '400',
  ],
  'a trailer with credentials': [
    ['Transfer-Encoding: chunked'],
    `${hex}\r\n${message}\r\n0\r\nAuthorization: x\r\n\r\n`,
    '400',
  ],
}

test('a body has one length or comes in chunks: whatever says it twice is 400 and ends the connection', async () => {
  const wrong: string[] = []
  for (const [what, [lines, content, expected]] of Object.entries(lengths)) {
    const got = await said(post(lines, content, expected === '400' ? smuggled() : ''))
    if (got !== expected) wrong.push(`${what}: ${got}, not ${expected}`)
  }
  expect(wrong).toEqual([])
})

/** First lines and headers that are none, and what they come to. */
const heads: Readonly<Record<string, readonly [text: string, expected: string]>> = {
  'no Host': ['GET /healthz HTTP/1.1\r\n\r\n', '400'],
  'two Hosts': ['GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', '400 INVALID_REQUEST'],
  'a Host with a path': ['GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n', '400 INVALID_REQUEST'],
  'a Host with a name before': [
    'GET /healthz HTTP/1.1\r\nHost: u@h\r\n\r\n',
    '400 INVALID_REQUEST',
  ],
  'an empty Host': ['GET /healthz HTTP/1.1\r\nHost: \r\n\r\n', '400 INVALID_REQUEST'],
  'HTTP/1.0': ['GET /healthz HTTP/1.0\r\nHost: a\r\n\r\n', '200'],
  'HTTP/1.0 and chunks': [
    'POST /api/publish HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    '400',
  ],
  'HTTP/2.0': ['GET /healthz HTTP/2.0\r\nHost: a\r\n\r\n', '505'],
  'HTTP/0.9': ['GET /healthz\r\n\r\n', '505'],
  'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400'],
  'a TLS hello': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', '400'],
  zeros: ['\0\0\0\0\r\n\r\n', '400'],
  'a bare line end': ['\r\n\r\n', '400'],
  'an asterisk': ['OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', '400'],
  'a proxy request': ['GET http://evil/healthz HTTP/1.1\r\nHost: a\r\n\r\n', '200'],
  'a tunnel': ['CONNECT evil:443 HTTP/1.1\r\nHost: a\r\n\r\n', '404 NOT_FOUND'],
  'a method in small letters': ['get /healthz HTTP/1.1\r\nHost: a\r\n\r\n', 'closed'],
  'a method nobody knows': ['FOO /healthz HTTP/1.1\r\nHost: a\r\n\r\n', 'closed'],
  'a method of 4 KB': [`${'G'.repeat(4_096)} /healthz HTTP/1.1\r\nHost: a\r\n\r\n`, 'closed'],
  'bare line feeds': ['GET /healthz HTTP/1.1\nHost: a\n\n', '505'],
  'a folded header': ['GET /healthz HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n', '400'],
  'NUL in a header': ['GET /healthz HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n', '400'],
  'a bare CR in a header': ['GET /healthz HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n', '400'],
  'a blank in a name': ['GET /healthz HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n', '400'],
  'no colon': ['GET /healthz HTTP/1.1\r\nHost: a\r\nABC\r\n\r\n', '400'],
  'no name': ['GET /healthz HTTP/1.1\r\nHost: a\r\n: c\r\n\r\n', '400'],
  'a blank in the address': ['GET /health z HTTP/1.1\r\nHost: a\r\n\r\n', '505'],
  'NUL in the address': ['GET /health\0z HTTP/1.1\r\nHost: a\r\n\r\n', '505'],
  'bytes over 127 in the address': [
    'GET /health\xffz HTTP/1.1\r\nHost: a\r\n\r\n',
    '404 NOT_FOUND',
  ],
  'an address without a slash': ['GET healthz HTTP/1.1\r\nHost: a\r\n\r\n', '400'],
  'a fragment': ['GET /healthz#x HTTP/1.1\r\nHost: a\r\n\r\n', '200'],
  'an address of 8 KB': [`GET /healthz?${'a'.repeat(8_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, '200'],
  'an address of 20 KB': [`GET /healthz?${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, '431'],
  'a header of 15 KB': [
    `GET /healthz HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(15_000)}\r\n\r\n`,
    '200',
  ],
  'a header of 17 KB': [
    `GET /healthz HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(17_000)}\r\n\r\n`,
    '431',
  ],
  'a header of 1 MB': [
    `GET /healthz HTTP/1.1\r\nHost: a\r\nA: ${'a'.repeat(1_000_000)}\r\n\r\n`,
    '431',
  ],
  '190 headers': [`GET /healthz HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(189)}\r\n`, '200'],
  '210 headers': [`GET /healthz HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(209)}\r\n`, '431'],
  '2,000 headers': [`GET /healthz HTTP/1.1\r\nHost: a\r\n${'A: b\r\n'.repeat(2_000)}\r\n`, '431'],
  'another protocol': [
    'GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    '200',
  ],
}

test('what is no request is refused by the listener, with the status that docs/errors.md tells', async () => {
  const wrong: string[] = []
  for (const [what, [text, expected]] of Object.entries(heads)) {
    const got = await said(text)
    if (got !== expected) wrong.push(`${what}: ${got}, not ${expected}`)
  }
  expect(wrong).toEqual([])
})

test('nothing that was hidden behind a bad length was ever read', async () => {
  const { house } = town
  await expect(house.call('GET', '/api/wallets/mallory')).rejects.toThrow('404')
  const answers = await talk(house.url, [bytes(smuggled())], { enough: 1 })
  // The hidden request is a good one: read, it would have paid.
  expect(answers.map(verdictOf)).toEqual(['200'])
  expect((await house.call('GET', '/api/wallets/mallory')).balance).toBe('5.00')
})

test('a body over the limit of the listener is 413, whether it tells its length or not', async () => {
  const { url } = town.house
  const large = Buffer.alloc(10_000_000, 'x')
  const told = bytes(post([`Content-Length: ${large.length}`], ''))
  const untold = bytes(post(['Transfer-Encoding: chunked'], `${large.length.toString(16)}\r\n`))
  expect((await talk(url, [told, large])).map(verdictOf)).toEqual(['413'])
  expect((await talk(url, [untold, large, bytes('\r\n0\r\n\r\n')])).map(verdictOf)).toEqual(['413'])
  const short = bytes(post(['Content-Length: 10000000'], ''))
  expect((await talk(url, [short], { enough: 1 })).map(verdictOf)).toEqual(['413'])
})

test('who asks before sending is told to go on, and then gets its answer', async () => {
  const head = bytes(post([`Content-Length: ${length}`, 'Expect: 100-continue'], ''))
  const answers = await talk(town.house.url, [head, bytes(message)], { enough: 2, inTurn: true })
  expect(answers.map(({ status }) => status)).toEqual([100, 200])
})

test('a request that comes byte by byte is one request', async () => {
  const { url } = town.house
  const text = bytes(post([`Content-Length: ${length}`], message))
  const drops = Array.from(text, (_, at) => text.subarray(at, at + 1))
  const [answer, ...more] = await talk(url, drops, { enough: 1 })
  expect([verdictOf(answer!), more.length]).toEqual(['200', 0])
  const letters = Array.from(message, (letter) => `1\r\n${letter}\r\n`).join('')
  const single = post(['Transfer-Encoding: chunked'], `${letters}0\r\n\r\n`)
  expect(await said(single)).toBe('200')
})

/** What has been published by this file. */
async function count(): Promise<number> {
  const path = '/api/channels/jive/user:wire/history?limit=1000'
  return (await town.house.call('GET', path)).messages.length
}

test('a body that breaks off has no effect and is nobody else’s beginning', async () => {
  const { url } = town.house
  const known = await count()
  for (const text of [
    post([`Content-Length: ${length + 1}`], message),
    post(['Content-Length: 1000000'], message),
    post(['Transfer-Encoding: chunked'], `${hex}\r\n${message}\r\n`),
    post(['Transfer-Encoding: chunked'], `${hex}\r\n${message.slice(5)}`),
  ]) {
    expect(await talk(url, [bytes(text)], { leave: true, pause: 10 })).toEqual([])
  }
  expect(await said(healthy)).toBe('200')
  expect(await count()).toBe(known)
})

test('a length that is too short leaves a broken body and a broken next request', async () => {
  const known = await count()
  const answers = await talk(town.house.url, [bytes(post(['Content-Length: 20'], message))])
  expect(answers.map(verdictOf)).toContain('400')
  expect(answers.every(({ status }) => status === 400)).toBe(true)
  expect(await count()).toBe(known)
})

test('a body that nobody reads is skipped, and is not the next request', async () => {
  const content = smuggled() + 'x'.repeat(100_000)
  const told = [`Content-Length: ${content.length}`, content] as const
  const untold = [
    'Transfer-Encoding: chunked',
    `${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`,
  ] as const
  const known = await balance('mallory')
  for (const [path, expected] of [
    ['/api/crash/verify', '413 PAYLOAD_TOO_LARGE'],
    ['/api/publish', '401 UNAUTHORIZED'],
    ['/no-such-address', '404 NOT_FOUND'],
  ]) {
    for (const [line, sent] of [told, untold]) {
      const first = bytes(`POST ${path} HTTP/1.1\r\nHost: test\r\n${line}\r\n\r\n${sent}`)
      const answers = await talk(town.house.url, [first, bytes(healthy)], {
        enough: 2,
        inTurn: true,
      })
      expect([path, ...answers.map(verdictOf)]).toEqual([path!, expected!, '200'])
    }
  }
  expect(await balance('mallory')).toBe(known)
})

async function balance(player: string): Promise<string> {
  return (await town.house.call('GET', `/api/wallets/${player}`)).balance
}

test('who leaves before the answer is missed by nobody, and what it asked for happens at most once', async () => {
  const { hostname, port } = new URL(town.house.url)
  const known = await count()
  const leaving = Array.from({ length: 100 }, async (_, index) => {
    const socket = connect(Number(port), hostname)
    socket.on('error', () => {})
    const text = bytes(post([`Content-Length: ${length}`], message))
    await new Promise((written) => socket.write(text, written))
    if (index % 2 === 0) socket.resetAndDestroy()
    else socket.destroy()
  })
  await Promise.all(leaving)
  await town.house.unharmed()
  expect(await count()).toBeLessThanOrEqual(known + 100)
})

test('requests one behind another on one connection are answered in that order', async () => {
  const one = bytesOf({ method: 'GET', target: '/healthz' })
  const two = bytesOf({ method: 'GET', target: '/no-such-address' })
  const order: Answer[] = await talk(town.house.url, [Buffer.concat([one, two, one, two])], {
    enough: 4,
  })
  expect(order.map(verdictOf)).toEqual(['200', '404 NOT_FOUND', '200', '404 NOT_FOUND'])
  const published = bytes(post([`Content-Length: ${length}`], message))
  const again = await talk(town.house.url, [one, two, published, one], { enough: 4, inTurn: true })
  expect(again.map(verdictOf)).toEqual(['200', '404 NOT_FOUND', '200', '200'])
})

test('who does not wait for an answer never gets that of another request', async () => {
  const known = await count()
  const body = post([`Content-Length: ${length}`], message)
  const answers = await talk(town.house.url, [bytes(body + healthy + body)])
  expect(answers.map(verdictOf).filter((verdict) => verdict !== '200')).toEqual([])
  expect(answers.map((one) => one.body)).not.toContain('ok')
  await town.house.unharmed()
  // Whether the first was done before its connection ended is for its sender to find out.
  expect(await count()).toBeLessThanOrEqual(known + 1)
})

test('hundreds that never finish a request keep nobody from being answered', async () => {
  const { url } = town.house
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  for (let index = 0; index < 400; index++) {
    const socket = connect(Number(port), hostname)
    sockets.push(socket)
    socket.on('error', () => {})
    const text =
      index % 2 === 0
        ? 'POST /api/publish HTTP/1.1\r\nHost: te'
        : post(['Content-Length: 500'], '{')
    await new Promise((written) => socket.write(bytes(text), written))
  }
  expect(await said(healthy)).toBe('200')
  await town.house.unharmed()
  for (const socket of sockets) socket.resetAndDestroy()
  expect(await said(healthy)).toBe('200')
})

test('nobody beside was harmed, and memory did not grow with what was refused', async () => {
  await town.house.unharmed()
  expect((await town.house.memory()) - before).toBeLessThan(250_000_000)
})
