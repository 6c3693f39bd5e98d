import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CrashState } from '../../src/client/crash-types.ts'
import { parseCurve } from '../../src/systems/crash/curve.ts'
import { winOf } from '../../src/systems/crash/ledger.ts'
import { readCurve } from '../../src/pages/crash/curve.ts'
import { createHead } from '../../src/pages/crash/head.ts'
import { grouped, minorOf, textOf, winnings } from '../../src/pages/crash/money.ts'
import { sentenceOf } from '../../src/pages/crash/refusals.ts'
import { createStore } from '../../src/pages/common/store.ts'
import { ended, moved, phased, placed, stood, unknownTable } from '../../src/pages/crash/table.ts'

const text = 'exp:0.00015'
const curve = parseCurve(text)!
const told = (elapsed: number) => ({ elapsed, multiplier: curve.multiplier(elapsed) / 100 })

describe('the head of the flight', () => {
  test('moves evenly between frames, never back and never above what was told, however late frames are', () => {
    for (const rise of [readCurve(text), null]) {
      const head = createHead(
        () => rise,
        () => 50,
      )
      head.begin()
      head.told(told(0), 1_000)
      let last = told(0)
      let before = 0
      const values = new Set<number>()
      for (let now = 1_000; now < 6_000; now += 4) {
        // Each frame is on its way for 30 ms, every seventh one for 75.
        for (let tick = 1; tick <= 100; tick++) {
          const arrives = 1_000 + tick * 50 + (tick % 7 === 0 ? 75 : 30)
          if (arrives > now - 4 && arrives <= now) {
            last = told(tick * 50)
            head.told(last, now)
          }
        }
        const { elapsed, multiplier } = head.at(now)
        expect(multiplier).toBeLessThanOrEqual(last.multiplier)
        expect(multiplier).toBeGreaterThanOrEqual(before)
        expect(elapsed).toBeLessThanOrEqual(last.elapsed)
        before = multiplier
        values.add(elapsed)
      }
      // Far more than the hundred frames: it moves with the screen.
      expect(values.size).toBeGreaterThan(700)
      expect(before).toBeGreaterThan(1.9)
    }
  })

  test('stands at the crash point from the moment it is told, whatever comes late', () => {
    const head = createHead(
      () => readCurve(text),
      () => 50,
    )
    head.begin()
    head.told(told(1_000), 2_000)
    head.landed({ elapsed: 1_020, multiplier: 1.16 })
    head.told(told(1_050), 2_100)
    expect(head.at(9_000)).toEqual({ elapsed: 1_020, multiplier: 1.16 })
    head.begin()
    expect(head.at(9_001)).toEqual({ elapsed: 0, multiplier: 1 })
  })

  test('shows at once where things stand to whoever was away, and keeps little of a long flight', () => {
    const head = createHead(
      () => null,
      () => 50,
    )
    head.begin()
    for (let tick = 1; tick <= 2_000; tick++) head.told(told(tick * 50), 5_000)
    expect(head.at(5_050)).toEqual(told(100_000))
    expect(head.trail().length).toBeLessThanOrEqual(600)
  })
})

test('the curve that is drawn is that of the server, to less than a hundredth', () => {
  for (const one of [text, 'power:0.5:2', 'power:0.35:1.25']) {
    const [drawn, played] = [readCurve(one)!, parseCurve(one)!]
    for (let ms = 0; ms < 30_000; ms += 37) {
      const difference = drawn(ms) * 100 - played.multiplier(ms)
      expect(difference).toBeGreaterThan(-1e-6)
      expect(difference).toBeLessThan(1 + 1e-6)
    }
  }
  expect(readCurve('sine:1')).toBe(null)
})

test('money is read, written and won exactly as the server does', () => {
  expect(minorOf('10000.5', 2)).toBe(1_000_050)
  expect(minorOf(' 7 ', 0)).toBe(7)
  expect(minorOf('1.230', 2)).toBe(123)
  for (const wrong of ['', 'x', '1.234', '-1', '1e3', '.5', '99999999999999']) {
    expect([wrong, minorOf(wrong, 2)]).toEqual([wrong, null])
  }
  expect([textOf(5, 2), textOf(-123_456, 2), textOf(7, 0)]).toEqual(['0.05', '-1234.56', '7'])
  expect([grouped('1234567.891'), grouped('999'), grouped('-1000')]).toEqual([
    '1,234,567.891',
    '999',
    '-1,000',
  ])
  for (const stake of [1, 33, 1_000_000, 999_999_999_999]) {
    for (const hundredths of [100, 101, 115, 235, 99_999_999]) {
      expect(winnings(stake, hundredths / 100)).toBe(winOf(stake, hundredths))
    }
  }
})

test('a thousand changes are drawn once, and none while nobody looks', () => {
  const frames: (() => void)[] = []
  const store = createStore(0, (run) => frames.push(run))
  let drawn = 0
  store.listen(() => drawn++)
  for (let n = 0; n < 1_000; n++) store.change((value) => value + 1)
  store.change((value) => value)
  expect([store.value, drawn, frames.length]).toEqual([1_000, 0, 1])
  frames[0]!()
  expect(drawn).toBe(1)
})

