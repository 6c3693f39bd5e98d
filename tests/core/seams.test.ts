import { expect, test } from 'bun:test'
import * as v from 'valibot'
import type { Connection } from '../../src/core/connection.ts'
import { Refusal } from '../../src/core/errors.ts'
import { command } from '../../src/core/protocol.ts'
import type { Message } from '../../src/core/store.ts'
import type { AnySystem } from '../../src/server.ts'
import type { Plug } from '../../src/systems.ts'
import { calm, echo } from '../echo.ts'
import { serverKey, start, type Fixture } from '../fixture.ts'
import { rawHandshake } from '../raw.ts'

/** The test system with parts of its own. */
function varied(change: (system: AnySystem) => Partial<AnySystem>): Plug {
  const plug = echo(calm)
  return (host, thread, config) =>
    plug(host, thread, config).map((system) => ({ ...system, ...change(system) }))
}

function channelsOf(server: Fixture) {
  return server.host.hub.channels('echo')
}

const versioned = varied(({ codec }) => ({ codec: { ...codec, versioned: true } }))

test('where frames tell versions, each channel of a message gets a frame with its own (L10)', async () => {
  await using server = await start({}, { plug: versioned })
  await server.publish('echo/room:b', 'Said', { n: 1 })
  // Somebody who asks for ids gets the version too.
  const first = await server.connect('/echo/ws?after=0&sub=room:a')
  const second = await server.connect('/echo/ws?after=1&sub=room:b')
  expect(await first.next()).toEqual({ hello: true })
  expect(await second.next()).toEqual({ hello: true })
  await channelsOf(server).record(['room:a', 'room:b', 'room:c'], 'Said', '{"n":2}')
  expect(await first.next()).toEqual({ id: '2', t: 'Said', v: 1, d: { n: 2 } })
  expect(await second.next()).toEqual({ id: '2', t: 'Said', v: 2, d: { n: 2 } })
})

test('a connection that is still told the past gets such a frame once, after the past', async () => {
  await using server = await start({}, { plug: versioned })
  await server.publish('echo/room:b', 'Said', { n: 1 })
  const client = await server.connect('/echo/ws?after=0&sub=room:b')
  await channelsOf(server).record(['room:a', 'room:b'], 'Said', '{"n":2}')
  const frames = [await client.next(), await client.next(), await client.next()]
  expect(frames.filter((frame) => frame.t).map(({ v, d }) => [v, d.n])).toEqual([
    [1, 1],
    [2, 2],
  ])
})

