import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import type { Connection, LiveConnection } from '../../src/core/connection.ts'
import type { Heat } from '../../src/core/spread.ts'
import type { Plug } from '../../src/systems.ts'
import { calm, echo } from '../echo.ts'
import { start, type Fixture } from '../fixture.ts'
import { frame, op, stand, type Bystander } from '../hostile/raw.ts'

/** The test system, where opening only keeps the connection at hand, under its `?user=`; `?dialect=` is its dialect. */
function watched(opened: (host: Fixture['host'], connection: Connection) => unknown = () => {}) {
  const byUser = new Map<string, LiveConnection>()
  const plug: Plug = (host, thread, config) =>
    echo(calm)(host, thread, config).map((system) => ({
      ...system,
      async authenticate({ query }) {
        const [[user = ''], [dialect = '']] = [query('user'), query('dialect')]
        return { session: { user }, user, dialect }
      },
      async opened(connection: Connection) {
        byUser.set(connection.user ?? '', connection as LiveConnection)
        await opened(host, connection)
      },
    }))
  return { plug, byUser }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A socket, and what it has to be told in the end. */
interface Reader {
  readonly connection: LiveConnection
  readonly client: Bystander
  readonly ids: boolean
  readonly inside: Set<string>
  readonly wanted: string[]
}

const readers = 6
const rooms = ['room:hot', 'room:warm', 'room:cold', 'room:ice']
const reader = fc.nat({ max: readers - 1 })
const room = fc.nat({ max: rooms.length - 1 })

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('publish' as const), room }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('several' as const), room, other: room }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('send' as const), reader }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('ping' as const), reader }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('subscribe' as const), reader, room }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('follow' as const), reader, room }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unsubscribe' as const), reader, room }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), reader }) },
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

const twoListeners = {
  listen: [
    { host: '127.0.0.1', port: 0, systems: '*' as const },
    { host: '127.0.0.1', port: 0, systems: ['echo'] },
  ],
}

/** Connects half of the readers to each listener, a third of them with ids. */
async function connect(server: Fixture, byUser: Map<string, LiveConnection>, run: number) {
  const made: Reader[] = []
  const urls = server.fanfare.listeners.map(({ url }) => url.origin)
  for (let n = 0; n < readers; n++) {
    const user = `${run}-${n}`
    const ids = n % 3 === 0
    const client = await stand(
      urls[n % 2]!,
      `${n % 2 === 0 ? '/echo/ws' : '/ws'}?user=${user}${ids ? '&dialect=ids' : ''}`,
    )
    await server.settled(() => byUser.has(user))
    made.push({ connection: byUser.get(user)!, client, ids, inside: new Set(), wanted: [] })
  }
  return made
}

/** Carries out one step and notes who has to be told of it. */
async function take(server: Fixture, made: readonly Reader[], one: Step, n: number) {
  const { hub } = server.host
  const channels = hub.channels('echo')
  const tell = (names: readonly string[]) => {
    for (const { inside, wanted, ids } of made) {
      if (!names.some((name) => inside.has(name))) continue
      wanted.push(ids ? `{"id":"","t":"Said","v":null,"d":${n}}` : `{"t":"Said","d":${n}}`)
    }
  }
  if (one.do === 'turn') return turn()
  if (one.do === 'publish') {
    channels.publish(rooms[one.room]!, 'Said', String(n))
    return tell([rooms[one.room]!])
  }
  if (one.do === 'several') {
    const names = [...new Set([rooms[one.room]!, rooms[one.other]!])]
    const [channel = '', ...also] = names.map((name) => `echo/${name}`)
    const places = also.map((name) => ({ channel: name, version: 1 }))
    hub.told([{ id: '', channel, type: 'Said', body: String(n), at: 0, also: places }])
    return tell(names)
  }
  const { connection, inside, wanted } = made[one.reader]!
  if (connection.socket === null) return
  if (one.do === 'send') {
    connection.send(String(n))
    wanted.push(String(n))
  } else if (one.do === 'ping') {
    connection.ping()
    wanted.push('ping:')
  } else if (one.do === 'close') {
    connection.close('normal')
    wanted.push('close:1000')
    inside.clear()
  } else {
    channels[one.do](connection, rooms[one.room]!)
    if (one.do === 'unsubscribe') inside.delete(rooms[one.room]!)
    else inside.add(rooms[one.room]!)
  }
}

const heats: readonly Heat[] = [
  { above: 0, perTurn: 1 },
  { above: 2, perTurn: 1 },
  { above: 2, perTurn: 3 },
  { above: 1_000, perTurn: 1 },
]

