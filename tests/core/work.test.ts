import { expect, test } from 'bun:test'
import type { Connection, LiveConnection } from '../../src/core/connection.ts'
import type { Plug } from '../../src/systems.ts'
import { calm, echo } from '../echo.ts'
import { start, type Fixture, type TestClient } from '../fixture.ts'

/** The test system with its connections at hand; where it is `slow`, opening never ends by itself. */
function watched({ slow = false } = {}) {
  const connections: LiveConnection[] = []
  const opens: (() => void)[] = []
  const plug: Plug = (host, thread, config) =>
    echo(calm)(host, thread, config).map((system) => ({
      ...system,
      async opened(connection: Connection) {
        connections.push(connection as LiveConnection)
        if (slow) await new Promise<void>((resolve) => opens.push(resolve))
        await system.opened?.(connection)
      },
    }))
  const waiting = () => connections.reduce((sum, one) => sum + (one.waiting?.frames.length ?? 0), 0)
  return { plug, waiting, open: () => opens.shift()?.() }
}

/** Waits in the test system's name and says whether the wait is over. */
function wait(server: Fixture, system = 'echo'): { over: boolean } {
  const waiting = { over: false }
  void server.host.settled(system, server.clock.elapsed()).then(() => (waiting.over = true))
  return waiting
}

async function connected(server: Fixture, count: number): Promise<TestClient[]> {
  const clients = []
  for (let n = 0; n < count; n++) clients.push(await server.connect('/echo/ws'))
  for (const client of clients) await client.next()
  return clients
}

/** Sends a frame that is answered at once, so that everything the server had to do before is done. */
async function round(client: TestClient): Promise<void> {
  expect(await client.upTo({ i: 'round', c: 'Echo' }, ({ i }) => i === 'round')).toEqual([])
}

function received(server: Fixture, command: string): number {
  const text = server.host.metrics.text()
  return Number(
    new RegExp(`frames_received_total\\{[^}]*"${command}"\\} (\\d+)`).exec(text)?.[1] ?? 0,
  )
}

const hold = (name: string) => ({ i: name, c: 'Wait', d: { name } })
const free = (name: string) => ({ c: 'Free', d: { name } })

test('with nothing at work a wait is over at once', async () => {
  const { plug } = watched()
  await using server = await start({}, { plug })
  await connected(server, 2)
  await server.host.settled('echo', server.clock.elapsed())
})

test('a wait ends with the last frame that came before its instant, and not with an earlier one', async () => {
  const { plug, waiting: unread } = watched()
  await using server = await start({}, { plug })
  const [one, two, other] = (await connected(server, 3)) as [TestClient, TestClient, TestClient]
  one.send(hold('a'))
  one.send(hold('b'))
  two.send(hold('c'))
  await server.settled(() => received(server, 'Wait') === 2 && unread() === 1)
  server.clock.advance(1)
  const waiting = wait(server)
  await round(other)
  expect(waiting.over).toBe(false)
  for (const [name, client] of [
    ['c', two],
    ['a', one],
  ] as const) {
    other.send(free(name))
    expect(await client.next()).toEqual({ i: name, r: name })
    await round(other)
    expect(waiting.over).toBe(false)
  }
  other.send(free('b'))
  await server.settled(() => waiting.over)
})

test('a frame that comes at the instant or later is not waited for, though it waits in the same turn', async () => {
  const { plug, waiting: unread } = watched()
  await using server = await start({}, { plug })
  const [one, other] = (await connected(server, 2)) as [TestClient, TestClient]
  one.send(hold('a'))
  await server.settled(() => received(server, 'Wait') === 1)
  server.clock.advance(1)
  one.send(hold('late'))
  other.send(hold('at once'))
  await server.settled(() => received(server, 'Wait') === 2 && unread() === 1)
  const waiting = wait(server)
  const [third] = (await connected(server, 1)) as [TestClient]
  await round(third)
  expect(waiting.over).toBe(false)
  third.send(free('a'))
  await server.settled(() => waiting.over)
  expect(received(server, 'Wait')).toBe(3)
})

test('another system’s frames are not waited for', async () => {
  const { plug } = watched()
  await using server = await start({}, { plug })
  const [one, other] = (await connected(server, 2)) as [TestClient, TestClient]
  one.send(hold('a'))
  await server.settled(() => received(server, 'Wait') === 1)
  server.clock.advance(1)
  const waiting = wait(server, 'elsewhere')
  await round(other)
  expect(waiting.over).toBe(true)
})

test('who leaves is waited for as long as its command runs, since that may still do something; its waiting frames are not', async () => {
  const { plug, waiting: unread } = watched()
  await using server = await start({}, { plug })
  const [one, other] = (await connected(server, 2)) as [TestClient, TestClient]
  one.send(hold('a'))
  one.send(hold('b'))
  await server.settled(() => received(server, 'Wait') === 1 && unread() === 1)
  server.clock.advance(1)
  const waiting = wait(server)
  one.socket.close()
  await one.close()
  await round(other)
  expect(waiting.over).toBe(false)
  other.send(free('a'))
  await server.settled(() => waiting.over)
  expect(received(server, 'Wait')).toBe(1)
})

test('a frame that waits until its connection has opened is waited for', async () => {
  const { plug, waiting: unread, open } = watched({ slow: true })
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws')
  client.send({ i: '1', c: 'Echo' })
  await server.settled(() => unread() === 1)
  server.clock.advance(1)
  const waiting = wait(server)
  await Bun.sleep(1)
  expect(waiting.over).toBe(false)
  open()
  await server.settled(() => waiting.over)
  expect([await client.next(), await client.next()]).toEqual([{ hello: true }, { i: '1', r: null }])
})

test('who leaves before it has opened is not waited for', async () => {
  const { plug, waiting: unread } = watched({ slow: true })
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws')
  client.send({ i: '1', c: 'Echo' })
  await server.settled(() => unread() === 1)
  server.clock.advance(1)
  const waiting = wait(server)
  client.socket.close()
  await server.settled(() => waiting.over)
  expect(received(server, 'Echo')).toBe(0)
})
