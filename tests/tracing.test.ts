import { expect, test } from 'bun:test'
import { serverKey, start, type Fixture } from './fixture.ts'

/** What a server logged of one kind. */
function entries({ logged }: Fixture, event: string): any[] {
  return logged.map((line) => JSON.parse(line)).filter((entry) => entry.event === event)
}

const notice = { level: 'info', title: 'Tea', message: 'five o’clock' }

test('at the level trace every frame is logged, both ways and from the first one on, with its secrets masked', async () => {
  await using server = await start({ systems: ['jive'], log: { level: 'trace' } })
  const token = await server.token('ann', { families: ['f1'] })
  const client = await server.connect(`/jive/ws?token=${token}`)
  await client.next()
  client.send({ command: 'Authenticate', data: { token: 'nobody-may-read-this' } })
  await client.next()
  client.send({ command: 'Ping', data: { card: '4111 1111 1111 1111' } })
  await client.next()
  await server.publish('jive/family:f1', 'Notification', notice)
  await client.next()
  const frames = entries(server, 'frame')
  expect(frames.map(({ direction }) => direction)).toEqual(['out', 'in', 'out', 'in', 'out', 'out'])
  expect(frames.at(-1)).toMatchObject({ level: 'trace', system: 'jive', user: 'ann' })
  expect(frames.at(-1).text).toContain('five o’clock')
  expect(frames[1].text).toContain('"token":"***"')
  expect(frames[3].text).toContain('"card":"**** **** **** 1111"')
  for (const secret of [token, 'nobody-may-read-this', serverKey]) {
    expect(server.logged.join('\n')).not.toContain(secret)
  }
})

test('at other levels no frame is logged, and nobody pays for it', async () => {
  await using server = await start({ systems: ['jive'], log: { level: 'debug' } })
  const client = await server.connect(`/jive/ws?token=${await server.token('ann')}`)
  await client.next()
  expect(entries(server, 'frame')).toEqual([])
})

test('from the level debug on requests are logged by their route, never by an address, which may hold a secret', async () => {
  await using server = await start({ log: { level: 'debug' } })
  await server.fetch('/healthz?key=hidden')
  await server.fetch('/api/wallets/alice', { token: serverKey })
  await server.fetch('/api/wallets/alice')
  await server.fetch('/nowhere/hidden')
  await server.fetch('/websocket/v1/get-channel?channel=hidden')
  await server.fetch('/ws/hidden')
  const told = entries(server, 'request').map(({ method, route, status }) => [
    method,
    route,
    status,
  ])
  expect(told).toEqual([
    ['GET', '/healthz', 200],
    ['GET', '/api/wallets/:player', 404],
    ['GET', '/api/wallets/:player', 401],
    ['GET', '/*', 404],
    ['GET', '/websocket/v1/get-channel', 401],
    ['GET', '/ws/:channel', 426],
  ])
  expect(server.logged.join('\n')).not.toContain('hidden')
})

test('at the level info no request is logged', async () => {
  await using server = await start({ systems: ['jive'] })
  await server.fetch('/healthz')
  expect(entries(server, 'request')).toEqual([])
})

test('refused commands and handshakes are logged with their code, and of unknown commands not even the name', async () => {
  await using server = await start({ systems: ['jive'] })
  await server.connect('/jive/ws?token=bad').catch(() => {})
  const client = await server.connect(`/jive/ws?token=${await server.token('ann')}`)
  await client.next()
  client.send({ command: 'Subscribe', data: { topic: 'Account/nobody' } })
  client.send({ command: 'sesame', data: {} })
  await server.settled(() => entries(server, 'command refused').length === 2)
  expect(entries(server, 'handshake refused')).toEqual([
    expect.objectContaining({ system: 'jive', address: '127.0.0.1', code: 'UNAUTHORIZED' }),
  ])
  const [known, unknown] = entries(server, 'command refused')
  expect(known).toMatchObject({ level: 'debug', user: 'ann', command: 'Subscribe' })
  expect(unknown).toMatchObject({ code: 'UNKNOWN_COMMAND' })
  expect(server.logged.join('\n')).not.toContain('sesame')
})
