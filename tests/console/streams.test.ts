import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import type { Overview } from '../../src/pages/console/api.ts'
import { calm, echo } from '../echo.ts'
import { serverKey, start, type Fixture } from '../fixture.ts'
import { asked, listen, login } from './visitor.ts'

const plug = echo(calm)

async function opened(server: Fixture): Promise<string> {
  return (await login(server, { key: serverKey })).token
}

test('the overview comes at once and then once a second, with the rates of that second', async () => {
  await using server = await start({ systems: ['crash', 'jive', 'pledge'] })
  const token = await opened(server)
  const ann = await server.connect(`/jive/ws?token=${await server.token('ann')}`)
  await ann.next()
  await using stream = await listen(server, '/api/console/overview', token)
  const first: Overview = await stream.next('overview')
  expect(first).toMatchObject({
    at: server.clock.now(),
    connections: { jive: 1, crash: 0, pledge: 0 },
    rates: null,
    publish: { count: 0, p50: null, p99: null },
    loopLag: null,
    cpu: null,
    upstream: { up: false, ages: {} },
    crash: { players: 0, staked: 0, exposure: 0, currency: 'USD', decimals: 2 },
    watchers: 1,
  })
  expect(first.checks.find(({ name }) => name === 'store')).toEqual({
    ...{ name: 'store', state: 'ok', fails: false },
  })
  expect(first.rssBytes).toBeGreaterThan(10_000_000)
  await server.publish('jive/user:ann', 'Notification', { level: 'info', title: 'a', message: 'b' })
  await ann.next()
  server.clock.advance(1_000)
  const second: Overview = await stream.next('overview')
  expect(second.rates).toMatchObject({ framesIn: 0 })
  expect(second.rates!.published).toBeGreaterThanOrEqual(1)
  expect(second.rates!.delivered).toBeGreaterThanOrEqual(1)
  expect(second.publish.count).toBe(1)
  expect(second.publish.p99).toBeGreaterThanOrEqual(0)
  expect(second.store.commit.count).toBeGreaterThanOrEqual(1)
  expect(second.loopLag).toBe(0)
})

test('of a round in flight nobody is told where it crashes', async () => {
  const crash = { betting: 1_000, waiting: 1_000, max_multiplier: '1.50' }
  await using server = await start({ systems: ['crash'], crash })
  const token = await opened(server)
  await using stream = await listen(server, '/api/console/overview', token)
  const phases = new Set<string>()
  for (let seconds = 0; seconds < 60 && phases.size < 3; seconds++) {
    server.clock.advance(200)
    await Bun.sleep(5)
    const told = (await asked(server, '/api/console/crash', token)) as object
    const { glance } = told as { glance: { phase: string; multiplier: number } }
    phases.add(glance.phase)
    expect(JSON.stringify(told)).not.toMatch(/hash|crash_?point|"crash"/i)
  }
  expect([...phases].sort()).toEqual(['betting', 'flying', 'waiting'])
  expect(stream.ended).toBe(false)
})

test('nothing is watched before somebody looks and after the last one has left', async () => {
  await using server = await start({}, { plug })
  const token = await opened(server)
  const { isWatching } = await import('../../src/core/watch.ts')
  let shown = 0
  const { hub } = server.host
  const watch = hub.watch
  const client = await server.connect('/echo/ws?sub=room:a&user=u1')
  await client.next()
  expect(isWatching()).toBe(false)
  ;(hub as { watch: typeof watch }).watch = (watcher) => {
    shown++
    const stop = watch(watcher)
    return () => {
      shown--
      stop()
    }
  }
  const first = await listen(server, '/api/console/live?system=echo&user=u1', token)
  const second = await listen(server, '/api/console/live?system=echo&user=u1', token)
  const overview = await listen(server, '/api/console/overview', token)
  await overview.next('overview')
  expect([isWatching(), shown]).toEqual([true, 1])
  client.send({ i: '1', c: 'Echo', d: 'one' })
  for (const stream of [first, second])
    expect(await stream.next('frame')).toMatchObject({
      direction: 'in',
      text: '{"i":"1","c":"Echo","d":"one"}',
    })
  await first.leave()
  await overview.leave()
  await server.settled(() => shown === 0)
  client.send({ i: '2', c: 'Echo', d: 'two' })
  expect((await second.next('frame')).direction).toBe('out')
  expect((await second.next('frame')).text).toContain('two')
  await second.leave()
  await server.settled(() => !isWatching())
})

