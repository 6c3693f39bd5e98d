import { expect, test } from 'bun:test'
import type { ConfigValues } from '../../src/pages/console/reports.ts'
import type { Frame, Kinds } from '../../src/pages/console/api.ts'
import { calm, echo } from '../echo.ts'
import { secret, serverKey, start } from '../fixture.ts'
import { asked, listen, login } from './visitor.ts'

const plug = echo(calm)

test('a connection is told closer: what it listens to, what waits for it, how long it has been silent', async () => {
  await using server = await start({}, { plug })
  const { token } = await login(server, { key: serverKey })
  const client = await server.connect('/echo/ws?sub=room:a&user=u1')
  await client.next()
  server.clock.advance(250)
  const { connections } = await asked(server, '/api/connections?user=u1', token)
  expect(await asked(server, `/api/console/connections/${connections[0].id}`, token)).toEqual({
    ...connections[0],
    dialect: '',
    queuedBytes: 0,
    waitingFrames: 0,
    expiresAt: null,
    silentMs: 250,
  })
  for (const path of ['zz', 'zz/frames']) {
    const answer = await server.fetch(`/api/console/connections/${path}`, { token })
    expect(answer.status).toBe(404)
  }
})

test('the frames of a connection are told both ways: replies, messages of its channels, what it is told of the past', async () => {
  await using server = await start({}, { plug })
  const { token } = await login(server, { key: serverKey })
  const client = await server.connect('/echo/ws?user=u1')
  const other = await server.connect('/echo/ws?user=u2&sub=room:a')
  for (const one of [client, other]) await one.next()
  const { connections } = await asked(server, '/api/connections?user=u1', token)
  const { id } = connections[0]
  await using stream = await listen(server, `/api/console/connections/${id}/frames`, token)
  const next = () => stream.next('frame') as Promise<Frame>
  await server.publish('echo/room:a', 'Said', { n: 0 })
  client.send({ i: '1', c: 'Subscribe', d: { name: 'room:a' } })
  expect(await next()).toEqual({
    at: server.clock.now(),
    connection: id,
    direction: 'in',
    text: '{"i":"1","c":"Subscribe","d":{"name":"room:a"}}',
    length: 47,
    cut: false,
  })
  expect(await next()).toMatchObject({ direction: 'out', text: '{"i":"1","r":"ok"}' })
  await server.publish('echo/room:a', 'Said', { n: 1 })
  expect(await next()).toMatchObject({ direction: 'out', text: '{"t":"Said","d":{"n":1}}' })
  const channels = server.host.hub.channels('echo')
  await channels.record(['room:b', 'room:a'], 'Said', '{"n":2}')
  expect(await next()).toMatchObject({ direction: 'out', text: '{"t":"Said","d":{"n":2}}' })
  // What another one is told is not shown.
  await server.publish('echo/room:c', 'Said', { n: 3 })
  other.send({ i: '9', c: 'Echo', d: 'mine' })
  client.socket.close()
  await client.close()
  server.clock.advance(500)
  await stream.next('closed')
  expect(JSON.stringify(stream.events)).not.toContain('mine')
  await server.settled(() => stream.ended)
})

test('of a user every connection is followed, also one that comes later or becomes that user', async () => {
  await using server = await start({}, { plug })
  const { token } = await login(server, { key: serverKey })
  const first = await server.connect('/echo/ws?user=u1')
  await first.next()
  await using stream = await listen(server, '/api/console/live?system=echo&user=u1', token)
  first.send({ i: '1', c: 'Echo', d: 'first' })
  expect((await stream.next('frame')).text).toContain('first')
  const second = await server.connect('/echo/ws?user=u1')
  await second.next()
  expect(JSON.stringify(await stream.next('frame'))).toContain('first')
  second.send({ i: '2', c: 'Echo', d: 'second' })
  const stranger = await server.connect('/echo/ws?user=u2')
  await stranger.next()
  stranger.send({ i: '3', c: 'Echo', d: 'still a stranger' })
  await stranger.next()
  stranger.send({ i: '4', c: 'Identify', d: { user: 'u1' } })
  await stranger.next()
  stranger.send({ i: '5', c: 'Echo', d: 'known now' })
  await stranger.next()
  const seen = () => stream.events.map(({ data }) => data.text).join(' ')
  await server.settled(() => seen().includes('known now'))
  expect(seen()).toContain('second')
  expect(seen()).not.toContain('still a stranger')
})

