import { expect, test } from 'bun:test'
import { calm, echo } from '../echo.ts'
import { start, type Fixture } from '../fixture.ts'
import { frame, op, stand } from '../hostile/raw.ts'
import type { Plug } from '../../src/systems.ts'

/** The test system twice: the second one has something to end, which `end` ends. */
function two() {
  const ended = Promise.withResolvers<void>()
  const asked: number[] = []
  const plug: Plug = (...given) => {
    const [first] = echo(calm)(...given)
    const paths = { shared: ['/second/ws'], own: [] }
    const drain = (ms: number) => {
      asked.push(ms)
      return ended.promise
    }
    return [first!, { ...first!, name: 'second', paths, drain }]
  }
  return { plug, asked, end: ended.resolve, fail: ended.reject }
}

/** Lets the answers to the close frames have their time. */
async function ended(server: Fixture, stopping: Promise<void>): Promise<void> {
  let done = false
  void stopping.finally(() => (done = true))
  await server.settled(() => {
    server.clock.advance(100)
    return done
  })
  await stopping
}

test('connections of a system that has something to end stay until it has, and the others go at once', async () => {
  const { plug, asked, end } = two()
  await using server = await start({}, { plug })
  const [first, second] = [await server.connect('/echo/ws'), await server.connect('/second/ws')]
  const stopping = server.fanfare.stop()
  expect((await first.close()).code).toBe(1012)
  expect(asked).toEqual([10_000])
  server.clock.advance(9_000)
  expect(await second.next()).toEqual({ hello: true })
  second.send({ i: '1', c: 'Echo', d: 'still here' })
  expect(await second.next()).toEqual({ i: '1', r: 'still here' })
  expect(second.closed).toBeNull()
  end()
  expect((await second.close()).code).toBe(1012)
  await ended(server, stopping)
})

test('a system that does not come to an end has its connections closed when time is up', async () => {
  const { plug } = two()
  await using server = await start({}, { plug })
  const second = await server.connect('/second/ws')
  const stopping = server.fanfare.stop()
  server.clock.advance(9_499)
  expect(second.closed).toBeNull()
  server.clock.advance(1)
  expect((await second.close()).code).toBe(1012)
  await ended(server, stopping)
})

test('a system that fails to end is logged, and its connections go', async () => {
  const { plug, fail } = two()
  await using server = await start({}, { plug })
  const second = await server.connect('/second/ws')
  const stopping = server.fanfare.stop()
  fail(new Error('no end'))
  expect((await second.close()).code).toBe(1012)
  await ended(server, stopping)
  expect(server.logged.filter((line) => line.includes('no end'))).toHaveLength(1)
})

test('with nobody there the server stops without waiting for anything', async () => {
  await using server = await start({}, { plug: echo(calm) })
  await server.fanfare.stop()
})

test('who has not read everything keeps its connection until time is up, and nobody waits for it (promise 6)', async () => {
  await using server = await start({}, { plug: echo(calm) })
  const reader = await stand(server.url, '/echo/ws')
  const client = await server.connect('/echo/ws')
  const late = await stand(server.url, '/echo/ws')
  await server.settled(() => reader.frames().length + late.frames().length === 2)
  const stopping = server.fanfare.stop()
  server.clock.advance(5_000)
  expect((await client.close()).code).toBe(1012)
  await server.settled(() => reader.frames().includes('ping:bye'))
  reader.send(frame(op.pong, 'bye'))
  await server.settled(() => reader.frames().includes('close:1012'))
  server.clock.advance(4_400)
  expect(late.frames()).toEqual(['{"hello":true}', 'ping:bye'])
  server.clock.advance(100)
  await server.settled(() => late.frames().includes('close:1012'))
  await ended(server, stopping)
})

test('the answer to a command at work comes before the close, so that nobody has to guess what became of it (promise 6)', async () => {
  await using server = await start({}, { plug: echo(calm) })
  const [waiting, other] = [await server.connect('/echo/ws'), await server.connect('/echo/ws')]
  await other.next()
  waiting.send({ i: '1', c: 'Wait', d: { name: 'gate' } })
  waiting.send({ i: '2', c: 'Echo', d: 'behind it' })
  other.send({ i: '3', c: 'Echo', d: 'meanwhile' })
  await other.next()
  const stopping = server.fanfare.stop()
  await waiting.upTo({ i: '4', c: 'Echo', d: 'at last' }, ({ hello }) => hello)
  other.send({ i: '5', c: 'Free', d: { name: 'gate' } })
  for (const r of ['gate', 'behind it', 'at last'])
    expect(await waiting.next()).toMatchObject({ r })
  server.clock.advance(200)
  expect((await waiting.close()).code).toBe(1012)
  await ended(server, stopping)
})

test('a pong that nobody asked for ends nothing', async () => {
  await using server = await start({}, { plug: echo(calm) })
  const client = await stand(server.url, '/echo/ws')
  await server.settled(() => client.frames().length === 1)
  client.send(frame(op.pong, 'bye'))
  client.send(frame(op.text, '{"i":"1","c":"Echo","d":1}'))
  await server.settled(() => client.frames().length === 2)
  expect(client.frames()).toEqual(['{"hello":true}', '{"i":"1","r":1}'])
})
