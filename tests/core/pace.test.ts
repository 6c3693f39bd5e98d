import { expect, test } from 'bun:test'
import type { Connection } from '../../src/core/connection.ts'
import type { Plug } from '../../src/systems.ts'
import { calm, echo } from '../echo.ts'
import { start, type Fixture } from '../fixture.ts'
import { frame, op, stand } from '../hostile/raw.ts'

/** The test system, where everybody follows room:a. */
const plug: Plug = (host, thread, config) => {
  const channels = host.hub.channels('echo')
  return echo(calm)(host, thread, config).map((system) => ({
    ...system,
    opened: (connection: Connection) => channels.follow(connection, 'room:a'),
  }))
}

function say(server: Fixture, n: number): void {
  server.host.hub.channels('echo').replace('room:a', 'Said', String(n))
}

/** Each second every connection is looked at once. */
async function seconds(server: Fixture, count: number, ready: () => boolean): Promise<void> {
  for (let second = 0; second < count; second++) server.clock.advance(1_000)
  await server.settled(ready)
}

const pong = frame(op.pong)
const text = (n: number) => `{"t":"Said","d":${n}}`

test('who comes later is told the newest at once, and then what happens', async () => {
  await using server = await start({}, { plug })
  const early = await server.connect('/echo/ws')
  await server.settled(() => server.listeners('echo/room:a') === 1)
  say(server, 1)
  say(server, 2)
  server.clock.advance(50)
  expect([await early.text(), await early.text()]).toEqual([text(1), text(2)])
  const late = await server.connect('/echo/ws')
  expect(await late.text()).toBe(text(2))
  server.clock.advance(50)
  say(server, 3)
  expect([await early.text(), await late.text()]).toEqual([text(3), text(3)])
})

test('who has nobody before it is told nothing, since a value is never invented (P10)', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws')
  expect(await client.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([])
})

test('who does not read is told nothing more after two seconds, and the newest alone once it reads', async () => {
  await using server = await start({}, { plug })
  const swift = await server.connect('/echo/ws')
  const slow = await stand(server.url, '/echo/ws')
  await server.settled(() => server.listeners('echo/room:a') === 2)
  say(server, 1)
  expect(await swift.text()).toBe(text(1))
  // The ping goes out, and nobody says that it was read.
  await seconds(server, 3, () => slow.frames().includes('ping:'))
  server.clock.advance(2_000)
  for (const n of [2, 3, 4]) {
    say(server, n)
    expect(await swift.text()).toBe(text(n))
    server.clock.advance(50)
  }
  slow.send(pong)
  await server.settled(() => slow.frames().includes(text(4)))
  say(server, 5)
  await server.settled(() => slow.frames().includes(text(5)))
  expect(slow.frames().filter((one) => !one.startsWith('ping:'))).toEqual([1, 4, 5].map(text))
  slow.end()
})

test('who was late and has missed nothing is told nothing twice', async () => {
  await using server = await start({}, { plug })
  const slow = await stand(server.url, '/echo/ws')
  await server.settled(() => server.listeners('echo/room:a') === 1)
  say(server, 1)
  await seconds(server, 6, () => slow.frames().includes('ping:'))
  slow.send(pong)
  slow.send(frame(op.text, '{"i":"x","c":"Echo"}'))
  await server.settled(() => slow.frames().some((one) => one.includes('"i":"x"')))
  say(server, 2)
  await server.settled(() => slow.frames().includes(text(2)))
  expect(slow.frames().filter((one) => one.startsWith('{"t"'))).toEqual([1, 2].map(text))
  slow.end()
})

test('who answers pings in time misses nothing, for as long as it goes on', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws')
  await server.settled(() => server.listeners('echo/room:a') === 1)
  for (let n = 0; n < 40; n++) {
    say(server, n)
    expect(await client.text()).toBe(text(n))
    server.clock.advance(500)
    // Its pong has arrived before the next look.
    await client.upTo({ i: String(n), c: 'Echo' }, ({ i }) => i === String(n))
  }
})

