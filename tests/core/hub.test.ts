import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { newWalk, walk } from '../../src/bench/frames.ts'
import { calm, echo } from '../echo.ts'
import { start, type Fixture } from '../fixture.ts'

const plug = echo(calm)

function channelsOf(server: Fixture) {
  return server.host.hub.channels('echo')
}

test('a message reaches those who listen and nobody else', async () => {
  await using server = await start({}, { plug })
  const inside = await server.connect('/echo/ws?sub=room:a')
  const outside = await server.connect('/echo/ws?sub=room:b')
  await inside.next()
  await outside.next()
  expect(await server.publish('echo/room:a', 'Said', { n: 1 })).toMatchObject({
    version: 1,
    recipients: 1,
  })
  expect(await inside.next()).toEqual({ t: 'Said', d: { n: 1 } })
  expect(await outside.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([])
})

test('after an unsubscribe nothing comes, and subscribing twice brings a message once', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws?sub=room:a')
  await client.next()
  client.send({ c: 'Subscribe', d: { name: 'room:a' } })
  await client.next()
  await server.publish('echo/room:a', 'Said', { n: 1 })
  expect(await client.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([
    { t: 'Said', d: { n: 1 } },
  ])
  client.send({ c: 'Unsubscribe', d: { name: 'room:a' } })
  await client.next()
  expect(await server.publish('echo/room:a', 'Said', { n: 2 })).toMatchObject({ recipients: 0 })
  expect(await client.upTo({ i: 'y', c: 'Echo' }, ({ i }) => i === 'y')).toEqual([])
})

test('who left while it was looked up whether it may listen is in no channel, or it would stay there for ever', async () => {
  await using server = await start({}, { plug })
  const { hub } = server.host
  const client = await server.connect('/echo/ws?sub=room:a')
  await client.next()
  const [connection] = hub.open.get('echo/room:a')!.members
  client.socket.close()
  await server.settled(() => hub.open.size === 0)
  channelsOf(server).subscribe(connection!, 'room:b')
  const past = { first: () => Promise.reject(new Error('not asked')), gone() {} }
  await channelsOf(server).join(connection!, ['room:b'], past)
  expect([...hub.open.keys()]).toEqual([])
})

test('a connection listens to so many channels and no more', async () => {
  await using server = await start({ limits: { subscriptions: 2 } }, { plug })
  const client = await server.connect('/echo/ws?sub=room:a,room:b')
  await client.next()
  client.send({ i: '1', c: 'Subscribe', d: { name: 'room:c' } })
  expect(await client.next()).toMatchObject({
    error: 'TOO_MANY_SUBSCRIPTIONS',
    details: { limit: 2 },
  })
  client.send({ i: '2', c: 'Subscribe', d: { name: 'room:a' } })
  expect(await client.next()).toEqual({ i: '2', r: 'ok' })
})

test('one record in several channels reaches each connection once, with a version in each channel (J11)', async () => {
  await using server = await start({}, { plug })
  const both = await server.connect('/echo/ws?sub=room:a,room:b,room:c')
  const first = await server.connect('/echo/ws?sub=room:a')
  const second = await server.connect('/echo/ws?sub=room:b')
  const more = await server.connect('/echo/ws?sub=room:b')
  const clients = [both, first, second, more]
  for (const client of clients) await client.next()
  await channelsOf(server).record(['room:b'], 'Said', '0')
  await channelsOf(server).record(['room:a', 'room:b', 'room:c'], 'Said', '1')
  const got = await Promise.all(
    clients.map((client) => client.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')),
  )
  expect(got.map((frames) => frames.map(({ d }) => d))).toEqual([[0, 1], [1], [0, 1], [0, 1]])
  const versions = await Promise.all(
    ['room:a', 'room:b'].map(
      async (name) => (await channelsOf(server).since(name, 0, 10)).messages,
    ),
  )
  expect(versions.map((messages) => messages.map(({ version, body }) => [version, body]))).toEqual([
    [[1, '1']],
    [
      [1, '0'],
      [2, '1'],
    ],
  ])
  expect(versions[0]?.[0]?.id).toBe(versions[1]?.[1]?.id as string)
})

test('closing a channel or a user ends those connections and no others', async () => {
  await using server = await start({}, { plug })
  const a = await server.connect('/echo/ws?sub=room:a&user=u')
  const b = await server.connect('/echo/ws?sub=room:b&user=u')
  const c = await server.connect('/echo/ws?sub=room:b&user=v')
  for (const client of [a, b, c]) await client.next()
  channelsOf(server).close('room:a', 'gone')
  expect((await a.close()).code).toBe(4404)
  channelsOf(server).closeUser('u', 'forbidden')
  expect((await b.close()).code).toBe(4403)
  expect(await c.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([])
})

test('records of one channel are told in version order, whoever records them at once', async () => {
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws?sub=room:a&after=0')
  await client.next()
  const records = Array.from({ length: 300 }, (_, n) =>
    n % 3 === 0
      ? channelsOf(server).record(['room:b', 'room:a'], 'Said', String(n))
      : channelsOf(server).record(['room:a'], 'Said', String(n)),
  )
  await Promise.all(records)
  const frames = []
  for (let n = 0; n < 300; n++) frames.push(await client.next())
  const ids = frames.map(({ id }) => Number(id))
  expect(ids).toEqual([...ids].sort((x, y) => x - y))
  expect(new Set(frames.map(({ d }) => d)).size).toBe(300)
})

test('replay meets live without a gap or a double, wherever a client was cut (promise 3)', async () => {
  await using server = await start({}, { plug })
  let recorded = 0
  const ids: string[] = []
  const record = async () => {
    const n = recorded++
    const names = n % 4 === 0 ? (['room:a', 'room:b'] as const) : (['room:a'] as const)
    const { results } = await channelsOf(server).record(names, 'Said', String(n))
    ids[n] = results[0]?.id ?? ''
  }
  for (let n = 0; n < 20; n++) await record()
  const cut = fc.record({
    from: fc.nat({ max: 19 }),
    before: fc.nat({ max: 8 }),
    during: fc.nat({ max: 30 }),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(cut, { minLength: 1, maxLength: 4 }), async (cuts) => {
      const clients = await Promise.all(
        cuts.map(async ({ from, before, during }) => {
          const writing = Array.from({ length: before }, record)
          const connecting = server.connect(`/echo/ws?sub=room:a,room:b&after=${ids[from]}`)
          writing.push(...Array.from({ length: during }, record))
          await Promise.all(writing)
          return { from, client: await connecting }
        }),
      )
      for (const { from, client } of clients) {
        const wanted = Array.from({ length: recorded - from - 1 }, (_, n) => from + 1 + n)
        const got = await client.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')
        const numbers = got.filter(({ d }) => d !== undefined).map(({ d }) => d)
        expect(numbers.sort((x, y) => x - y)).toEqual(wanted)
        client.socket.close()
        await client.close()
      }
    }),
    { numRuns: 25, seed: 20261120 },
  )
})

test('an id from the future brings only what is new, since nothing after it was missed', async () => {
  await using server = await start({}, { plug })
  await channelsOf(server).record(['room:a'], 'Said', '1')
  const client = await server.connect('/echo/ws?sub=room:a&after=999999')
  await client.next()
  await channelsOf(server).record(['room:a'], 'Said', '2')
  expect((await client.next()).d).toBe(2)
})

test('more than is held while a slow store looks up an id from the future is read once more', async () => {
  await using server = await start({}, { plug })
  const { store } = server.host
  const after = store.after
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  let asked = 0
  store.after = async (...question) => {
    const page = await after(...question)
    if (asked++ === 0) await gate
    return page
  }
  const client = await server.connect('/echo/ws?sub=room:a&after=999999')
  await server.settled(() => asked > 0)
  const one = () => channelsOf(server).record(['room:a'], 'Said', '1')
  await Promise.all(Array.from({ length: 1_500 }, one))
  release()
  for (let id = 1; id <= 1_500; id++) expect((await client.next()).id).toBe(String(id))
  expect(await client.next()).toEqual({ hello: true })
})

test('history that is no longer kept is told as gone, never as a silent gap', async () => {
  await using server = await start({}, { plug })
  await channelsOf(server).record(['room:a'], 'Said', '1')
  server.clock.advance(10_000)
  const { results } = await channelsOf(server).record(['room:a'], 'Said', '2')
  await server.host.store.prune(server.clock.now() - 5_000, server.clock.now())
  const late = await server.connect('/echo/ws?sub=room:a&after=0')
  expect(await late.next()).toEqual({ gone: true })
  expect((await late.next()).d).toBe(2)
  const fresh = await server.connect(`/echo/ws?sub=room:a&after=${results[0]?.id}`)
  expect(await fresh.next()).toEqual({ hello: true })
})

test('each gap of a long replay is told, since retention goes on while a reader catches up', async () => {
  await using server = await start({}, { plug })
  const { store } = server.host
  const record = () => channelsOf(server).record(['room:a'], 'Said', '1')
  const pruneAll = () => store.prune(server.clock.now() + 1, server.clock.now())
  await record()
  await pruneAll()
  for (let id = 2; id <= 300; id++) await record()
  const after = store.after
  let asked = 0
  store.after = async (...question) => {
    if (asked++ === 1) {
      await pruneAll()
      await record()
    }
    return after(...question)
  }
  const client = await server.connect('/echo/ws?sub=room:a&after=0')
  const got = await client.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')
  const told = got.map(({ id, gone }) => (gone ? 'gone' : id)).filter((one) => one !== undefined)
  const kept = Array.from({ length: 200 }, (_, n) => String(n + 2))
  expect(told).toEqual(['gone', ...kept, 'gone', '301'])
})

test('what was recorded is there after a restart, and versions go on', async () => {
  const first = await start({}, { plug })
  await first.publish('echo/room:a', 'Said', { n: 1 })
  await using second = await first.restart()
  const client = await second.connect('/echo/ws?sub=room:a&after=0')
  expect(await client.next()).toMatchObject({ d: { n: 1 } })
  expect(await second.publish('echo/room:a', 'Said', { n: 2 })).toMatchObject({ version: 2 })
})

test('a replay far larger than a backlog may be waits for its reader instead of cutting it', async () => {
  await using server = await start({ limits: { max_backlog: 262_144 } }, { plug })
  const body = JSON.stringify('x'.repeat(60_000))
  for (let n = 0; n < 200; n++) await channelsOf(server).record(['room:a'], 'Said', body)
  const client = await pausable(server.url, '/echo/ws?sub=room:a&after=0')
  const unread = () => {
    const [reader] = server.host.hub.open.get('echo/room:a')?.members ?? []
    return reader?.socket?.getBufferedAmount() ?? 0
  }
  await server.settled(() => unread() > 0)
  await channelsOf(server).record(['room:a'], 'Said', '1')
  server.clock.advance(5_000)
  client.socket.resume()
  await server.settled(() => client.ids.length >= 201)
  expect(client.ids).toEqual(Array.from({ length: 201 }, (_, n) => n + 1))
  client.socket.terminate()
})

test('a joining reader who stalls while more comes than is held misses nothing and gets nothing twice', async () => {
  await using server = await start({ limits: { max_backlog: 4_194_304 } }, { plug })
  const record = (count: number, length: number) => {
    const body = JSON.stringify('x'.repeat(length))
    const one = () => channelsOf(server).record(['room:a'], 'Said', body)
    return Promise.all(Array.from({ length: count }, one))
  }
  // One page that the kernel cannot swallow: the replay waits for the reader at its very end.
  await record(3, 2_000_000)
  const client = await pausable(server.url, '/echo/ws?sub=room:a&after=0')
  await server.settled(() => server.listeners('echo/room:a') === 1)
  for (let n = 0; n < 12; n++) await record(100, 10)
  client.socket.resume()
  await server.settled(() => client.ids.length >= 1_203)
  await record(1, 10)
  await server.settled(() => client.ids.length > 1_203)
  expect(client.ids).toEqual(Array.from({ length: 1_204 }, (_, n) => n + 1))
  client.socket.terminate()
})

test('a joining reader who stalls while too much comes that nobody keeps is closed, since it could not be told later', async () => {
  await using server = await start({ limits: { max_backlog: 4_194_304 } }, { plug })
  const body = JSON.stringify('x'.repeat(2_000_000))
  for (let n = 0; n < 3; n++) await channelsOf(server).record(['room:a'], 'Said', body)
  const client = await pausable(server.url, '/echo/ws?sub=room:a&after=0')
  await server.settled(() => server.listeners('echo/room:a') === 1)
  for (let n = 0; n < 1_000; n++) channelsOf(server).publish('room:a', 'Said', '1')
  expect(server.listeners('echo/room:a')).toBe(1)
  channelsOf(server).publish('room:a', 'Said', '1')
  expect(server.listeners('echo/room:a')).toBe(0)
  expect(server.logged.some((line) => line.includes('"reason":"overloaded"'))).toBe(true)
  client.socket.terminate()
})

/** A client that does not read after the handshake until it is told to; it notes the ids of the messages it gets. */
async function pausable(url: string, path: string) {
  const ids: number[] = []
  const { hostname, port } = new URL(url)
  const frames = newWalk()
  let upgraded = false
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(one, chunk) {
        if (!upgraded) one.pause()
        const from = upgraded ? 0 : chunk.indexOf('\r\n\r\n') + 4
        upgraded = true
        walk(frames, chunk.subarray(from), (_opcode, bytes, start) => {
          const [, id] =
            /^\{"id":"(\d+)"/.exec(Buffer.from(bytes.subarray(start, start + 40)).toString()) ?? []
          if (id !== undefined) ids.push(Number(id))
        })
      },
    },
  })
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: t\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  )
  return { socket, ids }
}
