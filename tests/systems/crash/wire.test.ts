import { expect, test } from 'bun:test'
import { serverKey } from '../../fixture.ts'
import { rawHandshake } from '../../raw.ts'
import { answerTo, ask, bets, casino, outcome, received, say, types } from './casino.ts'

test('K1, K4, K12: whoever connects is told the state first, unasked', async () => {
  await using place = await casino()
  await place.until('betting')
  const { clock } = place.server
  const client = await place.server.connect('/crash/ws')
  expect(await client.next()).toEqual({
    i: 'state-init',
    t: 'GET_STATE_RESPONSE',
    p: {
      roundId: expect.stringMatching(/^20260102\d{8}$/),
      ...{ phase: 'betting', currentMultiplier: 1, elapsedTime: 0 },
      timeRemaining: expect.any(Number),
      ...{ myBets: [], players: [], totalPlayers: 0, totalBets: '0.00', timestamp: clock.now() },
    },
  })
  expect(await received(client)).toEqual([])
})

test('K1: on a listener of its own the game is at /ws', async () => {
  const listen = [
    { host: '127.0.0.1', port: 0, systems: '*' as const },
    { host: '127.0.0.1', port: 0, systems: ['crash'] },
  ]
  await using place = await casino({ flags: { listen } })
  const base = place.server.fanfare.listeners[1]!.url.origin
  for (const path of ['/ws', '/crash/ws']) {
    const client = await place.server.connect(path, { base })
    expect((await client.next()).i).toBe('state-init')
  }
  expect((await place.server.fetch('/ws')).status).toBe(404)
})

test('K9, K10, K16, R10: a bet is answered with its id, and everybody hears of the player', async () => {
  await using place = await casino()
  await place.until('betting')
  const [alice, other] = [await place.play('alice', { name: 'Alice' }), await place.watch()]
  const frame = say('msg-001', 'PLACE_BET', {
    amount: '150.00',
    gameParams: {
      crashParams: {
        slots: [
          { slotId: 1, amount: '100.00' },
          { slotId: 2, amount: '50.00', autoCashOut: '2.00' },
        ],
      },
    },
  })
  const { i, t, p } = await ask(alice, frame)
  expect([i, t]).toEqual(['msg-001', 'PLACE_BET_RESPONSE'])
  expect(p).toEqual({
    roundId: expect.any(String),
    slots: [
      { slotId: 1, amount: '100.00', status: 'active' },
      { slotId: 2, amount: '50.00', status: 'active', autoCashOut: '2.00' },
    ],
    balance: '9850.00',
    timestamp: expect.any(Number),
  })
  await place.pass(100)
  const [told, ...rest] = await received(other)
  expect(rest).toEqual([])
  const players = { totalPlayers: 1, totalBets: '150.00' }
  const shown = [
    { slotId: 1, amount: '100.00', status: 'active' },
    { slotId: 2, amount: '50.00', status: 'active' },
  ]
  expect(told).toEqual({
    i: expect.stringMatching(/^evt-\d+$/),
    t: 'CRASH_PLAYER_UPDATE',
    p: {
      action: 'BET_PLACED',
      player: {
        ...{ playerId: 'alice', nickname: 'Alice', avatar: '', isAnonymous: false },
        bets: shown,
      },
      ...players,
      timestamp: expect.any(Number),
    },
  })
  const state = await ask(alice, say('s', 'GET_STATE'))
  expect(state.p).toMatchObject({
    ...players,
    players: [{ playerId: 'alice', nickname: 'Alice', bets: shown }],
    myBets: p.slots,
  })
})