test('a ping waits a second for a message to leave with, which spares a write for each reader', async () => {
  await using server = await start({}, { plug })
  const client = await stand(server.url, '/echo/ws')
  const heard = async (id: string) => {
    client.send(frame(op.text, JSON.stringify({ i: id, c: 'Echo' })))
    await server.settled(() => client.frames().some((one) => one.includes(`"i":"${id}"`)))
    return client.frames().filter((one) => !one.includes('"i":'))
  }
  await server.settled(() => server.listeners('echo/room:a') === 1)
  say(server, 1)
  server.clock.advance(2_000)
  expect(await heard('x')).toEqual([text(1)])
  say(server, 2)
  expect(await heard('y')).toEqual([text(1), text(2), 'ping:'])
  client.send(pong)
  // Nothing is told meanwhile, and so the next ping comes alone, a look after it was due.
  expect(await heard('z')).toHaveLength(3)
  await seconds(server, 4, () => client.frames().filter((one) => one === 'ping:').length === 2)
  expect(await heard('end')).toEqual([text(1), text(2), 'ping:', 'ping:'])
  client.end()
})

test('a pong nobody asked for changes nothing', async () => {
  await using server = await start({}, { plug })
  const client = await stand(server.url, '/echo/ws')
  await server.settled(() => server.listeners('echo/room:a') === 1)
  say(server, 1)
  for (let n = 0; n < 5; n++) client.send(pong)
  client.send(frame(op.text, '{"i":"x","c":"Echo"}'))
  await server.settled(() => client.frames().some((one) => one.includes('"i":"x"')))
  expect(client.frames().filter((one) => one.startsWith('{"t"'))).toEqual([text(1)])
  client.end()
})

test('a channel that was left is not told again when its reader has caught up', async () => {
  await using server = await start({}, { plug })
  const slow = await stand(server.url, '/echo/ws')
  await server.settled(() => server.listeners('echo/room:a') === 1)
  say(server, 1)
  await seconds(server, 5, () => slow.frames().includes('ping:'))
  slow.send(frame(op.text, '{"i":"x","c":"Unsubscribe","d":{"name":"room:a"}}'))
  await server.settled(() => server.listeners('echo/room:a') === 0)
  slow.send(pong)
  slow.send(frame(op.text, '{"i":"y","c":"Echo"}'))
  await server.settled(() => slow.frames().some((one) => one.includes('"i":"y"')))
  expect(slow.frames().filter((one) => one.startsWith('{"t"'))).toEqual([text(1)])
  slow.end()
})

test('what is told and not remembered drives the pings too: who does not read leaves, and gets nothing old (K15)', async () => {
  await using server = await start({}, { plug })
  const tick = (n: number) => server.host.hub.channels('echo').publish('room:a', 'Said', String(n))
  const swift = await server.connect('/echo/ws')
  const slow = await stand(server.url, '/echo/ws')
  await server.settled(() => server.listeners('echo/room:a') === 2)
  tick(1)
  server.clock.advance(2_000)
  tick(2)
  await server.settled(() => slow.frames().includes('ping:'))
  // Its ping has left with the tick and no look has come since.
  expect(slow.frames()).toEqual([text(1), text(2), 'ping:'])
  expect([await swift.text(), await swift.text()]).toEqual([text(1), text(2)])
  server.clock.advance(3_000)
  for (const n of [3, 4]) {
    tick(n)
    expect(await swift.text()).toBe(text(n))
  }
  slow.send(pong)
  slow.send(frame(op.text, '{"i":"x","c":"Echo"}'))
  await server.settled(() => slow.frames().some((one) => one.includes('"i":"x"')))
  tick(5)
  await server.settled(() => slow.frames().includes(text(5)))
  expect(slow.frames().filter((one) => one.startsWith('{"t"'))).toEqual([1, 2, 5].map(text))
  slow.end()
})

test('who has left the last channel it followed is pinged no more, and follows again as at first', async () => {
  await using server = await start({}, { plug })
  const client = await stand(server.url, '/echo/ws')
  const heard = async (id: string, asked: object = { c: 'Echo' }) => {
    client.send(frame(op.text, JSON.stringify({ i: id, ...asked })))
    await server.settled(() => client.frames().some((one) => one.includes(`"i":"${id}"`)))
    return client.frames().filter((one) => !one.includes('"i":'))
  }
  await server.settled(() => server.listeners('echo/room:a') === 1)
  say(server, 1)
  const [connection] = server.host.hub.open.get('echo/room:a')!.members
  await heard('left', { c: 'Unsubscribe', d: { name: 'room:a' } })
  server.clock.advance(20_000)
  say(server, 2)
  expect(await heard('silence')).toEqual([text(1)])
  server.host.hub.channels('echo').follow(connection!, 'room:a')
  server.clock.advance(50)
  say(server, 3)
  expect(await heard('again')).toEqual([text(1), text(2), text(3)])
  client.end()
})
