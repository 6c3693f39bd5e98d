import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { start } from '../../fixture.ts'
import { rawHandshake } from '../../raw.ts'
import { member, received, subscribe } from './scenario.ts'

test('J1, J2: a token opens the connection, the channels are there before Connected is sent', async () => {
  await using server = await start()
  const token = await server.token('ann', { families: ['f1', 'f2'], name: 'Ann' })
  const client = await server.connect(`/jive/ws?token=${token}`)
  expect(await client.text()).toBe('{"type":"Connected","data":{"user_id":"ann"}}')
  for (const channel of ['family:f1', 'family:f2', 'user:ann']) {
    expect(server.listeners(`jive/${channel}`)).toBe(1)
  }
  expect(server.listeners('jive/global')).toBe(0)
  expect(await received(client)).toEqual([])
})

test('J1: a listener of jive alone serves the path of the seed, /ws; the one of all systems does not', async () => {
  const listen = [
    { host: '127.0.0.1', port: 0, systems: '*' as const },
    { host: '127.0.0.1', port: 0, systems: ['jive'] },
  ]
  await using server = await start({ listen })
  const own = server.fanfare.listeners[1]!.url.origin
  const token = await server.token('ann', { families: ['f1'] })
  const client = await server.connect(`/ws?token=${token}`, { base: own })
  expect((await client.next()).type).toBe('Connected')
  expect((await rawHandshake(server.url, `/ws?token=${token}`)).status).toBe(404)
  const shared = await server.connect(`/jive/ws?token=${token}`)
  expect((await shared.next()).type).toBe('Connected')
  await server.publish('jive/family:f1', 'Notification', {
    level: 'info',
    title: 'a',
    message: 'b',
  })
  expect((await client.next()).type).toBe('Notification')
  expect((await shared.next()).type).toBe('Notification')
})

test('J1: the token may come as Bearer, since not every client can keep it out of its address', async () => {
  await using server = await start()
  const authorization = `Bearer ${await server.token('ann', { families: [] })}`
  const client = await server.connect('/jive/ws', { headers: { authorization } })
  expect(await client.next()).toEqual({ type: 'Connected', data: { user_id: 'ann' } })
})

test('J3: every bad token is 401 before the upgrade, all with the same words', async () => {
  await using server = await start()
  const good = await server.token('ann', { families: ['f1'] })
  const past = Math.floor(server.clock.now() / 1000) - 60
  const bad = {
    none: '/jive/ws',
    empty: '/jive/ws?token=',
    garbage: '/jive/ws?token=abc',
    tampered: `/jive/ws?token=${good.slice(0, -4)}AAAA`,
    expired: `/jive/ws?token=${await server.token('ann', { exp: past })}`,
    'of another system': `/jive/ws?token=${await server.token('ann', { aud: 'crash' })}`,
    twice: `/jive/ws?token=${good}&token=${good}`,
    'without a list of families': `/jive/ws?token=${await server.token('ann', { families: 'f1' })}`,
    'of a family that cannot be': `/jive/ws?token=${await server.token('ann', { families: ['a/b'] })}`,
  }
  const bodies = new Set<string>()
  for (const [what, path] of Object.entries(bad)) {
    const { status, body } = await rawHandshake(server.url, path)
    expect(`${what}: ${status}`).toBe(`${what}: 401`)
    bodies.add(body)
  }
  expect(bodies.size).toBe(1)
  expect(server.logged.join('\n')).not.toContain(good.slice(-20))
})

test('J21: a connection ends with 4401 when its token does', async () => {
  await using server = await start()
  const exp = Math.floor(server.clock.now() / 1000) + 20
  const token = await server.token('ann', { families: ['f1'], exp })
  const client = await server.connect(`/jive/ws?token=${token}`)
  await client.next()
  server.clock.advance(19_000)
  expect(await received(client)).toEqual([])
  server.clock.advance(2_000)
  expect((await client.close()).code).toBe(4401)
})

test('J21: more families than topics a connection may have are refused at the door, not half subscribed', async () => {
  await using server = await start({ limits: { subscriptions: 3 } })
  const ann = await member(server, 'ann', ['f1', 'f2'])
  await ann.connect()
  const token = await server.token('bob', { families: ['f1', 'f2', 'f3'] })
  const { status, body } = await rawHandshake(server.url, `/jive/ws?token=${token}`)
  expect(status).toBe(429)
  expect(JSON.parse(body).code).toBe('TOO_MANY_SUBSCRIPTIONS')
})