test('K7, K14, K15, K17, K20: a round is told in its order, and nothing above its crash point', async () => {
  await using place = await casino({ points: [110] })
  await place.until('waiting')
  const alice = await place.play('alice')
  await place.until('betting')
  await place.until('betting')
  const frames = (await received(alice)).slice()
  const from = frames.findIndex(({ p }) => p.phase === 'betting')
  const told = frames.slice(from)
  const names = told.map(({ t, p }) => (t === 'CRASH_PHASE_CHANGE' ? p.phase : t))
  const ticks = told.filter(({ t }) => t === 'CRASH_MULTIPLIER_UPDATE').map(({ p }) => p)
  expect(names.filter((name) => name !== 'CRASH_MULTIPLIER_UPDATE')).toEqual([
    ...['betting', 'flying', 'CRASH_ROUND_END', 'waiting', 'CRASH_STATS', 'betting'],
  ])
  const between = names.slice(names.indexOf('flying') + 1, names.indexOf('CRASH_ROUND_END'))
  expect(new Set(between)).toEqual(new Set(['CRASH_MULTIPLIER_UPDATE']))
  expect(ticks.length).toBe(between.length)
  for (const { multiplier } of ticks) expect(multiplier).toBeLessThanOrEqual(1.1)
  const serials = frames.map(({ i }) => Number(i.slice('evt-'.length)))
  expect(serials).toEqual([...serials].sort((a, b) => a - b))
  expect(new Set(serials).size).toBe(serials.length)
  const change = (phase: string) => told.find(({ p }) => p.phase === phase).p
  expect(change('betting')).toMatchObject({ duration: 5_000, nextPhase: 'flying' })
  expect(change('flying')).toMatchObject({ duration: null, nextPhase: 'waiting' })
  expect(change('waiting')).toMatchObject({ duration: 3_000, nextPhase: 'betting' })
  expect(told.find(({ t }) => t === 'CRASH_ROUND_END').p).toMatchObject({
    ...{ crashPoint: 1.1, winners: [], losers: [], totalBets: '0.00', nextRoundIn: 3_000 },
    ...{ hash: null, roundIndex: null },
  })
})

test('R22: multipliers are written with two decimals, since a client shows what it reads', async () => {
  await using place = await casino({ points: [120] })
  await place.until('waiting')
  const frames = place.watcher.frames.filter((text) => text.includes('CRASH_MULTIPLIER_UPDATE'))
  expect(frames.length).toBeGreaterThan(2)
  for (const text of frames) expect(text).toMatch(/"multiplier":\d+\.\d\d,/)
  await place.pass(50)
  expect(place.watcher.frames.join('\n')).toMatch(/"recentCrashPoints":\[1\.20[\],]/)
})

test('K11, K17, R21, R26: a cash-out wins what the multiplier is, and the end says who won and lost, to each its own', async () => {
  await using place = await casino({ points: [150] })
  await place.until('betting')
  const [alice, bob, other] = [
    await place.play('alice'),
    await place.play('bob', { anonymous: true, name: 'Bobby' }),
    await place.watch(),
  ]
  await ask(alice, bets('1', '100.00', '10.00'))
  await ask(bob, bets('1', '20.00'))
  await place.until('flying')
  await place.pass(1_000)
  const { p: out } = await ask(alice, say('2', 'CASH_OUT', { slotId: 1, cashOutAll: false }))
  const [{ multiplier, winAmount }] = out.results
  expect(multiplier).toBeGreaterThan(1.1)
  expect(out).toEqual({
    results: [
      {
        ...{ slotId: 1, betAmount: '100.00', multiplier, winAmount },
        profit: (Number(winAmount) - 100).toFixed(2),
      },
    ],
    balance: (9_890 + Number(winAmount)).toFixed(2),
    timestamp: expect.any(Number),
  })
  expect(Number(winAmount)).toBeCloseTo(100 * multiplier, 6)
  await place.until('waiting')
  const heard = await received(other)
  const end = heard.find(({ t }) => t === 'CRASH_ROUND_END').p
  expect(end.winners).toEqual([
    {
      ...{ playerId: 'alice', nickname: 'alice', slotId: 1, betAmount: '100.00' },
      ...{ cashOutMultiplier: multiplier, winAmount, profit: out.results[0].profit },
    },
  ])
  expect(end.losers).toEqual([
    ...[
      { playerId: 'alice', nickname: 'alice', slotId: 2, betAmount: '10.00', lostAmount: '10.00' },
    ],
    {
      ...{ playerId: expect.stringMatching(/^anon-[0-9a-f]{12}$/), nickname: 'Anonymous' },
      ...{ slotId: 1, betAmount: '20.00', lostAmount: '20.00' },
    },
  ])
  expect(end).toMatchObject({ crashPoint: 1.5, totalBets: '130.00', totalPayout: winAmount })
  const all = JSON.stringify(heard)
  expect(all).not.toMatch(/bob/i)
  expect(all).not.toContain('CRASH_MY_RESULT')
  const own = (await received(alice)).filter(({ t }) => t !== 'CRASH_MULTIPLIER_UPDATE')
  const mine = own.findIndex(({ t }) => t === 'CRASH_MY_RESULT')
  expect(mine).toBeGreaterThan(own.findIndex(({ t }) => t === 'CRASH_ROUND_END'))
  expect(own[mine].p.bets).toEqual([
    {
      ...{ slotId: 1, amount: '100.00', status: 'cashed_out' },
      ...{ cashOutMultiplier: multiplier, winAmount },
    },
    { slotId: 2, amount: '10.00', status: 'lost' },
  ])
})