test('the messages of a channel or a system are told from now on, others are not', async () => {
  await using server = await start({}, { plug })
  const { token } = await login(server, { key: serverKey })
  const client = await server.connect('/echo/ws?sub=room:a')
  await client.next()
  await server.publish('echo/room:a', 'Said', { n: 0 })
  await using channel = await listen(server, '/api/console/live?channel=echo/room:a', token)
  await using system = await listen(server, '/api/console/live?system=echo', token)
  await server.publish('echo/room:b', 'Said', { n: 1 })
  const { id } = await server.publish('echo/room:a', 'Said', { n: 2 })
  expect(await channel.next('message')).toEqual({
    at: server.clock.now(),
    channels: ['echo/room:a'],
    id,
    version: 2,
    type: 'Said',
    text: '{"n":2}',
    length: 7,
    cut: false,
    listeners: 1,
  })
  expect((await system.next('message')).channels).toEqual(['echo/room:b'])
  server.host.hub.channels('echo').publish('room:c', 'Said', '3')
  expect((await system.next('message')).channels).toEqual(['echo/room:a'])
  expect(await system.next('message')).toMatchObject({ id: null, version: null, text: '3' })
  for (const query of ['', '?user=u1', '?channel=echo/room:a&system=echo', '?system=ECHO']) {
    const answer = await server.fetch(`/api/console/live${query}`, { token })
    expect([query, answer.status]).toEqual([query, 400])
  }
  expect((await server.fetch('/api/console/live?system=nobody', { token })).status).toBe(404)
})

test('of more than 200 in a second the rest is counted, so that no crowd floods the one who looks', async () => {
  await using server = await start({}, { plug })
  const { token } = await login(server, { key: serverKey })
  await using stream = await listen(server, '/api/console/live?system=echo', token)
  const channels = server.host.hub.channels('echo')
  for (let count = 0; count < 500; count++) channels.publish('room:a', 'Said', String(count))
  server.clock.advance(1_000)
  expect(await stream.next('dropped')).toEqual({ at: server.clock.now(), count: 300 })
  channels.publish('room:a', 'Said', '"again"')
  expect((await stream.next('message')).text).toBe('"again"')
})

test('tokens in the frames of crash are masked before anybody sees them', async () => {
  await using server = await start({ systems: ['crash'] })
  const { token } = await login(server, { key: serverKey })
  const client = await server.connect('/crash/ws')
  const { connections } = await asked(server, '/api/connections', token)
  const path = `/api/console/connections/${connections[0].id}/frames`
  await using stream = await listen(server, path, token)
  const player = await server.token('alice', { aud: 'crash' })
  client.send({ i: 'm1', t: 'AUTH', p: { token: player } })
  await client.until(() => client.frames.some((frame) => frame.includes('m1')), 'answer')
  const frame = await stream.next('frame')
  expect(frame).toMatchObject({ direction: 'in', cut: false })
  expect(JSON.parse(frame.text).p).toEqual({ token: '***' })
  await stream.next('frame')
  expect(JSON.stringify(stream.events)).not.toContain(player.slice(0, 20))
})

test('kinds of channels say what may be published to them, with the shape of each type', async () => {
  await using server = await start()
  const { token } = await login(server, { key: serverKey })
  const { kinds }: Kinds = await asked(server, '/api/console/kinds', token)
  const find = (system: string, kind: string) =>
    kinds.find((one) => one.system === system && one.kind === kind)!
  expect(find('jive', 'family')).toMatchObject({ publish: true, externalUser: false })
  expect(find('jive', 'family').events['Notification']).toEqual({
    type: 'object',
    properties: {
      level: { type: 'string', minLength: 1, maxLength: 64 },
      title: { type: 'string', maxLength: 200 },
      message: { type: 'string', maxLength: 10_000 },
    },
    required: ['level', 'title', 'message'],
  })
  expect(find('dcs', 'partner')).toMatchObject({ publish: true, externalUser: true })
  expect(Object.keys(find('dcs', 'partner').events)).toHaveLength(4)
  expect(Object.keys(find('locallife', 'rider').events)).toContain('order_update')
  expect(find('crash', 'player')).toMatchObject({ publish: false, events: {} })
  for (const { publish, events } of kinds) {
    for (const shape of Object.values(events)) expect(shape['type']).toBe('object')
    expect(Object.keys(events).length > 0).toBe(publish)
  }
})

test('every setting is told with its origin, and no secret', async () => {
  await using server = await start()
  const { token } = await login(server, { key: serverKey })
  const told: ConfigValues = await asked(server, '/api/console/config', token)
  const find = (path: string) => told.values.find((one) => one.path === path)
  expect(find('auth.secret')).toMatchObject({
    value: '***',
    origin: 'environment FANFARE_AUTH_SECRET',
  })
  expect(find('server_key')!.value).toBe('***')
  expect(find('limits.max_frame')).toMatchObject({ value: '1MB', origin: 'default' })
  expect(find('auth.issuer')!.value).toBeNull()
  expect(JSON.stringify(told)).not.toContain(secret)
  expect(JSON.stringify(told)).not.toContain(serverKey)
})