for (const heat of heats) {
  test(`each socket gets what was told to it in exactly that order, whatever way it went (hot above ${heat.above}, ${heat.perTurn} a turn)`, async () => {
    const { plug, byUser } = watched()
    await using server = await start(twoListeners, { plug, heat })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 150 }), async (steps) => {
        const made = await connect(server, byUser, run++)
        for (const [n, one] of steps.entries()) await take(server, made, one, n)
        for (const { connection, wanted } of made) {
          if (connection.socket === null) continue
          connection.send('"end"')
          wanted.push('"end"')
        }
        await server.settled(() =>
          made.every(({ client, wanted }) => client.frames().at(-1) === wanted.at(-1)),
        )
        for (const { client, wanted } of made) {
          expect(client.frames()).toEqual(wanted)
          client.end()
        }
        await server.settled(() => made.every(({ connection }) => connection.socket === null))
        expect(server.host.hub.open.size).toBe(0)
      }),
      { numRuns: 60, seed: 20261122 },
    )
  })
}

test('a hot channel is told some members a turn, so that commands are answered in between; a cold one at once', async () => {
  const { plug, byUser } = watched(({ hub }, connection) =>
    hub.channels('echo').subscribe(connection, 'room:a'),
  )
  await using server = await start({}, { plug, heat: { above: 4, perTurn: 2 } })
  const channels = server.host.hub.channels('echo')
  const clients: Bystander[] = []
  const enter = async (count: number) => {
    const opening = Array.from({ length: count }, (_, n) =>
      stand(server.url, `/echo/ws?user=${clients.length + n}`),
    )
    clients.push(...(await Promise.all(opening)))
    await server.settled(() => byUser.size === clients.length)
  }
  await enter(4)
  const channel = server.host.hub.open.get('echo/room:a')!
  channels.publish('room:a', 'Said', '1')
  expect(channel.shards.waiting).toBe(false)
  // Serials that follow one another are in shards of their own.
  await enter(4)
  channels.publish('room:a', 'Said', '2')
  channels.publish('room:a', 'Said', '3')
  let turns = 0
  for (; channel.shards.waiting; turns++) await turn()
  expect(turns).toBeGreaterThanOrEqual(4)
  const got = (client: Bystander) => client.frames().map((text) => JSON.parse(text).d)
  await server.settled(() => clients.every((client) => got(client).at(-1) === 3))
  for (const [n, client] of clients.entries())
    expect(got(client)).toEqual(n < 4 ? [1, 2, 3] : [2, 3])
  for (const client of clients) client.end()
  await server.settled(() => server.host.hub.open.size === 0)
})

test('a channel that was hot is an ordinary one again once its last member has left', async () => {
  const { plug, byUser } = watched()
  await using server = await start({}, { plug, heat: { above: 1, perTurn: 1 } })
  const { hub } = server.host
  const channels = hub.channels('echo')
  const clients = [
    await stand(server.url, '/echo/ws?user=a'),
    await stand(server.url, '/echo/ws?user=b'),
  ]
  await server.settled(() => byUser.size === 2)
  const [a, b] = [byUser.get('a')!, byUser.get('b')!]
  for (const one of [a, b]) channels.subscribe(one, 'room:a')
  expect(hub.open.get('echo/room:a')?.spread).toBe(true)
  channels.publish('room:a', 'Said', '1')
  for (const one of [a, b]) channels.unsubscribe(one, 'room:a')
  // The other one had been there before it was hot: nothing of that is left.
  channels.subscribe(b, 'room:a')
  expect(hub.open.get('echo/room:a')?.spread).toBe(false)
  channels.publish('room:a', 'Said', '2')
  for (const one of [a, b]) one.send('"end"')
  await server.settled(() => clients.every((client) => client.frames().includes('"end"')))
  expect(clients.map((client) => client.frames())).toEqual([
    ['{"t":"Said","d":1}', '"end"'],
    ['{"t":"Said","d":1}', '{"t":"Said","d":2}', '"end"'],
  ])
  for (const client of clients) client.end()
})

test('what was told before a close by the channel or the user leaves before it', async () => {
  const { plug, byUser } = watched(({ hub }, connection) =>
    hub.channels('echo').subscribe(connection, 'room:a'),
  )
  await using server = await start({}, { plug, heat: { above: 0, perTurn: 1 } })
  const channels = server.host.hub.channels('echo')
  const clients = [
    await stand(server.url, '/echo/ws?user=a'),
    await stand(server.url, '/echo/ws?user=b'),
  ]
  await server.settled(() => byUser.size === 2)
  channels.publish('room:a', 'Said', '1')
  channels.closeUser('a', 'forbidden')
  channels.publish('room:a', 'Said', '2')
  channels.close('room:a', 'gone')
  const ended = (client: Bystander) => client.frames().at(-1)?.startsWith('close:') ?? false
  await server.settled(() => clients.every(ended))
  expect(clients.map((client) => client.frames())).toEqual([
    ['{"t":"Said","d":1}', 'close:4403'],
    ['{"t":"Said","d":1}', '{"t":"Said","d":2}', 'close:4404'],
  ])
})