test('K13, R12: a cancelled bet comes back, and everybody hears it', async () => {
  await using place = await casino()
  await place.until('betting')
  const [alice, other] = [await place.play('alice'), await place.watch()]
  await ask(alice, bets('1', '100.00', '50.00'))
  expect((await ask(alice, say('2', 'CANCEL_BET', { slotId: 1 }))).p).toEqual({
    ...{ cancelled: [1], refundAmount: '100.00', balance: '9950.00' },
  })
  await place.pass(100)
  const changes = (await received(other)).filter(({ t }) => t === 'CRASH_PLAYER_UPDATE')
  expect(changes.at(-1).p).toMatchObject({
    action: 'BET_CANCELLED',
    player: { playerId: 'alice', bets: [{ slotId: 2, amount: '50.00', status: 'active' }] },
    ...{ totalPlayers: 1, totalBets: '50.00' },
  })
  expect((await ask(alice, say('3', 'CANCEL_BET', { slotId: 0 }))).p.cancelled).toEqual([2])
  expect(await outcome(alice, say('4', 'CANCEL_BET', { slotId: 0 }))).toBe('BET_NOT_FOUND')
})

test('K18: who has too little money is told how much, in decimals', async () => {
  await using place = await casino()
  await place.until('betting')
  const alice = await place.play('alice')
  await ask(alice, bets('1', '9900.00'))
  await ask(alice, say('2', 'CANCEL_BET', { slotId: 0 }))
  await ask(alice, bets('3', '9000.00'))
  const frame = say('4', 'PLACE_BET', { crash: { slots: [{ slotId: 2, amount: '1000.01' }] } })
  expect(await ask(alice, frame)).toEqual({
    i: '4',
    t: 'ERROR',
    p: {
      code: 'INSUFFICIENT_BALANCE',
      message: expect.any(String),
      details: { required: '1000.01', available: '1000.00', httpStatus: 400 },
      timestamp: expect.any(Number),
    },
  })
})

test('of several things that are wrong, shape comes before token, phase, slots, amount and balance', async () => {
  await using place = await casino()
  await place.until('flying')
  const [alice, spectator] = [await place.play('alice'), await place.watch()]
  const bet = (i: string, slots: unknown) => say(i, 'PLACE_BET', { crash: { slots } })
  const twice = [1, 1].map((slotId) => ({ slotId, amount: 'x' }))
  expect(await outcome(spectator, bet('1', 'x'))).toBe('INVALID_REQUEST')
  expect(await outcome(spectator, bet('2', twice))).toBe('UNAUTHORIZED')
  expect(await outcome(alice, bet('3', twice))).toBe('INVALID_PHASE')
  await place.until('betting')
  expect(await outcome(alice, bet('4', twice))).toBe('MAX_BETS_EXCEEDED')
  expect(await outcome(alice, bet('5', [{ slotId: 1, amount: 'x' }]))).toBe('INVALID_AMOUNT')
  expect(await outcome(alice, bet('6', [{ slotId: 1, amount: '10000.01' }]))).toBe('INVALID_AMOUNT')
  const { p } = await ask(alice, bet('7', [{ slotId: 1, amount: '10000.01' }]))
  expect(p.details).toMatchObject({ limit: '10000.00' })
  const both = [1, 2].map((slotId) => ({ slotId, amount: '6000.00' }))
  expect(await outcome(alice, bet('8', both))).toBe('INSUFFICIENT_BALANCE')
  expect(await place.balance('alice')).toBe('10000.00')
  await ask(alice, bet('9', [{ slotId: 1, amount: '1.00' }]))
  expect(await outcome(alice, bet('10', [{ slotId: 1, amount: 'x' }]))).toBe('MAX_BETS_EXCEEDED')
})

