import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { Refusal } from '../../../src/core/errors.ts'
import { AnyObject } from '../../../src/core/protocol.ts'
import {
  cancelledAnswer,
  cashedOutAnswer,
  createStateAnswers,
  placedAnswer,
} from '../../../src/systems/crash/answers.ts'
import type { Person, ShownBet } from '../../../src/systems/crash/audience.ts'
import { createCodec, frame } from '../../../src/systems/crash/codec.ts'
import {
  multiplierUpdate,
  phaseChange,
  playerUpdate,
  roundEnd,
  statsUpdate,
} from '../../../src/systems/crash/events.ts'
import {
  Authentication,
  CancelBet,
  CashOut,
  EventTypes,
  PlaceBet,
  stakesOf,
} from '../../../src/systems/crash/shapes.ts'
import { createWriting } from '../../../src/systems/crash/writing.ts'

/** The sample without the white space between its tokens: numbers keep how they are written. */
function golden(name: string): string {
  const text = readFileSync(join(import.meta.dir, 'golden', `${name}.json`), 'utf8')
  return text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) => string ?? '')
}

/** The sample with what is resolved otherwise; each change must have something to change. */
function resolved(name: string, ...changes: readonly (readonly [from: string, to: string])[]) {
  return changes.reduce((text, [from, to]) => {
    expect(text).toContain(from)
    return text.replace(from, to)
  }, golden(name))
}

const codec = createCodec({ decimals: 2 })
const writing = createWriting({ decimals: 2, alias: () => 'anon-1', maxProfit: 100_000_000 })
const round = 2024010112345678
const at = 1704096000000
const rules = { decimals: 2, cap: 100_000_000 }

const person = (account: number, playerId: string, nickname: string): Person => ({
  ...{ account, playerId, nickname, avatar: 'avatar_url', isAnonymous: false },
})
const alice = person(1, 'player123', 'Alice')
const bob = person(2, 'player456', 'Bob')
const active = (amount: number, slot = 1): ShownBet => ({
  ...{ slot, amount, status: 'active', target: null, multiplier: null, payout: null },
})
const win = { bet: 1, account: 1, slot: 1, amount: 10_000, multiplier: 235, payout: 23_500 }

test.each([
  ['auth', 'auth-001', 'AUTH', Authentication, { token: 'jwt-token' }],
  ['ping', 'ping-001', 'PING', AnyObject, { timestamp: at }],
  ['get-state', 'msg-003', 'GET_STATE', AnyObject, {}],
  ['crash-get-state', 'state-001', 'GET_STATE', AnyObject, {}],
  ['cash-out', 'msg-002', 'CASH_OUT', CashOut, { slot: 1, all: false }],
  ['cash-out-typed', 'msg-002', 'CASH_OUT', CashOut, { slot: 1, all: false }],
  ['cancel-bet', 'msg-004', 'CANCEL_BET', CancelBet, { slotId: 1 }],
  [
    'subscribe',
    'sub-001',
    'SUBSCRIBE',
    EventTypes,
    { eventTypes: ['CRASH_MULTIPLIER_UPDATE', 'CRASH_PLAYER_UPDATE'] },
  ],
  ['unsubscribe', 'unsub-001', 'UNSUBSCRIBE', EventTypes, { eventTypes: ['CRASH_PLAYER_UPDATE'] }],
] as const)(
  'K5: the sample %s is read as the command it shows',
  (sample, id, name, shape, data) => {
    const request = codec.decode(golden(sample))
    expect(request).toEqual({ id, name, data: expect.anything() })
    expect<unknown>(v.parse(shape as v.GenericSchema, request.data)).toEqual(data)
  },
)

test.each([
  ['place-bet', [10_000, 5_000]],
  ['place-bet-typed', [10_000]],
])('K9, R3: the bets of the sample %s are read in minor units', (sample, amounts) => {
  const { id, name, data } = codec.decode(golden(sample))
  expect([id, name]).toEqual(['msg-001', 'PLACE_BET'])
  expect(stakesOf(v.parse(PlaceBet, data), rules, () => {})).toEqual(
    amounts.map((amount, index) => ({ slot: index + 1, amount, target: null })),
  )
})

/** The frame that answers a sample. */
function reply(sample: string, payload: string): unknown {
  return codec.reply({ ...codec.decode(golden(sample)), receivedAt: 0 }, payload)
}

