import { expect, test } from 'bun:test'
import { networkInterfaces } from 'node:os'
import { calm, echo } from '../echo.ts'
import { rawHandshake } from '../raw.ts'
import { start } from '../fixture.ts'

const plug = echo(calm)

test('a handshake without "Connection: Upgrade" is refused, though Bun would take it (RFC 6455 4.2.1)', async () => {
  await using server = await start({}, { plug })
  const status = async (headers: Record<string, string>) =>
    (await rawHandshake(server.url, '/echo/ws', headers)).status
  const good = { connection: 'keep-alive, Upgrade', 'sec-websocket-version': '13' }
  expect(await status(good)).toBe(101)
  expect(await status({ ...good, connection: 'keep-alive' })).toBe(400)
  expect(await status({ ...good, 'sec-websocket-version': '8' })).toBe(426)
  expect(await status({ ...good, 'sec-websocket-key': 'short' })).toBe(400)
})

test('a plain GET on a WebSocket path says what is missing, so that nobody has to guess', async () => {
  await using server = await start({}, { plug })
  const answer = await server.fetch('/echo/ws')
  expect(answer.status).toBe(426)
  expect(answer.headers.get('upgrade')).toBe('websocket')
  expect(await answer.json()).toEqual({
    code: 'UPGRADE_REQUIRED',
    message: 'This is a WebSocket address: connect with ws:// or wss://',
    details: { missing: ['Connection: Upgrade', 'Upgrade: websocket'] },
  })
})

test('a refused token is 401 and a fault of ours 500 without its text, so that nothing leaks', async () => {
  await using server = await start({}, { plug })
  expect((await rawHandshake(server.url, '/echo/ws?deny=yes')).status).toBe(401)
  const bug = await rawHandshake(server.url, '/echo/ws?deny=bug')
  expect(bug.status).toBe(500)
  expect(bug.body).toContain('INTERNAL_ERROR')
  expect(bug.body).not.toContain('a bug in authenticate')
  expect(server.logged.filter((line) => line.includes('a bug in authenticate'))).toHaveLength(1)
})

test('only listed Origins come in, by exact match, and no Origin is fine', async () => {
  await using server = await start({ limits: { origins: ['https://app.example'] } }, { plug })
  const from = async (origin?: string) =>
    (await rawHandshake(server.url, '/echo/ws', origin === undefined ? {} : { origin })).status
  expect(await from('https://app.example')).toBe(101)
  expect(await from('https://app.example.evil.example')).toBe(403)
  expect(await from('https://evil.example/https://app.example')).toBe(403)
  expect(await from()).toBe(101)
})

test('one address gets so many connections and no more, and a place is free again after a close', async () => {
  await using server = await start({ limits: { max_connections_per_ip: 2 } }, { plug })
  const first = await server.connect('/echo/ws')
  const second = await server.connect('/echo/ws')
  const third = await rawHandshake(server.url, '/echo/ws')
  expect(third.status).toBe(429)
  expect(third.headers.get('retry-after')).toBe('5')
  first.socket.close()
  await first.close()
  await server.settled(() => server.logged.some((line) => line.includes('connection closed')))
  expect((await rawHandshake(server.url, '/echo/ws')).status).toBe(101)
  expect(second.closed).toBeNull()
})

test('the total is limited with 503, counted before any token is looked at', async () => {
  await using server = await start({ limits: { max_connections: 1 } }, { plug })
  await server.connect('/echo/ws')
  const refused = await rawHandshake(server.url, '/echo/ws?deny=bug')
  expect(refused.status).toBe(503)
  // What is refused for want of room must not take any.
  expect(refused.headers.get('connection')).toBe('close')
  expect(server.logged.filter((line) => line.includes('"level":"error"'))).toEqual([])
})

test('handshakes of one address are limited by the minute, other addresses are not affected', async () => {
  const limits = { handshakes_per_ip_per_minute: 3, trusted_proxies: ['127.0.0.1'] }
  await using server = await start({ limits }, { plug })
  const from = async (ip: string) =>
    (await rawHandshake(server.url, '/echo/ws', { 'x-forwarded-for': ip })).status
  expect([await from('203.0.113.1'), await from('203.0.113.1'), await from('203.0.113.1')]).toEqual(
    [101, 101, 101],
  )
  expect(await from('203.0.113.1')).toBe(429)
  expect(await from('203.0.113.2')).toBe(101)
  server.clock.advance(20_000)
  expect(await from('203.0.113.1')).toBe(101)
})