test('K24, R27: beyond its rate a command is refused, the others go on, and sockets of a player share it', async () => {
  const rates = { bet: 5, cash_out: 10, state: 2, other: 5 }
  await using place = await casino({ crash: { rates } })
  await place.until('betting')
  const [first, second] = [await place.play('alice'), await place.play('alice')]
  expect(await outcome(first, say('1', 'GET_STATE'))).toBe('GET_STATE_RESPONSE')
  expect(await outcome(second, say('2', 'GET_STATE'))).toBe('GET_STATE_RESPONSE')
  const { p } = await ask(second, say('3', 'GET_STATE'))
  expect(p).toMatchObject({
    code: 'RATE_LIMITED',
    details: { retryAfterMs: 500, httpStatus: 429 },
  })
  const other = await place.play('bob')
  expect(await outcome(other, say('4', 'GET_STATE'))).toBe('GET_STATE_RESPONSE')
  const spoken = []
  for (let n = 0; n < 6; n++) spoken.push(await outcome(first, bets(`bet-${n}`, 'x')))
  expect(spoken).toEqual([...Array(5).fill('INVALID_AMOUNT'), 'RATE_LIMITED'])
  for (let n = 0; n < 11; n++) spoken[n] = await outcome(first, say(`out-${n}`, 'CASH_OUT'))
  expect(spoken).toEqual([...Array(10).fill('INVALID_PHASE'), 'RATE_LIMITED'])
  // An unknown request counts for the rest.
  for (let n = 0; n < 5; n++) spoken[n] = await outcome(first, say(`what-${n}`, 'WHAT'))
  expect(spoken.slice(0, 5)).toEqual(Array(5).fill('INVALID_REQUEST'))
  expect(await outcome(first, say('ping', 'PING'))).toBe('RATE_LIMITED')
  place.server.clock.advance(500)
  expect(await outcome(first, say('5', 'GET_STATE'))).toBe('GET_STATE_RESPONSE')
})

test('R27, K29: who asks on and on when refused is closed with 4429, and nobody else', async () => {
  await using place = await casino({
    crash: { rates: { bet: 5, cash_out: 10, state: 1, other: 5 } },
  })
  const [alice, bob] = [await place.play('alice'), await place.play('bob')]
  const spoken: string[] = []
  for (let n = 0; n < 21; n++) spoken.push(await outcome(alice, say(`${n}`, 'GET_STATE')))
  expect(spoken.slice(1)).toEqual(Array(20).fill('RATE_LIMITED'))
  alice.send(say('last', 'GET_STATE'))
  expect((await alice.close()).code).toBe(4429)
  expect(await types(bob)).toEqual([])
})

test('K21, R5: PONG has the id of its ping and the time of the server; the text 0 is answered with 1', async () => {
  await using place = await casino()
  const client = await place.watch()
  const { clock } = place.server
  expect(await ask(client, say('ping-001', 'PING', { timestamp: 5 }))).toEqual({
    i: 'ping-001',
    t: 'PONG',
    p: { timestamp: clock.now() },
  })
  client.send('0')
  expect(await client.text()).toBe('1')
})

test('silence of 60 s ends a connection with 4408, and any frame is a sign of life', async () => {
  await using place = await casino()
  const { server } = place
  // A client that answers no pings: its network is gone.
  expect((await rawHandshake(server.url, '/crash/ws')).status).toBe(101)
  const client = await place.watch()
  const ended = () => server.logged.filter((line) => line.includes('"reason":"heartbeat"'))
  await place.pass(59_900)
  expect(ended()).toEqual([])
  await place.pass(1_100)
  expect(ended()).toHaveLength(1)
  expect(await outcome(client, say('1', 'PING'))).toBe('PONG')
})

test('/readyz says why no round begins, which keeps nobody away', async () => {
  await using place = await casino({
    flags: { dev: false },
    crash: { scenario: null as never, salt_source: 'manual' },
  })
  const ready = async () => {
    const answer = await place.server.fetch('/readyz')
    return [answer.status, ((await answer.json()) as any).checks.crash]
  }
  while ((await ready())[1] === 'No chain is committed yet') await place.pass(100)
  expect(await ready()).toEqual([200, expect.stringContaining('fanfare crash chain salt')])
  const client = await place.watch()
  const { p } = await ask(client, say('1', 'GET_STATE'))
  expect(p).toMatchObject({ roundId: null, phase: 'waiting', currentMultiplier: 1 })
})

