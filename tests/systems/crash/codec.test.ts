import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { errorCodes, Refusal, type ErrorCode } from '../../../src/core/errors.ts'
import type { Person, ShownBet } from '../../../src/systems/crash/audience.ts'
import { createCodec, heartbeat } from '../../../src/systems/crash/codec.ts'
import {
  balanceUpdate,
  myResult,
  phaseChange,
  playerUpdate,
  roundEnd,
  rtpText,
  statsUpdate,
} from '../../../src/systems/crash/events.ts'
import type { GameState } from '../../../src/systems/crash/game.ts'
import { createStateAnswers } from '../../../src/systems/crash/answers.ts'
import { createWriting } from '../../../src/systems/crash/writing.ts'

const codec = createCodec({ decimals: 2 })
const writing = createWriting({
  ...{ decimals: 2, maxProfit: 1_000 },
  alias: (account) => `anon-${account}`,
})

function nameOf(type: string): string {
  return codec.decode(JSON.stringify({ i: '1', t: type, p: {} })).name
}

test.each([
  ['PLACE_BET', 'PLACE_BET'],
  ['BET', 'PLACE_BET'],
  ['CRASH_BET', 'PLACE_BET'],
  ['CRASH_PLACE_BET', 'PLACE_BET'],
  ['CRASH_CASH_OUT', 'CASH_OUT'],
  ['CRASH_CANCEL_BET', 'CANCEL_BET'],
  ['CRASH_GET_STATE', 'GET_STATE'],
  ['CRASH_SUBSCRIBE', 'SUBSCRIBE'],
  ['CRASH_UNSUBSCRIBE', 'UNSUBSCRIBE'],
  ['CRASH_PING', 'PING'],
  ['LOGIN', 'AUTH'],
  ['CRASH_AUTH', 'AUTH'],
])('R1, R2: %s is %s, since clients write it in both ways', (type, name) => {
  expect(nameOf(type)).toBe(name)
})

test('names that mean nothing stay as they are, the names of inherited properties among them', () => {
  for (const type of ['place_bet', 'CRASH_', 'toString', '__proto__', 'constructor', '']) {
    expect(nameOf(type)).toBe(type.replace(/^CRASH_/, ''))
  }
})

test('the text 0 is a heartbeat that is answered with 1, since other clients of this family send it', () => {
  const request = codec.decode('0')
  expect(request).toEqual({ id: null, name: heartbeat, data: null })
  expect(codec.reply({ ...request, receivedAt: 0 }, '')).toBe('1')
  expect([nameOf('0'), nameOf('CRASH_0')]).toEqual(['', ''])
})

/** How a frame is refused that cannot be read. */
function refused(text: string): any {
  try {
    codec.decode(text)
  } catch (error) {
    return JSON.parse(codec.refusal(error as Refusal, null, 5) as string)
  }
  throw new Error(`read: ${text}`)
}

describe('R16: a frame that is none is INVALID_REQUEST', () => {
  const cases: [why: string, frame: string, id: string][] = [
    ['no JSON', '{"i":"7","t":', ''],
    ['a number', '1', ''],
    ['null', 'null', ''],
    ['an array', '[]', ''],
    ['a string', '"PING"', ''],
    ['no type', '{"i":"7","p":{}}', '7'],
    ['a type that is no text', '{"i":"7","t":5}', '7'],
    ['no id', '{"t":"PING","p":{}}', ''],
    ['an id that is a number', '{"i":7,"t":"PING"}', ''],
    ['an empty id', '{"i":"","t":"PING"}', ''],
    ['an id of 129 characters', `{"i":"${'x'.repeat(129)}","t":"PING"}`, ''],
    ['an id that is no Unicode', '{"i":"\\ud800","t":"PING"}', ''],
    ['too deep', `{"i":"7","t":"PING","p":${'['.repeat(40)}${']'.repeat(40)}}`, ''],
  ]
  test.each(cases)('%s', (_, frame, id) => {
    expect(refused(frame)).toEqual({
      i: id,
      t: 'ERROR',
      p: {
        code: 'INVALID_REQUEST',
        message: expect.any(String),
        details: { httpStatus: 400 },
        timestamp: 5,
      },
    })
  })
})

test('an id of 128 characters is one, and a missing payload is an empty one', () => {
  const id = 'x'.repeat(128)
  expect(codec.decode(`{"i":"${id}","t":"PING"}`)).toEqual({ id, name: 'PING', data: {} })
  expect(codec.decode('{"i":"1","t":"PING","p":null}').data).toEqual({})
})

