import { expect, test } from 'bun:test'
import { RequestError } from '../../src/client/error.ts'
import { readEvents } from '../../src/pages/console/events.ts'
import { figuresOf } from '../../src/pages/console/figures.ts'
import { newestVersion } from '../../src/pages/console/newest.ts'
import { troubleOf } from '../../src/pages/console/trouble.ts'

/** A channel whose messages up to a version are gone, and the questions that were asked of it. */
function channel(newest: number, gone = 0) {
  const asked: number[] = []
  return {
    asked,
    async get<Answer>(path: string): Promise<Answer> {
      const after = Number(new URL(path, 'http://x').searchParams.get('after'))
      asked.push(after)
      if (after < gone) throw new RequestError('HISTORY_GONE', 'gone')
      return { messages: after < newest ? [{ version: after + 1 }] : [], more: false } as Answer
    },
  }
}

test('the newest version of a channel is found in few questions, whatever is gone and whatever was known', async () => {
  for (const newest of [0, 1, 2, 3, 50, 1_000, 999_999]) {
    for (const known of [0, 1, newest, newest + 5]) {
      const server = channel(newest)
      expect([newest, known, await newestVersion(server, '/h', known)]).toEqual([
        newest,
        known,
        newest,
      ])
      expect(server.asked.length).toBeLessThan(60)
    }
    const rest = channel(newest, newest - 1)
    expect(await newestVersion(rest, '/h', 0)).toBe(newest)
  }
  const empty = channel(0)
  await newestVersion(empty, '/h', 0)
  expect(empty.asked).toEqual([0])
})

test('a refusal of a history goes on to whoever asked, so that nobody sees an empty channel for it', async () => {
  const server = {
    get: () => Promise.reject(new RequestError('NOT_FOUND', 'No such channel')),
  }
  await expect(newestVersion(server, '/h', 0)).rejects.toThrow('No such channel')
})

test('events are read whole wherever the network cuts them, in the middle of a letter too', async () => {
  const text = ': open\n\nevent: line\ndata: {"a":"日志"}\n\n: alive\n\nevent: closed\ndata: {}\n\n'
  const bytes = new TextEncoder().encode(text)
  for (const size of [1, 2, 3, 7, bytes.length]) {
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.slice(index * size, (index + 1) * size),
    )
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk)
        controller.close()
      },
    })
    const heard: unknown[] = []
    let alive = 0
    await readEvents(
      body,
      (name, data) => heard.push([name, data]),
      () => alive++,
    )
    expect(heard).toEqual([
      ['line', { a: '日志' }],
      ['closed', {}],
    ])
    expect(alive).toBe(chunks.length)
  }
})

test('a refusal names each field once, those that its message leaves out behind it', () => {
  const details = [
    { path: 'key', message: 'Expected text' },
    { path: 'once', message: 'Expected text' },
  ]
  const error = new RequestError('INVALID_REQUEST', 'key: Expected text', details)
  expect(troubleOf(error).text).toBe('INVALID_REQUEST: key: Expected text; once: Expected text')
})

test('figures have their units, and a dash says that nothing is known, not that it is nothing', () => {
  const figures = figuresOf('en')
  expect(figures.rate(0)).toBe('0/s')
  expect(figures.rate(null)).toBe('–')
  expect(figures.rate(2.345)).toBe('2.3/s')
  expect(figures.milliseconds(0.99)).toBe('0.99 ms')
  expect(figures.bytes(99_766_272)).toBe('95.1 MB')
  expect(figures.bytes(0)).toBe('0 B')
  expect(figures.percent(0.9712)).toBe('97.12 %')
  expect(figures.money(123_456, 2, 'USD')).toBe('1,234.56 USD')
  expect(figures.span(61_000)).toBe('1 min')
  expect(figuresOf('zh').span(61_000)).toBe('1分钟')
})