test('R16: what is no frame is told so; the tenth within a minute ends the connection', async () => {
  await using place = await casino()
  await place.until('betting')
  const client = await place.watch()
  client.send('{"i":')
  expect(await client.next()).toMatchObject({ i: '', t: 'ERROR', p: { code: 'INVALID_REQUEST' } })
  client.send('{"i":"7","t":5}')
  expect(await client.next()).toMatchObject({ i: '7', p: { code: 'INVALID_REQUEST' } })
  expect(await outcome(client, say('8', 'WHAT'))).toBe('INVALID_REQUEST')
  for (let n = 0; n < 8; n++) client.send('x')
  expect((await client.close()).code).toBe(4400)
})

test('R30: the same wish under the same id takes effect once, also in another phase and form', async () => {
  await using place = await casino()
  await place.until('betting')
  const [alice, bob] = [await place.play('alice'), await place.play('bob')]
  const first = await ask(alice, bets('msg-001', '100.00'))
  expect(await ask(alice, bets('msg-001', '100.00'))).toEqual(first)
  const again = await place.play('alice')
  await place.until('flying')
  const shaped = { gameParams: { crashParams: { slots: [{ slotId: 1, amount: '100.00' }] } } }
  expect(await ask(again, say('msg-001', 'PLACE_BET', shaped))).toEqual(first)
  expect(await outcome(again, bets('msg-001', '50.00'))).toBe('INVALID_REQUEST')
  expect(await outcome(again, say('msg-001', 'CASH_OUT', { slotId: 1 }))).toBe('INVALID_REQUEST')
  expect(await outcome(bob, bets('msg-001', '100.00'))).toBe('INVALID_PHASE')
  expect(await place.balance('alice')).toBe('9900.00')
  const out = await ask(again, say('msg-002', 'CASH_OUT', {}))
  expect(await ask(alice, say('msg-002', 'CRASH_CASH_OUT', {}))).toEqual(out)
})

test('commands of one client are answered in their order, however fast they come', async () => {
  await using place = await casino()
  await place.until('betting')
  const alice = await place.play('alice')
  for (let n = 0; n < 20; n++) {
    alice.send(bets(`bet-${n}`, '1.00'))
    alice.send(say(`cancel-${n}`, 'CANCEL_BET', { slotId: 1 }))
    alice.send(say(`ping-${n}`, 'PING'))
  }
  const ids: string[] = []
  while (ids.length < 60) {
    const { i } = await alice.next()
    if (!i.startsWith('evt-')) ids.push(i)
  }
  expect(ids).toEqual(
    Array.from({ length: 20 }, (_, n) => [`bet-${n}`, `cancel-${n}`, `ping-${n}`]).flat(),
  )
  expect(await place.balance('alice')).toBe('10000.00')
})

test('R13: a bet is cashed out by itself at exactly its target, and its player hears the balance', async () => {
  await using place = await casino({ points: [200] })
  await place.until('betting')
  const alice = await place.play('alice')
  const slots = [{ slotId: 1, amount: '100.00', autoCashOut: '1.23' }]
  await ask(alice, say('1', 'PLACE_BET', { crash: { slots } }))
  await place.until('waiting')
  const heard = await received(alice)
  const change = heard.find(({ t }) => t === 'BALANCE_UPDATE').p
  expect(change).toMatchObject({
    ...{ playerId: 'alice', currency: 'USD', balance: '10023.00', changeAmount: '123.00' },
    gameId: 'crash',
  })
  expect(await place.balance('alice')).toBe('10023.00')
  const late = say('2', 'CASH_OUT', { slotId: 1 })
  expect(['ROUND_ENDED', 'ALREADY_CASHED_OUT']).toContain(await outcome(alice, late))
})

