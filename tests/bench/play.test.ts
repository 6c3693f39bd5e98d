import { expect, test } from 'bun:test'
import { createFlights } from '../../src/bench/flights.ts'
import { newLink } from '../../src/bench/link.ts'
import {
  changeFrame,
  multiplierAt,
  playOf,
  refusalCode,
  tickedAt,
  tickElapsed,
  tickFrame,
} from '../../src/bench/play.ts'
import { frame } from '../../src/systems/crash/codec.ts'
import { multiplierUpdate, playerUpdate } from '../../src/systems/crash/events.ts'
import { createWriting } from '../../src/systems/crash/writing.ts'

const encoder = new TextEncoder()
const at = 1_704_096_003_500

function kindOf(text: string): string {
  return playOf(encoder.encode(`head${text}tail`), 4)
}

test('frames of crash are told apart by a few bytes, so that clients keep up with millions (K2, K6, K7)', () => {
  const kinds = {
    CRASH_MULTIPLIER_UPDATE: 'tick',
    CRASH_PLAYER_UPDATE: 'change',
    CRASH_PHASE_CHANGE: 'other',
    CRASH_MY_RESULT: 'other',
    CRASH_ROUND_END: 'other',
    CRASH_STATS: 'other',
    BALANCE_UPDATE: 'other',
  }
  for (const [type, kind] of Object.entries(kinds)) {
    expect(kindOf(frame(`evt-${at}`, type, '{}'))).toBe(kind as never)
  }
  expect(kindOf(frame('state-init', 'GET_STATE_RESPONSE', '{}'))).toBe('other')
  expect(kindOf(frame('auth-init', 'AUTH_RESPONSE', '{}'))).toBe('welcome')
  for (const type of ['PONG', 'PLACE_BET_RESPONSE', 'CASH_OUT_RESPONSE', 'GET_STATE_RESPONSE']) {
    expect(kindOf(frame('17', type, '{}'))).toBe('answer')
  }
  expect(kindOf(frame('17', 'ERROR', '{}'))).toBe('refusal')
})

test('bare tells multipliers and changes in the very frames of crash, so that both have the same work (K15, K16)', () => {
  const writing = createWriting({ decimals: 2, alias: String, maxProfit: 100_000_000 })
  const tick = frame('evt-7', 'CRASH_MULTIPLIER_UPDATE', multiplierUpdate(169, 3_500, at))
  expect(tickFrame(7, 3_500, at)).toBe(tick)
  expect(multiplierAt(3_500)).toBe(1.69)
  const bench = { account: 1, playerId: 'bench12', nickname: 'Bench 12', avatar: '' }
  const bet = { slot: 1, amount: 100, status: 'cashed_out', target: null, payout: 185 } as const
  const change = playerUpdate(
    {
      action: 'CASHED_OUT',
      seat: { person: { ...bench, isAnonymous: false }, bets: [{ ...bet, multiplier: 185 }] },
    },
    { players: 5_000, staked: 550_000 },
    at,
    writing,
  )
  const length = frame('evt-7', 'CRASH_PLAYER_UPDATE', change).length
  expect(Math.abs(changeFrame(7, 12, at).length - length)).toBeLessThanOrEqual(0.1 * length)
})

test('a multiplier says when it was told and how long the flight was by then', () => {
  const bytes = encoder.encode(tickFrame(at, 12_350, at))
  expect(tickedAt(bytes, bytes.length)).toBe(at)
  expect(tickElapsed(bytes, bytes.length)).toBe(12_350)
})

test('a refusal tells its code, so that a bench with refusals says which (K18)', () => {
  const bytes = encoder.encode(frame('3', 'ERROR', '{"code":"INVALID_PHASE","message":"No"}'))
  expect(refusalCode(bytes, 0, bytes.length)).toBe('INVALID_PHASE')
})

test('multipliers that never came are seen by the hole they leave, and only those of the time that counts', () => {
  const [flights, link] = [createFlights(), newLink('/')]
  flights.begin({ from: at + 100, to: at + 400, tick: 50 })
  for (const elapsed of [0, 100, 150, 300, 350, 400, 500]) {
    const bytes = encoder.encode(tickFrame(1, elapsed, at + elapsed))
    flights.tick(link, bytes, bytes.length, (at + elapsed) * 1000 + 250)
  }
  const { latencies, ...flown } = flights.flown([link])
  expect(flown).toMatchObject({ ticks: 4, least: 4, most: 4, missed: 3 })
  expect(flown).toMatchObject({ firstAt: at + 100, lastAt: at + 350 })
  expect(latencies.max).toBe(250)
})