describe('the table', () => {
  const bet = { slotId: 1, amount: '10.00', status: 'active', autoCashOut: '2.00' } as const
  const state: CrashState = {
    ...{ roundId: '7', phase: 'betting', currentMultiplier: 1, elapsedTime: 0 },
    ...{ timeRemaining: 2_000, myBets: [bet, { ...bet, slotId: 2, status: 'pending' }] },
    ...{ players: [], totalPlayers: 0, totalBets: '0.00', timestamp: 5_000 },
  }
  const began = { roundId: '8', phase: 'betting', duration: 5_000, nextPhase: 'flying' } as const

  test('what waits for the next round is in it when it begins, and what was in the last one is gone', () => {
    const table = stood(unknownTable, state, 0)
    expect(table.seats[1]).toMatchObject({ bet: null, queued: { slotId: 2 } })
    const next = phased(table, { ...began, timestamp: 9_000 }, 100)
    expect(next.seats.map(({ bet: now }) => now?.status)).toEqual([undefined, 'active', undefined])
    expect(next.seats[1]?.queued).toBe(null)
    expect(next.ends).toEqual({ server: 14_000, here: 5_100, length: 5_000 })
  })

  test('an answer that comes in another round changes no seat of this one', () => {
    const table = phased(stood(unknownTable, state, 0), { ...began, timestamp: 9_000 }, 100)
    const answer = { roundId: '7', slots: [{ ...bet, slotId: 3 }], balance: '1.00', timestamp: 1 }
    expect(placed(table, answer).seats[2]?.bet).toBe(null)
    expect(placed(table, { ...answer, roundId: '8' }).seats[2]?.bet).toMatchObject({ slotId: 3 })
  })

  test('a cash-out that the server did by itself is seen at the seat, with where it was asked for', () => {
    const out = { slotId: 1, amount: '10.00', status: 'cashed_out', cashOutMultiplier: 2 } as const
    const player = { playerId: 'ann', nickname: 'Ann', bets: [{ ...out, winAmount: '20.00' }] }
    const event = { action: 'CASHED_OUT', player, totalPlayers: 1, totalBets: '10.00' } as const
    const table = moved(stood(unknownTable, state, 0), { ...event, timestamp: 1 }, 'ann')
    expect(table.seats[0]?.bet).toEqual({ ...bet, ...player.bets[0]! })
    expect(moved(table, { ...event, action: 'LEFT', timestamp: 2 }, 'ann').players.size).toBe(0)
  })

  test('a round that is void has no crash point, unlike one that crashed at once', () => {
    const over = { ...state, phase: 'waiting', currentMultiplier: 1 } as const
    expect(stood(unknownTable, over, 0).crashPoint).toBe(null)
    expect(stood(unknownTable, { ...over, elapsedTime: 67 }, 0).crashPoint).toBe(1)
  })

  test('a crash is known by its point until the next round begins', () => {
    const over = { ...{ roundId: '7', crashPoint: 1.5, duration: 2_000, nextRoundIn: 3_000 } }
    const sums = { winners: [], losers: [], totalBets: '0', totalPayout: '0' }
    const proof = { hash: null, roundIndex: null, timestamp: 9_000 }
    const table = ended(stood(unknownTable, state, 0), { ...over, ...sums, ...proof }, 0)
    expect([table.phase, table.crashPoint]).toEqual(['waiting', 1.5])
    expect(phased(table, { ...began, timestamp: 12_000 }, 0).crashPoint).toBe(null)
  })
})

test('every refusal that a player can meet has a sentence in both languages', () => {
  const page = readFileSync(join(import.meta.dir, '../../docs/systems/crash.md'), 'utf8')
  const [, table = ''] = /## Errors\n([\s\S]*?)\nRates/.exec(page) ?? []
  const codes = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code!)
  expect(codes.length).toBeGreaterThan(10)
  for (const code of [
    ...codes,
    'TIMEOUT',
    'CLOSED',
    'NO_AMOUNT',
    'MULTIPLIER_FORM',
    'REPEAT_STOPPED',
  ]) {
    const details = { required: '1500.00', available: '3.00', limit: '10000.00' }
    const note = { code, details, message: 'never shown alone' }
    const [en, zh] = [sentenceOf(note, 'en'), sentenceOf(note, 'zh')]
    expect([code, en === note.message, /[\u4e00-\u9fff]/.test(zh)]).toEqual([code, false, true])
    expect(`${en}${zh}`).not.toContain('undefined')
  }
  for (const [message, zh] of [
    ['A bet is at least "0.10"', '每注至少 1,000.00。'],
    ['The bets of this round could win no more together', '本局所有投注合计可赢的金额已到上限。'],
  ] as const) {
    const note = { code: 'INVALID_AMOUNT', details: { limit: '1000.00' }, message }
    expect(sentenceOf(note, 'zh')).toBe(zh)
    expect(sentenceOf(note, 'en')).toBe(`${message.replaceAll('"', '')}.`)
  }
  const target = {
    code: 'INVALID_MULTIPLIER',
    details: { lowest: 1.01, highest: 1_000 },
    message: '',
  }
  expect(sentenceOf(target, 'en')).toEndWith('from 1.01 to 1,000.')
  expect(sentenceOf(target, 'zh')).toContain('1.01 至 1,000 之间')
  const note = { code: 'NEW', details: {}, message: 'What the server says' }
  expect(sentenceOf(note, 'zh')).toBe('What the server says')
})
