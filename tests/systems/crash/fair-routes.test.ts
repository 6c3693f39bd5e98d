import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { crashPoint, parseHash } from '../../../src/systems/crash/draw.ts'
import { received, casino, bets, ask, type Casino } from './casino.ts'

/** A game of chance with short flights. */
const chance = {
  scenario: undefined as never,
  salt_source: 'local',
  chain_length: 20,
  max_multiplier: '1.50',
  betting: 1_000,
  waiting: 1_000,
} as const

const json = async (house: Casino, path: string) => house.call('GET', path, 200)

describe('the proof of a game of chance', () => {
  test('the commitment is public with all its terms before the first round, and the salt after it', async () => {
    await using house = await casino({ crash: chance })
    await house.until('betting')
    const fairness = await json(house, '/api/crash/fairness')
    expect(fairness).toEqual({
      commitment: expect.stringMatching(/^[0-9a-f]{64}$/),
      length: 20,
      rtpBps: 9_700,
      curve: 'exp:0.00015',
      cap: 1.5,
      committedAt: expect.any(Number),
      salt: expect.stringMatching(/^[0-9a-f]{64}$/),
      saltSource: 'local',
      saltAt: expect.any(Number),
      position: 1,
      leftAt: null,
    })
    expect(fairness.saltAt).toBeGreaterThanOrEqual(fairness.committedAt)
    const { chains } = await json(house, '/api/crash/chains')
    expect(chains).toEqual([{ chain: 1, ...fairness }])
  })

  test('every round recomputes from what is public: its hash leads back to the commitment, its point is that of hash and salt', async () => {
    await using house = await casino({ crash: chance })
    for (let round = 0; round < 4; round++) await house.until('waiting')
    await house.until('betting')
    const { commitment, salt, rtpBps } = await json(house, '/api/crash/fairness')
    const { rounds } = await json(house, '/api/crash/rounds')
    const over = rounds.filter(({ status }: { status: string }) => status === 'ended').reverse()
    expect(over).toHaveLength(4)
    let before = commitment
    for (const [index, { hash, roundIndex, crashPoint: told, roundId }] of over.entries()) {
      const bytes = Buffer.from(hash, 'hex')
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(before)
      expect(crashPoint(parseHash(hash)!, salt, rtpBps, 150)).toBe(Math.round(told * 100))
      expect(roundIndex).toBe(index + 1)
      const body = { hash, salt, rtp: '0.97' }
      const verdict = await house.call('POST', '/api/crash/verify', 200, body)
      expect(verdict).toEqual({ crashPoint: told, previousHash: before })
      const one = await json(house, `/api/crash/rounds/${roundId}`)
      expect(one).toMatchObject({ hash, crashPoint: told, source: 'chain', curve: 'exp:0.00015' })
      expect(one.fairness).toMatchObject({ commitment, salt })
      before = hash
    }
  })

  test('until the crash nothing anywhere tells the point: no frame, answer, log line, metric or health check', async () => {
    await using house = await casino({ crash: { ...chance, max_multiplier: '1000000.00' } })
    const { server } = house
    const player = await house.play('ann')
    const newest = async () => (await json(house, '/api/crash/rounds')).rounds[0]
    let running = { status: '', roundId: '' }
    // A flight of some ms may be over before anybody looks.
    for (let round = 0; running.status !== 'running'; round++) {
      await house.until('betting')
      await ask(player, bets(`bet-${round}`, '10.00'))
      await house.until('flying')
      running = await newest()
    }
    const frames = await received(player)
    const seen = [...server.logged, ...frames.map((frame) => JSON.stringify(frame))]
    for (const path of ['fairness', 'chains', 'rounds', 'stats']) {
      seen.push(JSON.stringify(await json(house, `/api/crash/${path}`)))
    }
    expect(running).toMatchObject({ status: 'running', crashPoint: null, hash: null })
    const one = await json(house, `/api/crash/rounds/${running.roundId}`)
    expect(one).toMatchObject({ status: 'running', crashPoint: null, hash: null, endedAt: null })
    seen.push(JSON.stringify(one))
    for (const path of ['/readyz', '/metrics']) {
      seen.push(await (await fetch(new URL(path, server.fanfare.listeners.at(-1)!.url))).text())
    }
    await house.until('waiting')
    const { hash, crashPoint: point, roundId } = await newest()
    expect(roundId).toBe(running.roundId)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(seen.filter((text) => text.includes(hash))).toEqual([])
    const types = new Set(frames.map(({ t }) => t))
    expect(types).toContain('CRASH_PHASE_CHANGE')
    expect(types).not.toContain('CRASH_ROUND_END')
    for (const { t, p } of frames) {
      if (t === 'CRASH_PHASE_CHANGE') expect(p).toMatchObject({ phase: 'flying', duration: null })
      if (t === 'CRASH_MULTIPLIER_UPDATE') expect(p.multiplier).toBeLessThanOrEqual(point)
    }
  })

  test('numbers are written with two decimals, so that no reader guesses', async () => {
    await using house = await casino({ crash: chance })
    const text = async (path: string) => (await house.server.fetch(path)).text()
    const unknown = '"averageCrashPoint":0.00,"maxCrashPoint":0.00,"minCrashPoint":0.00,'
    expect(await text('/api/crash/stats')).toContain(unknown)
    expect(await text('/api/crash/stats')).toContain('"rtp":0.0000}')
    await house.until('waiting')
    expect(await text('/api/crash/rounds')).toMatch(/"crashPoint":\d+\.\d\d,/)
    expect(await text('/api/crash/stats')).toMatch(/"averageCrashPoint":\d+\.\d\d,/)
    expect(await text('/api/crash/fairness')).toContain('"cap":1.50,')
  })

  test('pages of rounds go back one after another, newest first', async () => {
    await using house = await casino({ points: [100] })
    for (let round = 0; round < 5; round++) await house.until('waiting')
    const { rounds: all } = await json(house, '/api/crash/rounds')
    const ids = all.map(({ roundId }: { roundId: string }) => roundId)
    expect(ids).toEqual([...ids].sort().reverse())
    expect(new Set(ids).size).toBe(5)
    const page = async (before: string) =>
      (await json(house, `/api/crash/rounds?limit=2${before}`)).rounds.map(
        ({ roundId }: { roundId: string }) => roundId,
      )
    expect(await page('')).toEqual(ids.slice(0, 2))
    expect(await page(`&before=${ids[1]}`)).toEqual(ids.slice(2, 4))
    expect(await page(`&before=${ids[4]}`)).toEqual([])
  })

  test('a round of a scenario has no hash and says what it is, so that nobody takes it for chance', async () => {
    await using house = await casino({ points: [235] })
    await house.until('waiting')
    const [round] = (await json(house, '/api/crash/rounds')).rounds
    expect(round).toMatchObject({ crashPoint: 2.35, hash: null, roundIndex: null })
    const one = await json(house, `/api/crash/rounds/${round.roundId}`)
    expect(one).toMatchObject({ source: 'scenario', fairness: null })
  })
})