test('J8, J12: the server pings every 30 s, without data', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  server.clock.advance(29_000)
  expect(await received(client)).toEqual([])
  server.clock.advance(2_000)
  expect(await client.text()).toBe('{"type":"Ping"}')
  server.clock.advance(30_000)
  expect(await client.text()).toBe('{"type":"Ping"}')
})

test('J12: over 60 s of silence end the connection with 4408, and only that one', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const silent = await ann.connect()
  const alive = await ann.connect()
  server.clock.advance(31_000)
  expect((await received(alive)).map(({ type }) => type)).toEqual(['Ping'])
  server.clock.advance(28_000)
  expect(silent.closed).toBeNull()
  server.clock.advance(3_000)
  expect((await silent.close()).code).toBe(4408)
  expect(silent.frames).toEqual(['{"type":"Ping"}'])
  await received(alive)
  expect(alive.closed).toBeNull()
  await server.settled(() => server.listeners('jive/user:ann') === 1)
})

test.each(['{"command":"Pong"}', '{"command":"Ping"}', 'no frame at all'])(
  'J13: %s counts as a sign of life, since real clients answer a Ping with their own Ping',
  async (frame) => {
    await using server = await start()
    const ann = await member(server, 'ann', ['f1'])
    const client = await ann.connect()
    for (let beat = 0; beat < 4; beat++) {
      server.clock.advance(31_000)
      expect(await client.next()).toEqual({ type: 'Ping' })
      client.send(frame)
      if (!frame.includes('Pong')) await client.next()
      else await received(client)
    }
    expect(client.closed).toBeNull()
  },
)

test('J13: Ping gets Pong, Pong gets nothing', async () => {
  await using server = await start()
  const ann = await member(server, 'ann', ['f1'])
  const client = await ann.connect()
  client.send('{"command":"Pong"}')
  client.send('{"command":"Ping"}')
  expect(await client.text()).toBe('{"type":"Pong"}')
  client.send('{"command":"Ping","data":{}}')
  expect(await client.text()).toBe('{"type":"Pong"}')
})

test('J20: without a token nobody comes in, unless anonymous load tests are switched on', async () => {
  await using server = await start()
  expect((await rawHandshake(server.url, '/jive/ws')).status).toBe(401)
})

test('J20: the load test in docs runs step by step against the path it names', async () => {
  const file = Bun.file(join(import.meta.dir, '../../../docs/systems/jive-artillery.yml'))
  const { config, scenarios } = Bun.YAML.parse(await file.text()) as any
  const listen = [{ host: '127.0.0.1', port: 0, systems: ['jive'] }]
  await using server = await start({ listen, jive: { anonymous: true } })
  const client = await server.connect(new URL(config.target).pathname)
  const effects = [
    () => server.settled(() => server.listeners('jive/family:test') === 1),
    () => client.until(() => client.frames.includes('{"type":"Pong"}'), 'Pong'),
  ]
  for (const { send, think } of scenarios[0].flow) {
    if (send !== undefined) {
      client.send(send)
      await effects.shift()!()
    } else server.clock.advance(think * 1000)
  }
  await client.until(() => client.frames.length === 3, 'Ping after half a minute')
  expect(client.frames).toEqual([
    '{"type":"Connected","data":{"user_id":"anonymous"}}',
    '{"type":"Pong"}',
    '{"type":"Ping"}',
  ])
  client.socket.close(1000)
  expect((await client.close()).code).toBe(1000)
})

test('J20: an anonymous client hears families and nothing that belongs to somebody', async () => {
  await using server = await start({ jive: { anonymous: true } })
  const ann = await member(server, 'ann', ['f1'])
  const account = await ann.account('f1')
  const client = await server.connect('/jive/ws')
  await client.next()
  expect((await subscribe(client, 'user:anonymous')).data.code).toBe('FORBIDDEN')
  expect((await subscribe(client, 'user:ann')).data.code).toBe('FORBIDDEN')
  expect((await subscribe(client, `account:${account}`)).data.code).toBe('FORBIDDEN')
  expect((await subscribe(client, 'global')).type).toBe('Subscribed')
  expect((await rawHandshake(server.url, '/jive/ws?token=bad')).status).toBe(401)
})
