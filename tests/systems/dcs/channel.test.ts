import { expect, test } from 'bun:test'
import { start, type TestClient } from '../../fixture.ts'
import { rawHandshake } from '../../raw.ts'
import { handshake, listen, numbers, partner, publish, received, versions } from './scenario.ts'

const hour = 3_600_000
const day = 24 * hour
const gone = { code: 4404, reason: 'channel expired' }
/** Hours go by at once here, and no client answers pings that fast. */
const patient = { timeout: 100 * day }

test('D4, D8: a channel is fetched, connecting to it is all there is to do, and what happens arrives', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  expect(channel).toMatch(/^[0-9A-Za-z]{22}$/)
  const client = await listen(server, `/ws/${channel}`)
  expect(await received(client)).toEqual([])
  await acme.tell('u1', 'REFUSE')
  expect(await client.next()).toEqual({
    type: 'KYC_STATUS',
    timestamp: String(server.clock.now()),
    version: '1',
    externalUserId: 'u1',
    data: { status: 'REFUSE' },
  })
  expect(await received(client)).toEqual([])
})

test('D2: each partner hears of its own users and of nobody else’s', async () => {
  await using server = await start()
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  const [first, foreign] = [await acme.connect(), await other.connect()]
  await acme.tell('u1')
  await other.tell('u1', 'REFUSE')
  await acme.tell('u2')
  expect((await received(first)).map((frame) => [frame.externalUserId, frame.version])).toEqual([
    ['u1', '1'],
    ['u2', '2'],
  ])
  const frames = await received(foreign)
  expect(frames.map(({ data, version }) => [data.status, version])).toEqual([['REFUSE', '1']])
})

test('D8: once it is open a connection hears everything, from that instant on', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  for (let count = 1; count <= 20; count++) {
    const client = await server.connect(`/ws/${channel}`)
    const { recipients, version } = await publish(server, 'acme', 'KYC_STATUS', { status: 'INIT' })
    expect(recipients).toBe(count)
    expect(versions([await client.next()])).toEqual([version])
  }
})

test('D2: a publish counts the partner’s own connections, all of them', async () => {
  await using server = await start()
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  const channel = await acme.channel()
  const clients = [await listen(server, `/ws/${channel}`), await listen(server, `/ws/${channel}`)]
  await other.connect()
  expect((await publish(server, 'acme', 'KYC_STATUS', { status: 'INIT' })).recipients).toBe(2)
  for (const client of clients) expect(versions(await received(client))).toEqual([1])
})

test('D7: a new channel ends the connections of the old one before its answer leaves, on every listener', async () => {
  const listeners = [
    { host: '127.0.0.1', port: 0, systems: '*' as const },
    { host: '127.0.0.1', port: 0, systems: ['dcs'] },
  ]
  await using server = await start({ listen: listeners })
  const base = server.fanfare.listeners[1]!.url.origin
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  const old = await acme.channel()
  const [here, there] = [
    await listen(server, `/ws/${old}`),
    await listen(server, `/ws/${old}`, base),
  ]
  const foreign = await other.connect()
  await acme.tell('u1')
  const fresh = await acme.channel()
  expect(server.listeners('dcs/partner:acme')).toBe(0)
  await acme.tell('u2')
  for (const client of [here, there]) {
    expect(await client.close()).toEqual(gone)
    expect(versions(client.frames.map((text) => JSON.parse(text)))).toEqual([1])
  }
  for (const from of [server.url, base]) {
    expect(await handshake(server, `/ws/${old}`, {}, from)).toBe('410 CHANNEL_EXPIRED')
    expect(await handshake(server, `/ws/${fresh}`, {}, from)).toBe('101')
  }
  expect(await received(foreign)).toEqual([])
  expect(foreign.closed).toBeNull()
})