describe('a second opinion', () => {
  const hash = '0994344caec91863cb5e88a39fc08b47303791beb3e5a9e119dd9227028e8569'
  const salt = '0000000000000000000fa3b65e43e4240d71762a5bf397d5304b2596d116859c'
  const previousHash = '4ff37e29c5e734482b20b3257cee1e0eb16444d297947f72451b09f95104ceb9'

  test('anybody gets the point of any hash and salt, without a key', async () => {
    await using house = await casino()
    const verify = (body: unknown) =>
      house.server.fetch('/api/crash/verify', { method: 'POST', body })
    for (const [rtp, point] of [
      ['0.99', 3.2],
      ['0.97', 3.14],
      ['0.96', 3.1],
    ] as const) {
      const answer = await verify({ hash, salt, rtp })
      expect(answer.status).toBe(200)
      expect(await answer.json()).toEqual({ crashPoint: point, previousHash })
    }
    const text = await (await verify({ hash: hash.toUpperCase(), salt, rtp: 0.99 })).text()
    expect(text).toStartWith('{"crashPoint":3.20,')
    expect(await (await verify({ hash, salt, rtp: '1', cap: '3.00' })).json()).toMatchObject({
      crashPoint: 3,
    })
  })

  const faults: [string, unknown][] = [
    ['a hash that is none', { hash: 'xyz', salt, rtp: '0.99' }],
    ['a short hash', { hash: hash.slice(2), salt, rtp: '0.99' }],
    ['no salt', { hash, rtp: '0.99' }],
    ['a return above everything', { hash, salt, rtp: '1.01' }],
    ['no return at all', { hash, salt, rtp: '0' }],
    ['a return with an exponent', { hash, salt, rtp: '9e-1' }],
    ['a list', []],
    ['no JSON', '{'],
    ['a body without end', { hash, salt: 'x'.repeat(5_000) }],
  ]
  test('what cannot be judged is refused with its fault', async () => {
    await using house = await casino()
    for (const [what, body] of faults) {
      const answer = await house.server.fetch('/api/crash/verify', { method: 'POST', body })
      const { code } = (await answer.json()) as { code: string }
      const expected =
        what === 'a body without end' ? [413, 'PAYLOAD_TOO_LARGE'] : [400, 'INVALID_REQUEST']
      expect([what, answer.status, code]).toEqual([what, ...expected])
    }
  })
})

