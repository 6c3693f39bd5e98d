import { expect, test } from 'bun:test'
import { ask, bets, casino, outcome, received, refused, say, types } from './casino.ts'

const second = 1_000

test('R17: AUTH in a frame makes a player of a spectator, with play money in development', async () => {
  await using place = await casino()
  const client = await place.watch()
  expect(await outcome(client, bets('1', '1.00'))).toBe('UNAUTHORIZED')
  const token = await place.token('alice', { name: 'Alice' })
  const { clock } = place.server
  expect(await ask(client, say('auth-001', 'AUTH', { token }))).toEqual({
    i: 'auth-001',
    t: 'AUTH_RESPONSE',
    p: {
      ...{ success: true, playerId: 'alice', nickname: 'Alice' },
      ...{ balance: '10000.00', currency: 'USD' },
      ...{ expiresAt: expect.any(Number), timestamp: clock.now() },
    },
  })
  await place.until('betting')
  expect(await outcome(client, bets('2', '1.00'))).toBe('PLACE_BET_RESPONSE')
})

test('K1: a Bearer header and a token in the query let a player in at once, after the state', async () => {
  await using place = await casino()
  const token = await place.token('alice')
  const ways = [
    { path: '/crash/ws', headers: { authorization: `Bearer ${token}` } },
    { path: `/crash/ws?token=${token}`, headers: {} },
  ]
  for (const { path, headers } of ways) {
    const client = await place.server.connect(path, { headers })
    expect((await client.next()).i).toBe('state-init')
    const { i, t, p } = await client.next()
    expect([i, t, p.playerId, p.nickname]).toEqual(['auth-init', 'AUTH_RESPONSE', 'alice', 'alice'])
  }
})

test('K22: AUTH and the request for the state may be sent back to back, and the state has the bets', async () => {
  await using place = await casino()
  await place.until('betting')
  const before = await place.play('alice')
  await ask(before, bets('1', '5.00'))
  before.socket.close()
  const client = await place.server.connect('/crash/ws')
  client.send(say('auth-001', 'AUTH', { token: await place.token('alice') }))
  client.send(say('state-001', 'CRASH_GET_STATE'))
  const [init, auth, state] = [await client.next(), await client.next(), await client.next()]
  expect([init.i, init.p.myBets]).toEqual(['state-init', []])
  expect([auth.i, auth.p.balance]).toEqual(['auth-001', '9995.00'])
  expect([state.i, state.t]).toEqual(['state-001', 'GET_STATE_RESPONSE'])
  expect(state.p.myBets).toEqual([{ slotId: 1, amount: '5.00', status: 'active' }])
})

test('a player who comes back by the handshake finds its bets in the first frame', async () => {
  await using place = await casino()
  await place.until('betting')
  await ask(await place.play('alice'), bets('1', '5.00'))
  const client = await place.server.connect(`/crash/ws?token=${await place.token('alice')}`)
  expect((await client.next()).p.myBets).toEqual([{ slotId: 1, amount: '5.00', status: 'active' }])
})

test('R2: LOGIN is AUTH, and "Bearer " before the token does no harm', async () => {
  await using place = await casino()
  const client = await place.watch()
  const token = `Bearer ${await place.token('alice')}`
  expect(await outcome(client, say('1', 'LOGIN', { token }))).toBe('AUTH_RESPONSE')
})

test('R17: a token that does not hold ends the connection with 4401, and it is never said why', async () => {
  await using place = await casino()
  const exp = Math.floor(place.server.clock.now() / second) - 1
  const bad = {
    garbage: 'abc',
    empty: '',
    expired: await place.token('alice', { exp }),
    'for another system': await place.token('alice', { aud: 'jive' }),
    'of an id no purse can have': await place.token('a@b'),
  }
  for (const [why, token] of Object.entries(bad)) {
    const client = await place.watch()
    expect({ why, frame: await ask(client, say('1', 'AUTH', { token })) }).toEqual({
      why,
      frame: {
        i: '1',
        t: 'ERROR',
        p: {
          ...{ code: 'UNAUTHORIZED', message: 'Token missing, invalid or expired' },
          ...{ details: { httpStatus: 401 }, timestamp: place.server.clock.now() },
        },
      },
    })
    expect((await client.close()).code).toBe(4401)
    expect(await refused(place, `/crash/ws?token=${token}`)).toEqual([401, 'UNAUTHORIZED'])
  }
  const good = await place.token('alice')
  expect((await refused(place, `/crash/ws?token=${good}&token=${good}`))[0]).toBe(401)
})

test('AUTH without a token is a fault of its shape, and the connection goes on', async () => {
  await using place = await casino()
  const client = await place.watch()
  expect(await outcome(client, say('1', 'AUTH', {}))).toBe('INVALID_REQUEST')
  expect(await outcome(client, say('2', 'AUTH', { token: 5 }))).toBe('INVALID_REQUEST')
  expect(await outcome(client, say('3', 'PING'))).toBe('PONG')
})

test('K27: AUTH again moves the expiry; then the token ends with ERROR and 4401, and bets stay in play', async () => {
  await using place = await casino()
  const now = Math.floor(place.server.clock.now() / second)
  const client = await place.play('alice', { exp: now + 60 })
  const token = await place.token('alice', { exp: now + 120, name: 'New' })
  const { p } = await ask(client, say('1', 'AUTH', { token }))
  expect([p.expiresAt, p.nickname]).toEqual([(now + 120) * second, 'New'])
  await place.pass(61_000)
  expect(client.closed).toBeNull()
  await place.until('betting')
  await ask(client, bets('2', '100.00'))
  place.server.clock.jump(60_000)
  await place.pass(1_000)
  expect((await client.close()).code).toBe(4401)
  const last = JSON.parse(client.frames.findLast((text) => !text.includes('"evt-')) ?? '{}')
  expect(last).toMatchObject({ i: '', t: 'ERROR', p: { code: 'UNAUTHORIZED' } })
  const again = await place.play('alice', { exp: now + 3_600 })
  const state = await ask(again, say('3', 'GET_STATE'))
  expect(state.p.myBets).toEqual([{ slotId: 1, amount: '100.00', status: 'active' }])
})