test('replay meets live on a hot channel too, without a gap or a double (promise 3)', async () => {
  await using server = await start({}, { plug: echo(calm), heat: { above: 2, perTurn: 1 } })
  const channels = server.host.hub.channels('echo')
  let recorded = 0
  const record = () => channels.record(['room:a'], 'Said', String(++recorded))
  for (let n = 0; n < 20; n++) await record()
  const clients = []
  for (let n = 0; n < 8; n++) {
    const writing = [record(), record(), record()]
    const connecting = server.connect('/echo/ws?sub=room:a&after=0')
    writing.push(record(), record())
    const client = await connecting
    // What nobody keeps is held for who joins as well.
    channels.publish('room:a', 'Fleeting', '0')
    writing.push(record())
    clients.push(client)
    await Promise.all(writing)
  }
  expect(server.host.hub.open.get('echo/room:a')?.spread).toBe(true)
  const all = Array.from({ length: recorded }, (_, n) => n + 1)
  for (const client of clients) {
    const got = await client.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')
    expect(got.filter(({ t }) => t === 'Said').map(({ d }) => d)).toEqual(all)
  }
})

test('a replay of another channel does not overtake what a hot one has on its way', async () => {
  const { plug, byUser } = watched(({ hub }, connection) =>
    hub.channels('echo').subscribe(connection, 'room:hot'),
  )
  await using server = await start({}, { plug, heat: { above: 0, perTurn: 1 } })
  const channels = server.host.hub.channels('echo')
  await channels.record(['room:a'], 'Said', '1')
  const client = await stand(server.url, '/echo/ws?user=a')
  await server.settled(() => byUser.size === 1)
  await channels.join(byUser.get('a')!, ['room:a'], {
    async first(limit) {
      const page = await channels.since('room:a', 0, limit)
      channels.publish('room:hot', 'Said', '0')
      return page
    },
    gone() {},
  })
  await server.settled(() => client.frames().length === 2)
  expect(client.frames()).toEqual(['{"t":"Said","d":0}', '{"t":"Said","d":1}'])
  client.end()
})

test('who leaves a channel while it is still told the past is told nothing of it any more', async () => {
  const { plug, byUser } = watched()
  await using server = await start({}, { plug })
  const channels = server.host.hub.channels('echo')
  const client = await stand(server.url, '/echo/ws?user=a')
  await server.settled(() => byUser.size === 1)
  const connection = byUser.get('a')!
  await channels.join(connection, ['room:a', 'room:b'], {
    async first(limit) {
      channels.unsubscribe(connection, 'room:a')
      return channels.since('room:a', 0, limit)
    },
    gone() {},
  })
  const other = await stand(server.url, '/echo/ws?user=b')
  await server.settled(() => byUser.size === 2)
  channels.subscribe(byUser.get('b')!, 'room:a')
  for (const room of ['room:a', 'room:b']) channels.publish(room, 'Said', `"${room}"`)
  await server.settled(() => client.frames().length > 0)
  connection.send('"end"')
  await server.settled(() => client.frames().includes('"end"'))
  expect(client.frames()).toEqual(['{"t":"Said","d":"room:b"}', '"end"'])
  for (const one of [client, other]) one.end()
})