test('D3: after 24 hours a channel ends to the ms, and there is no data any more', async () => {
  await using server = await start({ dcs: patient })
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  const client = await listen(server, `/ws/${channel}`)
  server.clock.advance(day - 1)
  await acme.tell('u1')
  expect(versions(await received(client))).toEqual([1])
  expect(await handshake(server, `/ws/${channel}`)).toBe('101')
  server.clock.advance(1)
  await acme.tell('u2')
  expect(await client.close()).toEqual(gone)
  expect(client.frames).toEqual([])
  expect(await handshake(server, `/ws/${channel}`)).toBe('410 CHANNEL_EXPIRED')
})

test('D3: who refreshes an hour early and asks for what it missed goes on for another 24 hours without a gap', async () => {
  await using server = await start({ dcs: patient })
  const acme = await partner(server, 'acme')
  const old = await acme.connect()
  await acme.tell('u1')
  server.clock.advance(23 * hour)
  await acme.tell('u2')
  expect(versions(await received(old))).toEqual([1, 2])
  const channel = await acme.channel()
  await acme.tell('u3')
  const client = await server.connect(`/ws/${channel}?after=2`)
  await acme.tell('u4')
  await client.until(() => client.frames.length === 2, 'both messages')
  server.clock.advance(day - 1)
  await acme.tell('u5')
  expect(versions(await received(client))).toEqual([3, 4, 5])
  server.clock.advance(1)
  expect(await client.close()).toEqual(gone)
})

test('D9: a channel nobody ever had is 404; one that expired or was replaced is 410 for 30 days, then 404', async () => {
  await using server = await start({ dcs: { channel_ttl: 60_000 } })
  const acme = await partner(server, 'acme')
  const unknown = ['0123456789abcdefghijkl', 'x', `${'a'.repeat(5_000)}`, '%00', 'a%2Fb']
  for (const channel of unknown) {
    expect(await handshake(server, `/ws/${channel}`)).toBe('404 CHANNEL_NOT_FOUND')
  }
  const replaced = await acme.channel()
  const expired = await acme.channel()
  server.clock.jump(60_000)
  const wrongCase = expired.replace(/[a-z]/g, (letter) => letter.toUpperCase())
  expect(await handshake(server, `/ws/${wrongCase}`)).toBe('404 CHANNEL_NOT_FOUND')
  for (const channel of [replaced, expired]) {
    expect(await handshake(server, `/ws/${channel}`)).toBe('410 CHANNEL_EXPIRED')
  }
  server.clock.jump(30 * day - 60_001)
  for (const channel of [replaced, expired]) {
    expect(await handshake(server, `/ws/${channel}`)).toBe('410 CHANNEL_EXPIRED')
  }
  server.clock.jump(60_001)
  for (const channel of [replaced, expired]) {
    expect(await handshake(server, `/ws/${channel}`)).toBe('404 CHANNEL_NOT_FOUND')
  }
  await acme.channel()
  expect(await handshake(server, `/ws/${expired}`)).toBe('404 CHANNEL_NOT_FOUND')
})

test('D7: of channels fetched at the same time one is left, and all the others are known as expired', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channels = await Promise.all(Array.from({ length: 20 }, () => acme.channel()))
  expect(new Set(channels).size).toBe(20)
  const answers = await Promise.all(channels.map((channel) => handshake(server, `/ws/${channel}`)))
  expect(answers.toSorted()).toEqual(['101', ...Array(19).fill('410 CHANNEL_EXPIRED')])
})

test('D7: a handshake that overlaps the rotation of its channel leaves nobody behind who still listens', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  let opened = 0
  for (let round = 0; round < 40; round++) {
    const channel = await acme.channel()
    const joining = server.connect(`/ws/${channel}`).catch(() => null)
    const rotating = round % 2 === 0 ? acme.channel() : Bun.sleep(0).then(acme.channel)
    const client = await joining
    await rotating
    if (client === null) continue
    opened++
    expect(await client.close()).toEqual(gone)
  }
  expect(opened).toBeGreaterThan(0)
  await server.settled(() => server.listeners('dcs/partner:acme') === 0)
})