const request = { id: 'a"b', name: 'PLACE_BET', data: {}, receivedAt: 0 }

function told(refusal: Refusal): any {
  return JSON.parse(codec.refusal(refusal, request, 5) as string)
}

test('K19: every code a client can meet is one of its own or INVALID_REQUEST, with the status of the table', () => {
  const known = {
    UNAUTHORIZED: 401,
    INSUFFICIENT_BALANCE: 400,
    INVALID_AMOUNT: 400,
    INVALID_PHASE: 400,
    BET_NOT_FOUND: 404,
    ALREADY_CASHED_OUT: 400,
    ROUND_ENDED: 400,
    MAX_BETS_EXCEEDED: 400,
    INVALID_MULTIPLIER: 400,
    RATE_LIMITED: 429,
    INTERNAL_ERROR: 500,
    INVALID_REQUEST: 400,
  }
  for (const code of Object.keys(errorCodes) as ErrorCode[]) {
    const { i, t, p } = told(new Refusal(code, 'Why'))
    expect([i, t, p.message, p.timestamp]).toEqual(['a"b', 'ERROR', 'Why', 5])
    expect(p.details.httpStatus).toBe(known[p.code as keyof typeof known])
    if (code in known) expect(p.code).toBe(code)
    else if (errorCodes[code] < 500) expect(p.code).toBe('INVALID_REQUEST')
    else expect([p.code, p.details.cause]).toEqual(['INTERNAL_ERROR', code])
  }
})

test('sums of money in details are decimal strings, and other numbers stay numbers', () => {
  const short = new Refusal('INSUFFICIENT_BALANCE', 'No', { required: 15_000, available: 5 })
  expect(told(short).p.details).toEqual({ required: '150.00', available: '0.05', httpStatus: 400 })
  const later = new Refusal('RATE_LIMITED', 'Later', { retryAfterMs: 200 })
  expect(told(later).p.details).toEqual({ retryAfterMs: 200, httpStatus: 429 })
})

test('faults of fields stand under "fields"', () => {
  const fields = [{ path: 'slotId', message: 'Missing' }]
  expect(told(new Refusal('INVALID_REQUEST', 'slotId: Missing', fields)).p.details).toEqual({
    fields,
    httpStatus: 400,
  })
})

const alice: Person = {
  ...{ account: 1, playerId: 'alice', nickname: 'A "quoted" name\n', avatar: 'https://a/b' },
  isAnonymous: false,
}
const nobody: Person = { ...alice, account: 2, isAnonymous: true }
const bet: ShownBet = {
  ...{ slot: 2, amount: 100, status: 'active', target: 250, multiplier: null, payout: null },
}
const out: ShownBet = { ...bet, status: 'cashed_out', multiplier: 199, payout: 199 }

test('R8: flying has no duration, and every phase names the next one', () => {
  const change = (phase: 'betting' | 'flying' | 'waiting', duration: number | null) =>
    JSON.parse(phaseChange({ round: 2024010100000001, phase, duration }, 5))
  expect(change('betting', 5_000).nextPhase).toBe('flying')
  expect(change('flying', null)).toEqual({
    roundId: '2024010100000001',
    phase: 'flying',
    duration: null,
    nextPhase: 'waiting',
    timestamp: 5,
  })
  expect(change('waiting', 3_000).nextPhase).toBe('betting')
})

test('who is anonymous is known to others by an alias alone, and what a player aims at by nobody else', () => {
  const shown = (person: Person) =>
    JSON.parse(
      playerUpdate(
        { action: 'CASHED_OUT', seat: { person, bets: [bet, out] } },
        { players: 2, staked: 200 },
        5,
        writing,
      ),
    )
  expect(shown(alice).player).toEqual({
    playerId: 'alice',
    nickname: 'A "quoted" name\n',
    avatar: 'https://a/b',
    isAnonymous: false,
    bets: [
      { slotId: 2, amount: '1.00', status: 'active' },
      {
        ...{ slotId: 2, amount: '1.00', status: 'cashed_out' },
        ...{ cashOutMultiplier: 1.99, winAmount: '1.99' },
      },
    ],
  })
  const { player } = shown(nobody)
  expect(player).toMatchObject({ playerId: 'anon-2', nickname: 'Anonymous', avatar: '' })
  expect(JSON.stringify(shown(nobody))).not.toContain('alice')
})