test('R26: the bets of a player that only waited are its own, and take part in the next round', async () => {
  await using place = await casino({ points: [150] })
  await place.until('flying')
  const alice = await place.play('alice')
  const wish = { crash: { slots: [{ slotId: 1, amount: '5.00' }] }, nextRound: true }
  const placed = await ask(alice, say('1', 'PLACE_BET', wish))
  expect(placed.p).toMatchObject({
    roundId: null,
    slots: [{ slotId: 1, amount: '5.00', status: 'pending' }],
    balance: '9995.00',
  })
  const state = await ask(alice, say('2', 'GET_STATE'))
  expect(state.p).toMatchObject({
    players: [],
    myBets: [{ slotId: 1, amount: '5.00', status: 'pending' }],
  })
  await place.until('betting')
  const { p } = await ask(alice, say('3', 'GET_STATE'))
  expect(p).toMatchObject({ totalBets: '5.00', myBets: [{ status: 'active' }] })
})

test('K31: with latency simulated answers and events come late, in their order', async () => {
  const crash = { scenario: { kind: 'latency' as const, delay: 80, jitter: 40 } }
  await using place = await casino({ crash })
  const { server } = place
  const client = await server.connect('/crash/ws')
  const opened = server.clock.elapsed()
  await server.settled(() => server.logged.some((line) => line.includes('connection opened')))
  expect(client.frames).toEqual([])
  while (client.frames.length === 0) await place.pass(10)
  expect(server.clock.elapsed() - opened).toBeGreaterThanOrEqual(40)
  expect((await client.next()).i).toBe('state-init')
  const sent = server.clock.elapsed()
  for (let n = 0; n < 5; n++) client.send(say(`${n}`, 'PING'))
  await Bun.sleep(5)
  const ids: string[] = []
  while (ids.length < 5) {
    await place.pass(10)
    for (const text of client.frames.splice(0)) {
      const { i } = JSON.parse(text)
      if (!i.startsWith('evt-')) ids.push(i)
    }
  }
  expect(ids).toEqual(['0', '1', '2', '3', '4'])
  expect(server.clock.elapsed() - sent).toBeGreaterThanOrEqual(80)
  expect(server.clock.elapsed() - sent).toBeLessThan(400)
})

test('nobody publishes to the game from outside', async () => {
  await using place = await casino()
  for (const channel of ['crash/events:CRASH_ROUND_END', 'crash/player:alice']) {
    const body = { channel, type: 'CRASH_ROUND_END', data: {} }
    expect((await place.call('POST', '/api/publish', 403, body)).code).toBe('FORBIDDEN')
  }
})

test('SIGTERM in flight: the round is played to its end, and its players hear it before they are sent away', async () => {
  // More than the flight takes: the disk of a busy machine needs its time, too.
  await using place = await casino({ points: [150], flags: { server: { drain: 600_000 } } })
  await place.until('betting')
  const alice = await place.play('alice')
  await ask(alice, bets('1', '100.00'))
  await place.until('flying')
  const stopping = place.server.stop(50)
  expect((await alice.close()).code).toBe(1012)
  await stopping
  const heard = alice.frames.map((text) => JSON.parse(text))
  expect(heard.map(({ t }) => t)).toContain('CRASH_ROUND_END')
  expect(heard.at(-1).t).not.toBe('CRASH_MULTIPLIER_UPDATE')
})

test('SIGTERM in flight of a round that lasts too long: everything is given back', async () => {
  await using place = await casino({ points: [100_000] })
  await place.until('betting')
  const alice = await place.play('alice')
  await ask(alice, bets('1', '100.00'))
  await place.until('flying')
  const again = await place.server.restart()
  const answer = await again.fetch('/api/wallets/alice', { token: serverKey })
  expect(await answer.json()).toEqual({ player: 'alice', balance: '10000.00' })
  await again.stop()
})

test('nothing that only a player may know is told to others in any frame', async () => {
  await using place = await casino({ points: [150] })
  await place.until('betting')
  const [alice, other] = [await place.play('alice'), await place.watch()]
  const slots = [{ slotId: 1, amount: '5.00', autoCashOut: '1.37' }]
  alice.send({ i: '1', t: 'PLACE_BET', p: { crash: { slots } } })
  await answerTo(alice, '1')
  await place.until('flying')
  const state = await place.server.connect('/crash/ws')
  const heard = [...(await received(other)), await state.next()]
  expect(JSON.stringify(heard)).not.toContain('1.37')
  expect(JSON.stringify(heard)).not.toContain('autoCashOut')
})