test('a recorded message is told once more to who listens now, and to nobody else', async () => {
  await using server = await start({}, { plug: versioned })
  await server.publish('echo/room:a', 'Said', { n: 7 })
  const inside = await server.connect('/echo/ws?sub=room:a')
  const outside = await server.connect('/echo/ws?sub=room:b')
  await inside.next()
  await outside.next()
  const { messages } = await channelsOf(server).since('room:a', 0, 1)
  channelsOf(server).repeat(messages[0] as Message)
  expect(await inside.next()).toEqual({ t: 'Said', d: { n: 7 } })
  expect(await outside.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([])
})

test('a past of the system’s own is told in its words: only what is wanted, then everything that happens', async () => {
  const plug = varied(() => ({}))
  await using server = await start({}, { plug: chosen(plug) })
  for (const n of [1, 2, 3, 4]) await server.publish('echo/room:a', 'Said', { n })
  const client = await server.connect('/echo/ws?after=')
  await client.next()
  const told = [await client.next(), await client.next()]
  expect(told.map(({ d }) => d.n)).toEqual([2, 4])
  await server.publish('echo/room:a', 'Said', { n: 5 })
  expect(await client.next()).toMatchObject({ d: { n: 5 } })
})

/** Opens with the even numbers of room:a. */
function chosen(plug: Plug): Plug {
  return (host, thread, config) => {
    const channels = host.hub.channels('echo')
    return plug(host, thread, config).map((system) => ({
      ...system,
      async opened(connection: Connection) {
        connection.send('{"hello":true}')
        await channels.join(connection, ['room:a'], {
          first: (limit) => channels.since('room:a', 0, limit),
          gone() {},
          wanted: ({ version }) => version! % 2 === 0,
        })
      },
    }))
  }
}

test('who listens to a channel is judged again on every listener, and nobody else is', async () => {
  const judged: string[] = []
  const plug = varied(() => ({
    review(connection: Connection) {
      judged.push(connection.user ?? '')
      if (connection.user === 'bad') connection.close('forbidden')
      if (connection.user === 'lost') throw new Error('nobody knows')
    },
  }))
  await using server = await start(
    {
      listen: [
        { host: '127.0.0.1', port: 0, systems: '*' },
        { host: '127.0.0.1', port: 0, systems: ['echo'] },
      ],
    },
    { plug },
  )
  const other = server.fanfare.listeners[1]!.url.origin
  const good = await server.connect('/echo/ws?user=good&sub=room:a')
  const bad = await server.connect('/ws?user=bad&sub=room:a', { base: other })
  const lost = await server.connect('/ws?user=lost&sub=room:a', { base: other })
  const away = await server.connect('/echo/ws?user=bad&sub=room:b')
  for (const client of [good, bad, lost, away]) await client.next()
  channelsOf(server).review('room:a')
  expect((await bad.close()).code).toBe(4403)
  // What cannot be found out must not go on as if it were allowed.
  expect((await lost.close()).code).toBe(1013)
  expect(judged.sort()).toEqual(['bad', 'good', 'lost'])
  for (const client of [good, away]) {
    expect(await client.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([])
  }
})

test('a system answers refused handshakes in its own words, the core’s refusals included', async () => {
  const plug = varied(() => ({
    refused: ({ code, status }) => Response.json({ success: false, code }, { status }),
  }))
  await using server = await start({ limits: { origins: ['https://good.example'] } }, { plug })
  const token = await rawHandshake(server.url, '/echo/ws?deny=yes')
  expect([token.status, token.body]).toEqual([401, '{"success":false,"code":"UNAUTHORIZED"}'])
  const origin = await rawHandshake(server.url, '/echo/ws', {
    connection: 'Upgrade',
    'sec-websocket-version': '13',
    origin: 'https://bad.example',
  })
  expect([origin.status, origin.body]).toEqual([403, '{"success":false,"code":"ORIGIN_REFUSED"}'])
})

test('a frame over the limit of its system is 1009, one of exactly that size is read, counted in bytes (L24)', async () => {
  const plug = varied(() => ({ maxFrame: 300 }))
  await using server = await start({}, { plug })
  const frame = (filling: string) => `{"i":"1","c":"Echo","d":"${filling}"}`
  const room = 300 - frame('').length
  const fits = await server.connect('/echo/ws')
  await fits.next()
  fits.send(frame('x'.repeat(room)))
  expect(await fits.next()).toEqual({ i: '1', r: 'x'.repeat(room) })
  fits.send(frame('单'.repeat(room / 3)))
  expect(await fits.next()).toMatchObject({ i: '1' })
  fits.send(frame('单'.repeat(room / 3 + 1)))
  expect((await fits.close()).code).toBe(1009)
})

test('an identity that has expired is closed with the reason its system gives (D9)', async () => {
  const plug = varied(() => ({ expired: 'gone' }))
  await using server = await start({}, { plug })
  const client = await server.connect(`/echo/ws?expires=${server.clock.now() + 10_000}`)
  await client.next()
  server.clock.advance(12_000)
  expect(await client.close()).toEqual({ code: 4404, reason: 'channel expired' })
})

test('an expired identity is told so by its system before the close, and a fault of that keeps nobody open', async () => {
  const plug = varied(() => ({
    expiring(connection: Connection) {
      connection.send('{"expired":true}')
      if (connection.user === 'bug') throw new TypeError('a bug in expiring')
    },
  }))
  await using server = await start({}, { plug })
  const expires = server.clock.now() + 10_000
  const clients = [
    await server.connect(`/echo/ws?user=u&expires=${expires}`),
    await server.connect(`/echo/ws?user=bug&expires=${expires}`),
  ]
  const staying = await server.connect('/echo/ws')
  for (const client of [...clients, staying]) await client.next()
  server.clock.advance(12_000)
  for (const client of clients) {
    expect(await client.next()).toEqual({ expired: true })
    expect((await client.close()).code).toBe(4401)
  }
  expect(server.logged.filter((line) => line.includes('expiring failed'))).toHaveLength(1)
  expect(await staying.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([])
})

/** A command for users alone, one a second. */
const onlyUsers = command(
  v.object({ n: v.number() }),
  {
    rate: 'seldom',
    admit: ({ user }) => (user === undefined ? new Refusal('UNAUTHORIZED', 'No user') : null),
  },
  (_, { n }) => n,
)

const seldom = { perSecond: 1, burst: 1 }

test('who may not ask is told so after the shape and before the rate, and it counts for the rate', async () => {
  const plug = varied(({ commands, rates }) => ({
    commands: new Map([...commands, ['Only', onlyUsers]]),
    rates: { ...rates, seldom },
  }))
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws')
  await client.next()
  const ask = async (d: unknown) => {
    client.send({ c: 'Only', d })
    const { error, r } = await client.next()
    return error ?? r
  }
  expect(await ask({})).toBe('INVALID_REQUEST')
  expect(await ask({ n: 1 })).toBe('UNAUTHORIZED')
  const user = await server.connect('/echo/ws?user=u')
  await user.next()
  user.send({ c: 'Only', d: {} })
  user.send({ c: 'Only', d: { n: 2 } })
  expect([(await user.next()).error, (await user.next()).error]).toEqual([
    'INVALID_REQUEST',
    'RATE_LIMITED',
  ])
  server.clock.advance(1_000)
  user.send({ c: 'Only', d: { n: 3 } })
  expect((await user.next()).r).toBe(3)
})

test('refused for the rate too often, the one who asks on is closed, whatever sockets it had (R27)', async () => {
  const plug = varied(({ commands, rates }) => ({
    commands: new Map([...commands, ['Only', onlyUsers]]),
    rates: { ...rates, seldom },
    patience: { perSecond: 1, burst: 3 },
  }))
  await using server = await start({}, { plug })
  const first = await server.connect('/echo/ws?user=u')
  const second = await server.connect('/echo/ws?user=u')
  const other = await server.connect('/echo/ws?user=v')
  for (const client of [first, second, other]) await client.next()
  const ask = async (client: typeof first) => {
    client.send({ c: 'Only', d: { n: 1 } })
    const { error, r } = await client.next()
    return error ?? r
  }
  expect(await ask(first)).toBe(1)
  for (let n = 0; n < 2; n++) expect(await ask(first)).toBe('RATE_LIMITED')
  expect(await ask(second)).toBe('RATE_LIMITED')
  // Patience comes back with time.
  server.clock.advance(1_000)
  expect(await ask(first)).toBe(1)
  expect(await ask(first)).toBe('RATE_LIMITED')
  expect(await ask(second)).toBe('RATE_LIMITED')
  expect((await second.close()).code).toBe(4429)
  expect(first.closed).toBe(null)
  expect(await ask(other)).toBe(1)
})

test('nor is there patience without end for requests that are wrong beside being too many', async () => {
  const plug = varied(({ rates }) => ({
    rates: { ...rates, other: { perSecond: 1, burst: 2 } },
    patience: { perSecond: 1, burst: 3 },
  }))
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws?user=u')
  await client.next()
  for (let n = 0; n < 6; n++) {
    client.send({ c: 'Unheard', d: {} })
    expect((await client.next()).error).toBe('UNKNOWN_COMMAND')
  }
  expect((await client.close()).code).toBe(4429)
})

test('a publish is recorded in the channels its kind names, and a name without any is 404 (L20)', async () => {
  const plug = varied(({ channels }) => ({
    channels: {
      ...channels,
      shop: {
        ...channels['room']!,
        expand: async (name: string) => (name === 'shop:1' ? ['room:a', 'room:b'] : null),
      },
    },
  }))
  await using server = await start({}, { plug })
  const client = await server.connect('/echo/ws?sub=room:b')
  await client.next()
  expect(await server.publish('echo/shop:1', 'Said', { n: 1 })).toMatchObject({ recipients: 1 })
  expect(await client.next()).toEqual({ t: 'Said', d: { n: 1 } })
  const { messages } = await channelsOf(server).since('room:a', 0, 10)
  expect(messages.map(({ body }) => body)).toEqual(['{"n":1}'])
  const body = { channel: 'echo/shop:2', type: 'Said', data: { n: 2 } }
  const answer = await server.fetch('/api/publish', { method: 'POST', body, token: serverKey })
  expect(answer.status).toBe(404)
  expect(await client.upTo({ i: 'x', c: 'Echo' }, ({ i }) => i === 'x')).toEqual([])
})

test('a kind that speaks of somebody else’s users wants to know which, and keeps it; others refuse it', async () => {
  const plug = varied(({ channels }) => ({
    channels: { ...channels, shop: { ...channels['room']!, externalUser: true } },
  }))
  await using server = await start({}, { plug })
  const post = async (channel: string, externalUserId?: unknown) => {
    const body = { channel, type: 'Said', data: { n: 1 }, externalUserId }
    const answer = await server.fetch('/api/publish', { method: 'POST', body, token: serverKey })
    return [answer.status, ((await answer.json()) as any).details?.[0]?.path]
  }
  expect(await post('echo/shop:1', 'f1b7')).toEqual([200, undefined])
  expect(await post('echo/shop:1')).toEqual([400, 'externalUserId'])
  expect(await post('echo/shop:1', '')).toEqual([400, 'externalUserId'])
  expect(await post('echo/shop:1', 7)).toEqual([400, 'externalUserId'])
  expect(await post('echo/room:1', 'f1b7')).toEqual([400, 'externalUserId'])
  const { messages } = await channelsOf(server).since('shop:1', 0, 10)
  expect(messages.map(({ meta }) => meta)).toEqual([{ externalUserId: 'f1b7' }])
})

test('a batch names the message that lacks its user', async () => {
  const plug = varied(({ channels }) => ({
    channels: { ...channels, shop: { ...channels['room']!, externalUser: true } },
  }))
  await using server = await start({}, { plug })
  const message = { channel: 'echo/shop:1', type: 'Said', data: { n: 1 } }
  const messages = [{ ...message, externalUserId: 'u' }, message]
  const answer = await server.fetch('/api/publish/batch', {
    method: 'POST',
    body: { messages },
    token: serverKey,
  })
  expect(await answer.json()).toMatchObject({ details: [{ path: 'messages.1.externalUserId' }] })
})
