import { expect, test } from 'bun:test'
import type { Heartbeat } from '../../src/core/protocol.ts'
import { echo } from '../echo.ts'
import { start } from '../fixture.ts'
import { openLine } from '../torture/load/line.ts'

const beating: Heartbeat = {
  timeout: 60_000,
  counts: 'any',
  ping: { interval: 30_000, send: (connection) => connection.send('{"ping":1}') },
  farewell: '{"farewell":1}',
}

test('a silent client is pinged and then closed within the timeout plus 5 s (promise 8)', async () => {
  await using server = await start({}, { plug: echo(beating) })
  const client = await server.connect('/echo/ws')
  await client.next()
  server.clock.advance(29_000)
  expect(client.frames).toEqual([])
  server.clock.advance(2_000)
  expect(await client.next()).toEqual({ ping: 1 })
  server.clock.advance(34_000)
  expect(await client.next()).toEqual({ farewell: 1 })
  expect(await client.close()).toEqual({ code: 4408, reason: 'heartbeat timeout' })
})

test('any frame keeps a client, also on a busy channel: what we send does not count', async () => {
  await using server = await start({}, { plug: echo({ ...beating, timeout: 40_000 }) })
  const [talker, mute] = [
    await server.connect('/echo/ws?sub=room:a'),
    await server.connect('/echo/ws?sub=room:a'),
  ]
  await talker.next()
  await mute.next()
  for (let n = 0; n < 6; n++) {
    server.clock.advance(10_000)
    talker.send({ i: 'alive', c: 'Echo' })
    await talker.until(() => talker.frames.some((frame) => frame.includes('alive')), 'answer')
    talker.frames.length = 0
    await server.publish('echo/room:a', 'Said', { n })
  }
  expect((await mute.close()).code).toBe(4408)
  expect(talker.closed).toBeNull()
})

test('a clock jump closes nobody, since silence is measured on the monotonic clock (promise 9)', async () => {
  await using server = await start({}, { plug: echo(beating) })
  const client = await server.connect('/echo/ws')
  await client.next()
  server.clock.jump(86_400_000)
  server.clock.advance(1_000)
  client.send({ i: '1', c: 'Echo' })
  expect(await client.next()).toEqual({ i: '1', r: null })
})

test('a connection ends when its token does, also when a later one was given in a frame', async () => {
  await using server = await start({}, { plug: echo(beating) })
  const expires = server.clock.now() + 5_000
  const [short, longer] = [
    await server.connect(`/echo/ws?expires=${expires}`),
    await server.connect(`/echo/ws?expires=${expires}`),
  ]
  await short.next()
  await longer.next()
  longer.send({ i: '1', c: 'Identify', d: { user: 'u', expiresAt: expires + 10_000 } })
  await longer.next()
  server.clock.advance(7_000)
  expect((await short.close()).code).toBe(4401)
  expect(longer.closed).toBeNull()
  server.clock.advance(10_000)
  expect((await longer.close()).code).toBe(4401)
})

test('a reader that stops reading is closed as too slow, with what it was sent, and others go on', async () => {
  await using server = await start({ limits: { max_backlog: 1_048_576 } }, { plug: echo(beating) })
  const reader = await server.connect('/echo/ws?sub=room:a')
  await reader.next()
  const slow = await openLine(`${server.url}/echo/ws?sub=room:a`)
  await server.settled(() => server.listeners('echo/room:a') === 2)
  slow.pause()
  const channels = server.host.hub.channels('echo')
  const body = JSON.stringify('x'.repeat(100_000))
  for (let n = 0; server.listeners('echo/room:a') === 2 && n < 200; n++) {
    channels.publish('room:a', 'Said', body)
    server.clock.advance(1_000)
    reader.send({ c: 'Echo', i: 'alive' })
    await reader.until(() => reader.frames.some((frame) => frame.includes('alive')), 'answer')
    reader.frames.length = 0
  }
  expect(server.listeners('echo/room:a')).toBe(1)
  expect(server.logged.some((line) => line.includes('"reason":"overloaded"'))).toBe(true)
  slow.resume()
  expect(await slow.ended).toBe(1013)
  expect(reader.closed).toBeNull()
})