test('K10, K11, K13: the answers to money commands are those of the samples, to the byte', () => {
  // Where the limit of profit would cash it out; the player has not asked for that.
  const bet = { account: 1, target: 1_000_100, status: 'active' } as const
  const bets = [
    { ...bet, id: 1, slot: 1, amount: 10_000 },
    { ...bet, id: 2, slot: 2, amount: 5_000, target: null },
  ]
  const placed = { round, bets, balance: 985_000, at }
  expect(reply('place-bet', placedAnswer(placed, writing))).toBe(golden('place-bet-response'))
  const cashedOut = { wins: [{ ...win, balance: 1_008_500 }], balance: 1_008_500, at: at + 30_000 }
  expect(reply('cash-out', cashedOutAnswer(cashedOut, writing))).toBe(golden('cash-out-response'))
  const cancelled = { slots: [1], bets: [1], refund: 10_000, balance: 995_000, at }
  expect(reply('cancel-bet', cancelledAnswer(cancelled, writing))).toBe(
    golden('cancel-bet-response'),
  )
})

test('K12, R10: the state is that of the sample, with the slot of each bet', () => {
  const answers = createStateAnswers(writing)
  const payload = answers(
    {
      ...{ round, phase: 'flying', multiplier: 185, elapsed: 3_500, remaining: null, revision: 1 },
      totals: { players: 45, staked: 1_523_000 },
      seats: [{ person: alice, bets: [active(10_000)] }],
    },
    [active(10_000)],
    at,
  )
  expect(reply('get-state', payload)).toBe(
    resolved('get-state-response', ['"bets":[{"amount"', '"bets":[{"slotId":1,"amount"']),
  )
})

test('K21, R5: PONG has the id of its ping', () => {
  expect(reply('ping', `{"timestamp":${at + 1}}`)).toBe(
    resolved('pong', ['"i":"pong-001"', '"i":"ping-001"']),
  )
})

test('K14, K15, K16: what happens is told as in the samples, to the digit', () => {
  const phase = phaseChange({ round, phase: 'betting', duration: 5_000 }, at)
  expect(frame('event-001', 'CRASH_PHASE_CHANGE', phase)).toBe(golden('crash-phase-change'))
  expect(
    frame('event-002', 'CRASH_MULTIPLIER_UPDATE', multiplierUpdate(185, 3_500, at + 3_500)),
  ).toBe(golden('crash-multiplier-update'))
  const change = {
    action: 'BET_PLACED',
    seat: { person: bob, bets: [active(20_000)] },
  } as const
  const update = playerUpdate(change, { players: 46, staked: 1_543_000 }, at + 5_000, writing)
  expect(frame('event-003', 'CRASH_PLAYER_UPDATE', update)).toBe(golden('crash-player-update'))
})

test('K17, R21: the end of a round is that of the sample, with slots and the proof of its crash point', () => {
  const hash = 'ab'.repeat(32)
  const result = {
    ...{ round, crash: 345, flown: 8_523, hash, index: 7, nextRoundIn: 3_000 },
    winners: [{ person: alice, win }],
    losers: [{ person: bob, slot: 2, amount: 20_000 }],
    ...{ staked: 1_543_000, paid: 823_500 },
  }
  expect(frame('event-004', 'CRASH_ROUND_END', roundEnd(result, at + 8_523, writing))).toBe(
    resolved(
      'crash-round-end',
      ['"nickname":"Alice"', '"nickname":"Alice","slotId":1'],
      ['"nickname":"Bob"', '"nickname":"Bob","slotId":2'],
      ['"timestamp"', `"hash":"${hash}","roundIndex":7,"timestamp"`],
    ),
  )
})

test('K20, R23: statistics are those of the sample, its ratio rounded half up', () => {
  const stats = {
    ...{ rounds: 8_640, average: 203, most: 52_345, least: 100 },
    ...{ staked: 152_345_000, paid: 147_812_650, below2x: 3, above10x: 0 },
    recent: [123, 345, 267, 189, 523, 100, 234, 456, 145, 321],
  }
  expect(frame('event-005', 'CRASH_STATS', statsUpdate(stats, at, writing))).toBe(
    resolved('crash-stats', ['"rtp":0.9703', '"rtp":0.9702']),
  )
})

test('K18, R28: an error is that of the sample, with the status it would have over HTTP', () => {
  const refusal = new Refusal('INSUFFICIENT_BALANCE', '余额不足', {
    required: 15_000,
    available: 10_000,
  })
  const request = { id: 'msg-xxx', name: 'PLACE_BET', data: {}, receivedAt: 0 }
  expect(codec.refusal(refusal, request, at)).toBe(
    resolved('error', ['"available":"100.00"', '"available":"100.00","httpStatus":400']),
  )
})
