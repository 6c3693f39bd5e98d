import { expect, test } from 'bun:test'
import { capped } from '../../src/console/live.ts'
import { shown } from '../../src/console/masking.ts'
import { quantilesOf } from '../../src/console/quantiles.ts'
import { createStreams } from '../../src/console/streams.ts'
import type { LiveConnection } from '../../src/core/connection.ts'
import { hashKey } from '../../src/core/keys.ts'
import { createMetrics } from '../../src/core/metrics.ts'
import { createPartings } from '../../src/core/partings.ts'
import { createRing } from '../../src/core/ring.ts'
import { createSessions } from '../../src/core/sessions.ts'
import { fakeClock } from '../clock.ts'

test('a ring keeps the newest, oldest first', () => {
  const ring = createRing<number>(3)
  expect([...ring]).toEqual([])
  for (let item = 1; item <= 3; item++) ring.push(item)
  expect([...ring]).toEqual([1, 2, 3])
  ring.push(4)
  ring.push(5)
  expect([[...ring], ring.total]).toEqual([[3, 4, 5], 5])
})

test('closed connections are known since the start, and once there were too many, since the oldest that is kept', () => {
  const clock = fakeClock(1_000)
  const partings = createPartings(clock, 2)
  const memberships = Array.from({ length: 10 }, (_, at) => ({ name: `echo/room:${at}` }))
  const leave = (id: string) => {
    const one = { id, protocol: { name: 'echo' }, user: 'u1', openedAt: 1_000, memberships }
    partings.note(one as unknown as LiveConnection, 1_000)
  }
  clock.advance(10)
  leave('a')
  leave('b')
  expect(partings.since()).toBe(1_000)
  clock.advance(10)
  leave('c')
  expect(partings.since()).toBe(1_010)
  const [first] = partings
  expect(first).toMatchObject({ id: 'b', system: 'echo', user: 'u1', closedAt: 1_010, code: 1_000 })
  expect(first!.channels).toHaveLength(8)
})

test('of a thousand sessions the oldest gives way to a new one', () => {
  const sessions = createSessions(fakeClock(0))
  const caller = { name: 'console:ops', scopes: ['read'] } as const
  const first = sessions.open(caller, null)
  const second = sessions.open(caller, null)
  for (let count = 0; count < 999; count++) sessions.open(caller, `key ${count}`)
  expect(sessions.find(hashKey(first.token))).toBeNull()
  expect(sessions.find(hashKey(second.token))).not.toBeNull()
})

test('who logs in again and again with one key ends the oldest sessions of that key, and nobody else is logged out', () => {
  const sessions = createSessions(fakeClock(0))
  const other = sessions.open({ name: 'console:ops', scopes: ['admin'] }, 'ops')
  const eyes = { name: 'console:eyes', scopes: ['read'] } as const
  const first = sessions.open(eyes, 'eyes')
  const second = sessions.open(eyes, 'eyes')
  for (let count = 0; count < 49; count++) sessions.open(eyes, 'eyes')
  expect(sessions.find(hashKey(first.token))).toBeNull()
  expect(sessions.find(hashKey(second.token))).not.toBeNull()
  for (let count = 0; count < 2_000; count++) sessions.open(eyes, 'eyes')
  expect(sessions.find(hashKey(other.token))).not.toBeNull()
})

test('metrics are read as numbers, too: series, what is collected, buckets', () => {
  const metrics = createMetrics()
  const counter = metrics.counter('frames_total', 'Frames', ['system'])
  counter('jive').inc(2)
  metrics.collect('now', 'gauge', 'Now', [], () => [[[], 7]])
  const seconds = metrics.histogram('took_seconds', 'Took', [0.1, 1])
  for (const value of [0.05, 0.5, 5]) seconds.observe(value)
  expect(metrics.read('frames_total')).toEqual([[['jive'], 2]])
  expect(metrics.read('now')).toEqual([[[], 7]])
  expect(metrics.read('took_seconds')).toEqual([
    [['0.1'], 1],
    [['1'], 2],
    [['+Inf'], 3],
  ])
  expect(metrics.read('nothing')).toEqual([])
})

