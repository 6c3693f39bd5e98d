import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { start, type Fixture, type TestClient } from '../fixture.ts'
import { violations } from '../guards/violations.ts'
import { exchange, frame, op } from './raw.ts'

const ping = '{"command":"Ping"}'
const pong = '{"type":"Pong"}'
let server: Fixture
let bystander: TestClient
let path: string

beforeAll(async () => {
  server = await start()
  path = `/jive/ws?token=${await server.token('mallory', { families: ['f1'] })}`
  bystander = await server.connect(`/jive/ws?token=${await server.token('alice')}`)
  await bystander.next()
})
afterAll(() => server.stop())

/** What comes back after Connected; a Pong ends the exchange where nothing closes it. */
async function answers(...bytes: readonly Uint8Array[]): Promise<string[]> {
  const [connected, ...rest] = await exchange(server.url, path, bytes, (one) => one === pong)
  expect(connected).toContain('"Connected"')
  return rest
}

async function bystanderGoesOn(): Promise<void> {
  expect(await bystander.upTo({ command: 'Ping' }, ({ type }) => type === 'Pong')).toEqual([])
  expect(server.logged.filter((line) => line.includes('"level":"error"'))).toEqual([])
}

describe('ends one connection alone, with the code of its fault (RFC 6455, X: close codes):', () => {
  const cases = violations(ping, 1_048_576)
  test.each(cases.map((one) => [one.what, one] as const))('%s', async (_, { bytes, code }) => {
    expect((await answers(...bytes)).at(-1)).toBe(`close:${code}`)
    await bystanderGoesOn()
  })
})

const request = (params: string) =>
  `{"command":"Request","data":{"resource":"history","params":${params}}}`

const refusals: readonly [what: string, text: string, code: string][] = [
  ['nothing', '', 'BAD_FRAME'],
  ['null', 'null', 'BAD_FRAME'],
  ['a byte order mark', `\ufeff${ping}`, 'BAD_FRAME'],
  ['a command inherited through __proto__', `{"__proto__":${ping}}`, 'BAD_FRAME'],
  ['the command __proto__', '{"command":"__proto__"}', 'UNKNOWN_COMMAND'],
  ['the command constructor', '{"command":"constructor"}', 'UNKNOWN_COMMAND'],
  ['half a surrogate', '{"command":"\\ud800\\u2028\\u0000"}', 'UNKNOWN_COMMAND'],
  ['a limit of 1e400', request('{"topic":"family:f1","limit":1e400}'), 'INVALID_PARAMS'],
  ['a position of 1e400', request('{"topic":"family:f1","after":1e400}'), 'INVALID_PARAMS'],
  ['params through __proto__', request('{"__proto__":{"topic":"family:f1"}}'), 'INVALID_PARAMS'],
  [
    'the resource __proto__',
    '{"command":"Request","data":{"resource":"__proto__"}}',
    'UNKNOWN_RESOURCE',
  ],
  [
    'the dialect of a topic',
    '{"command":"Subscribe","data":{"topic":"family:f1#ids"}}',
    'INVALID_TOPIC',
  ],
  [
    'a topic with a line end',
    '{"command":"Subscribe","data":{"topic":"family:f1\\n"}}',
    'INVALID_TOPIC',
  ],
  ['a topic in a list', '{"command":"Subscribe","data":{"topic":["family:f1"]}}', 'INVALID_TOPIC'],
]

describe('is refused with a code of the table, and the connection goes on:', () => {
  test.each(refusals)('%s', async (_, text, code) => {
    const [refusal, ...rest] = await answers(frame(op.text, text), frame(op.text, ping))
    expect(JSON.parse(refusal ?? '')).toMatchObject({ type: 'Error', data: { code } })
    expect(rest).toEqual([pong])
    await bystanderGoesOn()
  })
})

test('a message in fragments with a ping in between is one message, since that is allowed', async () => {
  const parts = [
    frame(op.text, '{"comm', { fin: false }),
    frame(op.ping, 'alive?'),
    frame(op.more, 'and":', { fin: false }),
    frame(op.more, '"Ping"}'),
  ]
  expect(await answers(...parts)).toEqual(['pong:alive?', pong])
})

test('a frame of exactly a megabyte passes, since that is the limit (J21)', async () => {
  const head = '{"command":"Ping","data":"'
  const text = `${head}${'x'.repeat(1_048_576 - head.length - 2)}"}`
  expect(await answers(frame(op.text, text))).toEqual([pong])
})