test.each([
  ['replaced', {}],
  // A grace begins at the rotation: what had ended by then is not given any.
  ['expired', { channel_ttl: 5 * 60_000, rotation_grace: 60_000 }],
])('D7: a clock that is set back brings no %s channel to life', async (_, dcs) => {
  await using server = await start({ dcs })
  const acme = await partner(server, 'acme')
  const old = await acme.channel()
  server.clock.jump(10 * 60_000)
  await acme.channel()
  server.clock.jump(-9 * 60_000)
  expect(await handshake(server, `/ws/${old}`)).toBe('410 CHANNEL_EXPIRED')
})

test('D3: the end follows the clock on the wall, whichever way that is set', async () => {
  await using server = await start({ dcs: { channel_ttl: 10 * 60_000, timeout: day } })
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  server.clock.jump(-5 * 60_000)
  server.clock.advance(14 * 60_000)
  expect(await received(client)).toEqual([])
  expect(client.closed).toBeNull()
  server.clock.advance(60_000)
  expect(await client.close()).toEqual(gone)
  const other = await acme.connect()
  server.clock.jump(10 * 60_000)
  server.clock.advance(1_000)
  expect(await other.close()).toEqual(gone)
})

test('D7: with a grace the old channel goes on that long, then ends, and the new one stays', async () => {
  await using server = await start({ dcs: { rotation_grace: 60_000 } })
  const acme = await partner(server, 'acme')
  const first = await acme.channel()
  const old = await listen(server, `/ws/${first}`)
  const second = await acme.channel()
  const fresh = await listen(server, `/ws/${second}`)
  await acme.tell('u1')
  expect(versions(await received(old))).toEqual([1])
  expect(versions(await received(fresh))).toEqual([1])
  server.clock.advance(30_000)
  // A further rotation gives the first one no more time.
  await acme.channel()
  await acme.tell('u2')
  expect(versions(await received(old))).toEqual([2])
  server.clock.advance(29_999)
  await acme.tell('u3')
  expect(versions(await received(old))).toEqual([3])
  server.clock.advance(1)
  await acme.tell('u4')
  expect(await old.close()).toEqual(gone)
  expect(old.frames).toEqual([])
  expect(versions(await received(fresh))).toEqual([2, 3, 4])
  expect(await handshake(server, `/ws/${first}`)).toBe('410 CHANNEL_EXPIRED')
  expect(await handshake(server, `/ws/${second}`)).toBe('101')
})

test('D7: a grace ends by the clock on the wall, too', async () => {
  await using server = await start({ dcs: { rotation_grace: 60_000 } })
  const acme = await partner(server, 'acme')
  const old = await acme.connect()
  const fresh = await acme.connect()
  server.clock.jump(60_000)
  server.clock.advance(1_000)
  expect(await old.close()).toEqual(gone)
  expect(await received(fresh)).toEqual([])
  expect(fresh.closed).toBeNull()
})

test('D7: the grace of an old channel goes on over a restart, and so does its end', async () => {
  const before = await start({ dcs: { rotation_grace: 60_000 } })
  const acme = await partner(before, 'acme')
  const old = await acme.channel()
  const fresh = await acme.channel()
  await using server = await before.restart()
  const client = await listen(server, `/ws/${old}`)
  expect(await handshake(server, `/ws/${fresh}`)).toBe('101')
  server.clock.advance(60_000)
  expect(await client.close()).toEqual(gone)
  expect(await handshake(server, `/ws/${old}`)).toBe('410 CHANNEL_EXPIRED')
  expect(await handshake(server, `/ws/${fresh}`)).toBe('101')
})