test('readers of a hot channel are pinged with what they are told; who does not read leaves it and gets the newest alone', async () => {
  const { plug } = watched(({ hub }, connection) =>
    hub.channels('echo').follow(connection, 'room:a'),
  )
  await using server = await start({}, { plug, heat: { above: 1, perTurn: 1 } })
  const channels = server.host.hub.channels('echo')
  const clients: Bystander[] = []
  for (let n = 0; n < 3; n++) clients.push(await stand(server.url, `/echo/ws?user=${n}`))
  const [slow, late] = clients as [Bystander, Bystander]
  await server.settled(() => server.listeners('echo/room:a') === 3)
  const say = async (n: number, to: readonly Bystander[]) => {
    channels.replace('room:a', 'Said', String(n))
    await server.settled(() => to.every((client) => client.frames().includes(text(n))))
    server.clock.advance(50)
  }
  const text = (n: number) => `{"t":"Said","d":${n}}`
  await say(1, clients)
  server.clock.advance(2_000)
  channels.replace('room:a', 'Said', '2')
  // A ping at once would bring every shard forward into this turn.
  const following = [...server.host.hub.open.get('echo/room:a')!.members]
  expect(following.map(({ pace }) => pace?.due)).toEqual([true, true, true])
  server.clock.advance(50)
  await server.settled(() => clients.every((client) => client.frames().at(-1) === 'ping:'))
  for (const client of clients) expect(client.frames()).toEqual([text(1), text(2), 'ping:'])
  for (const client of clients) if (client !== slow) client.send(frame(op.pong))
  const { members } = server.host.hub.open.get('echo/room:a')!
  await server.settled(() => [...members].filter(({ pace }) => pace?.probing).length === 1)
  server.clock.advance(2_000)
  const readers = clients.filter((client) => client !== slow)
  for (const n of [3, 4]) await say(n, readers)
  // Another one makes the channel no less hot, and takes nothing that is on its way.
  channels.replace('room:a', 'Said', '5')
  const newcomer = await stand(server.url, '/echo/ws?user=new')
  await server.settled(() => newcomer.frames().includes(text(5)))
  slow.send(frame(op.pong))
  await server.settled(() => slow.frames().includes(text(5)))
  server.clock.advance(50)
  await say(6, [...clients, newcomer])
  const told = (client: Bystander) => client.frames().filter((one) => one !== 'ping:')
  expect(told(slow)).toEqual([1, 2, 5, 6].map(text))
  expect(told(late)).toEqual([1, 2, 3, 4, 5, 6].map(text))
  expect(told(newcomer)).toEqual([5, 6].map(text))
  for (const client of [...clients, newcomer]) client.end()
})

test('who is behind when its channel becomes hot is not put back on it before it has caught up', async () => {
  const { plug } = watched(({ hub }, connection) =>
    hub.channels('echo').follow(connection, 'room:a'),
  )
  await using server = await start({}, { plug, heat: { above: 1, perTurn: 1 } })
  const channels = server.host.hub.channels('echo')
  const text = (n: number) => `{"t":"Said","d":${n}}`
  const slow = await stand(server.url, '/echo/ws?user=slow')
  await server.settled(() => server.listeners('echo/room:a') === 1)
  channels.publish('room:a', 'Said', '1')
  for (let second = 0; second < 5; second++) server.clock.advance(1_000)
  await server.settled(() => slow.frames().includes('ping:'))
  const swift = await stand(server.url, '/echo/ws?user=swift')
  await server.settled(() => server.listeners('echo/room:a') === 2)
  expect(server.host.hub.open.get('echo/room:a')?.spread).toBe(true)
  channels.publish('room:a', 'Said', '2')
  await server.settled(() => swift.frames().includes(text(2)))
  const [connection] = server.host.hub.open.get('echo/room:a')!.members
  expect(connection?.pace?.behind).not.toBe(null)
  slow.send(frame(op.pong))
  await server.settled(() => connection?.pace?.behind === null)
  channels.publish('room:a', 'Said', '3')
  await server.settled(() => slow.frames().includes(text(3)))
  expect(slow.frames().filter((one) => one !== 'ping:')).toEqual([text(1), text(3)])
  for (const client of [slow, swift]) client.end()
})

test('a frame that cannot be made is the fault of who tells it, and ends neither the process nor what comes after', async () => {
  const { plug, byUser } = watched(({ hub }, connection) =>
    hub.channels('echo').subscribe(connection, 'room:a'),
  )
  const fragile: Plug = (host, thread, config) =>
    plug(host, thread, config).map((system) => ({
      ...system,
      codec: {
        ...system.codec,
        message(message, dialect) {
          if (message.type === 'Bad') throw new TypeError('a bug in the codec')
          return system.codec.message(message, dialect)
        },
      },
    }))
  await using server = await start({}, { plug: fragile, heat: { above: 0, perTurn: 1 } })
  const client = await stand(server.url, '/echo/ws?user=a')
  await server.settled(() => byUser.size === 1)
  const channels = server.host.hub.channels('echo')
  channels.publish('room:a', 'Said', '1')
  expect(() => channels.publish('room:a', 'Bad', '2')).toThrow('a bug in the codec')
  channels.publish('room:a', 'Said', '3')
  await server.settled(() => client.frames().length === 2)
  expect(client.frames()).toEqual(['{"t":"Said","d":1}', '{"t":"Said","d":3}'])
  client.end()
})