test('a connection is that of one player: another one is refused, and the first one goes on', async () => {
  await using place = await casino()
  await place.until('betting')
  const client = await place.play('alice')
  const token = await place.token('bob')
  expect(await outcome(client, say('1', 'AUTH', { token }))).toBe('INVALID_REQUEST')
  expect(await outcome(client, bets('2', '1.00'))).toBe('PLACE_BET_RESPONSE')
  expect(await place.balance('alice')).toBe('9999.00')
  await place.call('GET', '/api/wallets/bob', 404)
})

test('nobody hears the balance of another player', async () => {
  await using place = await casino()
  const [alice, also, bob] = [
    await place.play('alice'),
    await place.play('alice'),
    await place.play('bob'),
  ]
  const spectator = await place.watch()
  const body = { amount: '1.00', tx_id: 't1' }
  await place.call('POST', '/api/wallets/alice/credit', 200, body)
  for (const one of [alice, also]) expect(await types(one)).toEqual(['BALANCE_UPDATE'])
  for (const one of [bob, spectator]) expect(await types(one)).toEqual([])
})

test('who is anonymous has an alias for others, the same all along, and its own name for itself', async () => {
  await using place = await casino()
  await place.until('betting')
  const claims = { anonymous: true, name: 'Alice', avatar: 'https://a/alice' }
  const token = await place.token('alice', claims)
  const client = await place.server.connect(`/crash/ws?token=${token}`)
  await client.next()
  expect((await client.next()).p).toMatchObject({ playerId: 'alice', nickname: 'Alice' })
  const other = await place.watch()
  await ask(client, bets('1', '1.00'))
  await place.pass(100)
  const [{ p }] = await received(other)
  const { playerId } = p.player
  expect(p.player).toMatchObject({ nickname: 'Anonymous', avatar: '', isAnonymous: true })
  expect(playerId).toMatch(/^anon-[0-9a-f]{12}$/)
  const state = await ask(other, say('2', 'GET_STATE'))
  expect(state.p.players).toMatchObject([{ playerId, nickname: 'Anonymous' }])
})

test('an address has so many spectators; who becomes a player or leaves makes room, and players always come in', async () => {
  const flags = { dev: false, limits: { max_spectators_per_ip: 3 } }
  await using place = await casino({ flags })
  const [first, leaver] = [await place.watch(), await place.watch()]
  expect(await refused(place, '/crash/ws')).toEqual([429, 'TOO_MANY_CONNECTIONS'])
  const player = await place.play('bob')
  expect(await outcome(player, say('1', 'PING'))).toBe('PONG')
  const token = await place.token('alice')
  expect(await outcome(first, say('1', 'AUTH', { token }))).toBe('AUTH_RESPONSE')
  await place.watch()
  expect((await refused(place, '/crash/ws'))[0]).toBe(429)
  leaver.socket.close()
  await leaver.close()
  await place.server.settled(() => place.server.listeners('crash/events:CRASH_STATS') === 4)
  await place.watch()
  expect((await refused(place, '/crash/ws'))[0]).toBe(429)
})

test('outside of development there is no play money and no token for whoever asks', async () => {
  await using place = await casino({ flags: { dev: false } })
  const client = await place.watch()
  const token = await place.token('alice')
  expect((await ask(client, say('1', 'AUTH', { token }))).p.balance).toBe('0.00')
  await place.call('POST', '/api/crash/test/tokens', 404, {})
})

test('K30: in development whoever asks gets a token that lets a player in', async () => {
  await using place = await casino()
  const asked = { playerId: 'alice', nickname: 'Alice', ttl: 60 }
  const { token, playerId } = await place.call('POST', '/api/crash/test/tokens', 200, asked, '')
  expect(playerId).toBe('alice')
  const client = await place.watch()
  const { p } = await ask(client, say('1', 'AUTH', { token }))
  expect(p).toMatchObject({ playerId: 'alice', nickname: 'Alice', balance: '10000.00' })
  expect(p.expiresAt).toBe(Math.floor(place.server.clock.now() / second) * second + 60_000)
  const other = await place.call('POST', '/api/crash/test/tokens', 200)
  expect(other.playerId).toMatch(/^player-[0-9a-f]{8}$/)
  for (const body of [{ ttl: 0 }, { ttl: 1.5 }, { playerId: 'a b' }, { nickname: '' }, '{']) {
    await place.call('POST', '/api/crash/test/tokens', 400, body)
  }
})

test('R29: a player without bets leaves without a word, one with bets when they are over', async () => {
  await using place = await casino({ points: [150] })
  await place.until('betting')
  const other = await place.watch()
  const [alice, bob, both] = [
    await place.play('alice'),
    await place.play('bob'),
    await place.play('bob'),
  ]
  await ask(bob, bets('1', '1.00'))
  alice.socket.close()
  bob.socket.close()
  both.socket.close()
  const left = async () =>
    (await received(other)).filter(({ p }) => p.action === 'LEFT').map(({ p }) => p.player.playerId)
  await place.until('flying')
  expect(await left()).toEqual([])
  await place.until('waiting')
  await place.pass(200)
  expect(await left()).toEqual(['bob'])
})