test('fifty look at a time, the next one has to wait until one has left', async () => {
  await using server = await start({}, { plug })
  const token = await opened(server)
  const streams = []
  for (let count = 0; count < 50; count++) {
    streams.push(await listen(server, '/api/console/live?system=echo', token))
  }
  const another = await server.fetch('/api/console/logs', { token })
  expect([another.status, ((await another.json()) as any).code]).toEqual([
    429,
    'TOO_MANY_CONNECTIONS',
  ])
  await streams[0]!.leave()
  for (;;) {
    const last = await server.fetch('/api/console/logs', { token })
    await last.body!.cancel()
    if (last.status === 200) break
    expect(last.status).toBe(429)
  }
  for (const stream of streams) await stream.leave()
})

test('asking with HEAD opens no stream, so that nobody can use them up unseen', async () => {
  await using server = await start({}, { plug })
  const token = await opened(server)
  for (let count = 0; count < 60; count++) {
    const answer = await server.fetch('/api/console/logs', { method: 'HEAD', token })
    expect(answer.status).toBe(200)
  }
  await using _ = await listen(server, '/api/console/logs', token)
})

test('a reader that does not keep up is cut, and the others go on', async () => {
  await using server = await start({}, { plug })
  const token = await opened(server)
  const { hostname, port } = new URL(server.url)
  const slow = connect(Number(port), hostname)
  let closed = false
  slow.on('error', () => {}).on('close', () => (closed = true))
  slow.write(
    `GET /api/console/live?system=echo HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  )
  await new Promise((resolve) => slow.once('data', resolve))
  slow.pause()
  const { isWatching } = await import('../../src/core/watch.ts')
  await using good = await listen(server, '/api/console/live?channel=echo/room:z', token)
  const body = JSON.stringify('x'.repeat(4_000))
  const channels = server.host.hub.channels('echo')
  const streams = async () => {
    await using stream = await listen(server, '/api/console/overview', token)
    return (await stream.next('overview')).watchers as number
  }
  expect(await streams()).toBe(3)
  for (let second = 0; second < 400 && (await streams()) === 3; second++) {
    for (let count = 0; count < 200; count++) channels.publish('room:a', 'Said', body)
    server.clock.advance(1_000)
    await Bun.sleep(1)
  }
  expect(await streams()).toBe(2)
  channels.publish('room:z', 'Said', '"still here"')
  expect((await good.next('message')).text).toBe('"still here"')
  slow.resume()
  await server.settled(() => closed)
  expect(isWatching()).toBe(false)
})

test('a stream that has nothing to say gives signs of life, since a listener ends what is silent', async () => {
  await using server = await start({}, { plug })
  const token = await opened(server)
  const answer = await server.fetch('/api/console/live?system=echo', { token })
  const reader = answer.body!.getReader()
  const text = async () => new TextDecoder().decode((await reader.read()).value)
  expect(await text()).toBe(': open\n\n')
  for (let second = 0; second < 10; second++) server.clock.advance(1_000)
  expect(await text()).toBe(': alive\n\n')
  await reader.cancel()
})

test('a server that stops ends the streams before it waits for them', async () => {
  const server = await start({}, { plug })
  await using _ = server
  const stream = await listen(server, '/api/console/logs', await opened(server))
  await stream.next('line')
  await server.stop()
  await server.settled(() => stream.ended)
})

test('the log tells the lines that are kept, then those that come, from a level on', async () => {
  await using server = await start({}, { plug })
  const token = await opened(server)
  const { log } = server.host
  log.warn('before', { a: 1, none: undefined })
  await using all = await listen(server, '/api/console/logs', token)
  await using bad = await listen(server, '/api/console/logs?level=warn', token)
  expect(await bad.next('line')).toEqual({
    at: server.clock.now(),
    level: 'warn',
    event: 'before',
    fields: { a: 1 },
  })
  log.info('after')
  log.error('broken', new TypeError('why'), { system: 'echo' })
  expect(await bad.next('line')).toMatchObject({
    level: 'error',
    event: 'broken',
    error: 'TypeError: why',
    stack: expect.stringContaining('streams.test'),
  })
  await server.settled(() => all.events.some(({ data }) => data.event === 'broken'))
  expect(all.events.map(({ data }) => data.event)).toContain('after')
})

test('of the log the last 1,000 lines are kept, oldest first', async () => {
  await using server = await start({}, { plug })
  const { log } = server.host
  for (let count = 0; count < 1_500; count++) log.debug(`line ${count}`)
  const kept = log.tail.last()
  expect(kept).toHaveLength(1_000)
  expect([kept[0]!.event, kept.at(-1)!.event]).toEqual(['line 500', 'line 1499'])
})