test('R26: a player learns what its own bets came to, wherever it aimed', () => {
  const text = myResult(
    { round: 1, crash: 345, bets: [{ ...bet, status: 'lost' }, out] },
    5,
    writing,
  )
  expect(text).toContain('"crashPoint":3.45')
  expect(JSON.parse(text).bets).toEqual([
    { slotId: 2, amount: '1.00', status: 'lost', autoCashOut: '2.50' },
    {
      ...{ slotId: 2, amount: '1.00', status: 'cashed_out', autoCashOut: '2.50' },
      ...{ cashOutMultiplier: 1.99, winAmount: '1.99' },
    },
  ])
})

test('R26: of many winners and losers a hundred are listed, and the sums are of all', () => {
  const win = { bet: 1, account: 1, slot: 1, amount: 100, multiplier: 200, payout: 200 }
  const result = {
    ...{ round: 1, crash: 200, flown: 1, hash: null, index: null, nextRoundIn: 3_000 },
    winners: Array.from({ length: 150 }, () => ({ person: alice, win })),
    losers: Array.from({ length: 150 }, () => ({ person: nobody, slot: 1, amount: 100 })),
    ...{ staked: 30_000, paid: 30_000 },
  }
  const told = JSON.parse(roundEnd(result, 5, writing))
  expect([told.winners.length, told.losers.length]).toEqual([100, 100])
  expect(told).toMatchObject({ totalBets: '300.00', hash: null, roundIndex: null })
})

test('K20: before there is a round or a bet every number is one, since clients write them with toFixed', () => {
  const none = { ...{ rounds: 0, average: 0, most: 0, least: 0 }, ...{ staked: 0, paid: 0 } }
  const told = statsUpdate({ ...none, below2x: 0, above10x: 0, recent: [] }, 5, writing)
  expect(told).toBe(
    '{"last24h":{"totalRounds":0,"averageCrashPoint":0.00,"maxCrashPoint":0.00,"minCrashPoint":0.00,"totalBets":"0.00","totalPayout":"0.00","rtp":0.0000},"currentStreak":{"below2x":0,"above10x":0},"recentCrashPoints":[],"timestamp":5}',
  )
  expect(rtpText(0, 0)).toBe('0.0000')
})

test('R23: the ratio is exact, four decimals, half up, also where doubles are not', () => {
  expect([rtpText(1, 0), rtpText(100, 97), rtpText(20_000, 1), rtpText(3, 40)]).toEqual([
    ...['0.0000', '0.9700', '0.0001', '13.3333'],
  ])
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e15 }), fc.integer({ min: 0, max: 1e15 }), (s, p) => {
      const [staked, paid] = [BigInt(s), BigInt(p)]
      const told = BigInt(rtpText(s, p).replace('.', ''))
      // Within half of the last digit, the upper half included.
      expect(2n * (told * staked - paid * 10_000n) <= staked).toBe(true)
      expect(2n * (paid * 10_000n - told * staked) < staked).toBe(true)
    }),
  )
})

test('a change of balance says by how much and why, below zero too', () => {
  const change = { balance: 0, amount: -5, reason: 'debit' }
  expect(JSON.parse(balanceUpdate('alice', change, 5, writing, 'USD'))).toEqual({
    ...{ playerId: 'alice', currency: 'USD', balance: '0.00', changeAmount: '-0.05' },
    ...{ reason: 'debit', gameId: 'crash', timestamp: 5 },
  })
})

test('K12: the state lists a hundred players, counts all, and writes them once until one changes', () => {
  const answers = createStateAnswers(writing)
  let read = 0
  const state = (revision: number, round = 1): GameState => ({
    ...{ round, phase: 'flying', multiplier: 100, elapsed: 0, remaining: null, revision },
    totals: { players: 150, staked: 15_000 },
    seats: {
      *[Symbol.iterator]() {
        read++
        for (let index = 0; index < 150; index++) yield { person: alice, bets: [bet] }
      },
    },
  })
  const told = JSON.parse(answers(state(1), [], 5))
  expect([told.players.length, told.totalPlayers, told.totalBets]).toEqual([100, 150, '150.00'])
  answers(state(1), [bet], 6)
  expect(read).toBe(1)
  expect(JSON.parse(answers(state(2, 0), [bet], 6))).toMatchObject({
    roundId: null,
    myBets: [{ slotId: 2, amount: '1.00', status: 'active', autoCashOut: '2.50' }],
  })
  expect(read).toBe(2)
})