test('D8: the server pings three times in its timeout; who answers stays, who does not is closed', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  const alive = await listen(server, `/ws/${channel}`)
  let pings = 0
  ;(alive.socket as unknown as EventTarget).addEventListener('ping', () => pings++)
  expect((await rawHandshake(server.url, `/ws/${channel}`)).status).toBe(101)
  await server.settled(() => server.listeners('dcs/partner:acme') === 2)
  for (let beat = 1; beat <= 2; beat++) {
    server.clock.advance(31_000)
    await server.settled(() => pings === beat)
    await received(alive)
  }
  server.clock.advance(27_000)
  expect(server.listeners('dcs/partner:acme')).toBe(2)
  server.clock.advance(2_000)
  await server.settled(() => server.listeners('dcs/partner:acme') === 1)
  await acme.tell('u1')
  expect(versions(await received(alive))).toEqual([1])
})

test('D8: frames of a client mean nothing, whatever they say, and are no reason to close', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  for (let round = 0; round < 12; round++) {
    for (const frame of ['ping', '{"command":"Subscribe"}', '[', '']) client.send(frame)
  }
  expect(await received(client)).toEqual([])
  await acme.tell('u1')
  expect(versions(await received(client))).toEqual([1])
})

test.each<[string, number, (client: TestClient) => void]>([
  ['a binary frame', 4400, ({ socket }) => socket.send(new Uint8Array([1]))],
  ['a frame nested too deeply', 4400, (client) => client.send('['.repeat(33))],
  ['a frame over the limit', 1009, (client) => client.send('x'.repeat(1_048_577))],
  ['a flood', 4429, (client) => numbers(1, 1_500).forEach(() => client.send('x'))],
])('D8: %s ends its connection with %d and no other', async (_, code, misbehave) => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  const [bad, good] = [
    await listen(server, `/ws/${channel}`),
    await listen(server, `/ws/${channel}`),
  ]
  misbehave(bad)
  expect((await bad.close()).code).toBe(code)
  await acme.tell('u1')
  expect(versions(await received(good))).toEqual([1])
})

test('D8: a plain request to a channel is 426 in the partners’ envelope, known or not', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  for (const path of [`/ws/${await acme.channel()}`, '/ws/x']) {
    const answer = await server.fetch(path)
    expect([answer.status, answer.headers.get('upgrade')]).toEqual([426, 'websocket'])
    expect(await answer.json()).toMatchObject({ code: 'UPGRADE_REQUIRED', success: false })
  }
})

test('D9: an address that holds no channel is 404 in the envelope, asked for as a socket or not', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  for (const path of ['/ws/', `/ws/${channel}/`, `/ws/${channel}/x`, `/ws//${channel}`]) {
    expect(await handshake(server, path)).toBe('404 NOT_FOUND')
    expect(await (await server.fetch(path)).json()).toEqual({
      code: 'NOT_FOUND',
      message: 'No such address',
      success: false,
    })
  }
})

test('D9: refusals of the door have the envelope too', async () => {
  const limits = { handshakes_per_ip_per_minute: 6, origins: ['https://good.example'] }
  await using server = await start({ limits })
  const acme = await partner(server, 'acme')
  const path = `/ws/${await acme.channel()}`
  expect(await handshake(server, path, { origin: 'https://evil.example' })).toBe(
    '403 ORIGIN_REFUSED',
  )
  expect(await handshake(server, path, { connection: 'keep-alive' })).toBe('400 INVALID_REQUEST')
  expect(await handshake(server, path, { 'sec-websocket-version': '8' })).toBe(
    '426 UPGRADE_REQUIRED',
  )
  for (let count = 0; count < 6; count++) {
    expect(await handshake(server, '/ws/x')).toBe('404 CHANNEL_NOT_FOUND')
  }
  expect(await handshake(server, path)).toBe('429 RATE_LIMITED')
  const { headers } = await rawHandshake(server.url, path)
  expect(headers.get('retry-after')).toBe('10')
})

test('D9: a full server says so in the envelope', async () => {
  await using server = await start({ limits: { max_connections: 1 } })
  const acme = await partner(server, 'acme')
  const channel = await acme.channel()
  await server.connect(`/ws/${channel}`)
  expect(await handshake(server, `/ws/${channel}`)).toBe('503 OVERLOADED')
})