test('quantiles are those between two readings, and beyond the last bucket the last bound', () => {
  const buckets = (...counts: number[]) =>
    ['0.001', '0.01', '+Inf'].map((bound, at) => [[bound], counts[at]!] as const)
  const none = buckets(5, 5, 5)
  expect(quantilesOf(none, none)).toEqual({ count: 0, p50: null, p99: null })
  expect(quantilesOf(none, buckets(105, 105, 105))).toEqual({ count: 100, p50: 0.5, p99: 0.99 })
  const { p50, p99 } = quantilesOf(none, buckets(55, 105, 105))
  expect(p50).toBe(1)
  expect(p99).toBeCloseTo(9.82, 9)
  expect(quantilesOf(none, buckets(5, 5, 15)).p99).toBe(10)
})

test.each([
  ['{"i":"1","t":"AUTH","p":{"token":"abc"}}', '{"i":"1","t":"AUTH","p":{"token":"***"}}'],
  ['{"accessToken" : "a\\"b","x":1}', '{"accessToken" : "***","x":1}'],
  ['{"api_key":"k","apiSecret":"s"}', '{"api_key":"***","apiSecret":"***"}'],
  ['Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln', 'Bearer ***'],
  ['"fk_0123456789abcdef0123" fs_0123456789abcdef0123', '"***" ***'],
  ['{"token":"cut off in the mid', '{"token":"***'],
  ['{"tokens":3,"title":"hello"}', '{"tokens":3,"title":"hello"}'],
  [
    String.raw`{"inner":"{\"token\":\"abc\"}","more":1}`,
    String.raw`{"inner":"{\"token\":\"***","more":1}`,
  ],
  ['{"url":"wss://h/ws?token=abc&after=1"}', '{"url":"wss://h/ws?token=***&after=1"}'],
])('in what is shown secrets are masked: %s', (frame, text) => {
  expect(shown(frame, 'jive').text).toBe(text)
})

test('the id of a listen channel is masked where there are such', () => {
  const frame = '{"channel":"AbCdEfGhIjKlMnOpQrSt12"}'
  expect(shown(frame, 'dcs').text).toBe('{"channel":"***"}')
  expect(shown(frame, 'jive').text).toBe(frame)
})

test('no part of a secret is shown where a long frame is cut, and no half character', () => {
  const long = `{"token":"${'s'.repeat(9_000)}"}`
  expect(shown(long, 'jive')).toEqual({ text: '{"token":"***', length: 9_012, cut: true })
  const late = `{"x":"${'x'.repeat(2_020)}","token":"secret"}`
  expect(shown(late, 'jive').text).not.toContain('secret')
  const wide = shown('😀'.repeat(5_000), 'jive')
  expect([wide.cut, wide.text.isWellFormed(), wide.text.length]).toEqual([true, true, 2_048])
  expect(shown(new TextEncoder().encode('{"a":1}'), 'jive')).toEqual({
    ...{ text: '{"a":1}', length: 7, cut: false },
  })
})

test('what is over the cap is counted and not even made, so that a flood of frames costs who looks nothing', () => {
  const clock = fakeClock(0)
  const sent: unknown[] = []
  const { tell, stop } = capped((_, data) => sent.push(data), clock)
  let made = 0
  for (let count = 0; count < 1_000; count++) tell('frame', () => ++made)
  expect([made, sent.length]).toEqual([200, 200])
  clock.advance(1_000)
  expect(sent.at(-1)).toEqual({ at: 1_000, count: 800 })
  stop()
})

test('who asks for streams at once, before one is read, gets no more than fifty of them', async () => {
  const streams = createStreams(fakeClock(0))
  const answers = Array.from({ length: 60 }, () =>
    streams.open(
      async () => {},
      () => () => {},
    ),
  )
  const readers = answers.map(({ body }) => body!.getReader())
  const first = await Promise.all(readers.map((reader) => reader.read()))
  expect(first.filter(({ done }) => done)).toHaveLength(10)
  expect(streams.size).toBe(50)
  streams.end()
  expect(streams.size).toBe(0)
})