test('a forwarded address from a stranger is not believed, so that limits cannot be dodged', async () => {
  await using server = await start({ limits: { handshakes_per_ip_per_minute: 1 } }, { plug })
  const from = async (ip: string) =>
    (await rawHandshake(server.url, '/echo/ws', { 'x-forwarded-for': ip })).status
  expect(await from('203.0.113.1')).toBe(101)
  expect(await from('203.0.113.2')).toBe(429)
  const warnings = server.logged.filter((line) => line.includes('forwarded address not believed'))
  expect(warnings).toHaveLength(1)
})

const ipv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ family }) => family === 'IPv6'),
)

test.skipIf(!ipv6)(
  'a listener of both families warns of such an address too, though it writes an IPv4 peer as IPv6',
  async () => {
    const listen = [{ host: '::', port: 0, systems: '*' as const }]
    await using server = await start({ listen }, { plug })
    const url = server.url.replace('[::]', '127.0.0.1')
    await rawHandshake(url, '/echo/ws', { 'x-forwarded-for': '203.0.113.1' })
    expect(server.logged.some((line) => line.includes('forwarded address not believed'))).toBe(true)
  },
)

test('a fault while opening ends that connection alone, so that a bystander goes on', async () => {
  await using server = await start({}, { plug })
  const bystander = await server.connect('/echo/ws')
  await bystander.next()
  const broken = await server.connect('/echo/ws?sub=boom')
  expect(await broken.next()).toMatchObject({ error: 'INTERNAL_ERROR' })
  expect((await broken.close()).code).toBe(1013)
  bystander.send({ i: '1', c: 'Echo', d: 'still here' })
  expect(await bystander.next()).toEqual({ i: '1', r: 'still here' })
})

test('stopping closes every client with 1012, so that clients come back later', async () => {
  await using server = await start({}, { plug })
  const clients = await Promise.all([1, 2, 3].map(() => server.connect('/echo/ws')))
  await server.stop()
  for (const client of clients) expect((await client.close()).code).toBe(1012)
})

test('while clients are let go newcomers are 503 with Retry-After and readiness fails, so that a proxy goes elsewhere', async () => {
  await using server = await start({}, { plug })
  for (let n = 0; n < 3; n++) await server.connect('/echo/ws')
  let done = false
  // Time stands still between two steps, so the second and the third client are still there.
  const stopping = server.fanfare.stop().finally(() => (done = true))
  const refused = await rawHandshake(server.url, '/echo/ws')
  expect(refused.status).toBe(503)
  expect(refused.headers.get('retry-after')).toBe('1')
  expect(refused.body).toContain('RESTARTING')
  const ready = await server.fetch('/readyz')
  expect(ready.status).toBe(503)
  expect(await ready.json()).toMatchObject({ ready: false, checks: { draining: 'draining' } })
  await server.settled(() => {
    server.clock.advance(500)
    return done
  })
  await stopping
})

test('own paths hold only where a listener serves one system, so that no path is ambiguous (X1)', async () => {
  const own = { host: '127.0.0.1', port: 0, systems: ['echo'] }
  const all = { host: '127.0.0.1', port: 0, systems: '*' as const }
  await using server = await start({ listen: [all, own] }, { plug })
  const [first, second] = server.fanfare.listeners.map(({ url }) => url.origin)
  expect((await rawHandshake(first ?? '', '/ws')).status).toBe(404)
  expect((await rawHandshake(second ?? '', '/ws')).status).toBe(101)
  const api = await fetch(`${second}/api/channels`)
  expect(api.status).toBe(404)
})

test('a Host that is none is the fault of who asks: answered 400, and no stack in the log', async () => {
  await using server = await start({}, { plug })
  for (const host of ['[', 'a b', 'user:secret@x:99999']) {
    expect((await rawHandshake(server.url, '/echo/ws', { host })).status).toBe(400)
  }
  expect(server.logged.filter((line) => line.includes('"level":"error"'))).toEqual([])
})