test('what everybody plays by is public, so that a page can offer the limits and draw the curve before the first round', async () => {
  await using house = await casino({
    crash: { currency: 'BTC', decimals: 4, min_bet: '0.5', max_bet: '70.00', curve: 'power:0.5:2' },
  })
  const answer = await house.server.fetch('/api/crash/rules')
  expect(await answer.json()).toEqual({
    ...{ currency: 'BTC', decimals: 4, minBet: '0.5000', maxBet: '70.0000' },
    maxProfit: '1000000.0000',
    ...{ curve: 'power:0.5:2', betting: 5_000, waiting: 3_000, tick: 50 },
    ...{ playMoney: true, maxMultiplier: 1_000_000 },
  })
})

test('any page in a browser may read the proof, errors and refusals included', async () => {
  await using house = await casino({ flags: { limits: { origins: ['https://a.example'] } } })
  const { url } = house.server
  const paths = ['chains', 'rules', 'stats', 'rounds', 'fairness', 'rounds/1', 'rounds?limit=0']
  for (const path of paths) {
    const plain = await fetch(`${url}/api/crash/${path}`)
    expect([path, plain.headers.get('access-control-allow-origin')]).toEqual([path, '*'])
    const answer = await fetch(`${url}/api/crash/${path}`, {
      headers: { origin: 'https://b.example' },
    })
    expect([path, answer.headers.get('access-control-allow-origin')]).toEqual([path, '*'])
  }
  const wallets = await fetch(`${url}/api/wallets/ann`, {
    headers: { origin: 'https://b.example' },
  })
  expect(wallets.headers.get('access-control-allow-origin')).toBeNull()
})

test('what does not exist is not found, and a malformed question says what is wrong with it', async () => {
  await using house = await casino()
  await house.call('GET', '/api/crash/rounds/1', 404)
  await house.call('GET', '/api/crash/rounds/latest', 404)
  await house.call('GET', '/api/crash/rounds?limit=0', 400)
  await house.call('GET', '/api/crash/rounds?limit=101', 400)
  await house.call('GET', '/api/crash/rounds?before=x', 400)
})

test('one address that asks without end is slowed down, so that the proof costs others nothing', async () => {
  await using house = await casino()
  const asked = Array.from({ length: 501 }, () => house.server.fetch('/api/crash/chains'))
  const statuses = (await Promise.all(asked)).map(({ status }) => status)
  expect(statuses.filter((status) => status === 200)).toHaveLength(500)
  const late = await house.server.fetch('/api/crash/stats')
  expect([late.status, late.headers.get('access-control-allow-origin')]).toEqual([429, '*'])
  expect(late.headers.get('retry-after')).toBe('1')
})
