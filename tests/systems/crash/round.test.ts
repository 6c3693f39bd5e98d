import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseCurve } from '../../../src/systems/crash/curve.ts'
import { winOf, type Bet } from '../../../src/systems/crash/ledger.ts'
import { createRound } from '../../../src/systems/crash/round.ts'
import { createSeats } from '../../../src/systems/crash/seats.ts'
import { farthest, weigh } from '../../../src/systems/crash/stakes.ts'
import { refusalOf } from './croupier.ts'

const curve = parseCurve('exp:0.001')!
const limits = {
  ...{ minBet: 100, maxBet: 10_000, maxProfit: 50_000, maxExposure: 1_000_000 },
  ...{ maxMultiplier: 100_000, decimals: 2 },
}

function round(crash = 200) {
  const terms = { id: 7, hash: null, index: null, crash, curve }
  return createRound({ ...terms, bettingAt: 1_000.5, deadline: 2_000.5 })
}

function person(account: number) {
  return { account, playerId: `p${account}`, nickname: '', avatar: '', isAnonymous: false }
}

function bet(id: number, account: number, fields: Partial<Bet> = {}): Bet {
  return { id, account, slot: 1, amount: 1_000, target: null, status: 'active', ...fields }
}

test('R14: an instant belongs to the phase that begins with it, so that nobody can be right on both sides', () => {
  const one = round()
  const flight = curve.flight(200)
  const moments = (...at: number[]) => at.map((instant) => one.moment(instant))
  expect(moments(1_000.4, 1_000.5, 2_000.4, 2_000.5, 9_999)).toEqual([
    ...['before', 'betting', 'betting', 'locked', 'locked'],
  ] as never)
  one.takeOff(2_010.25)
  expect(moments(2_010.2, 2_010.25)).toEqual(['locked', 'flying'])
  expect(one.crashAt()).toBe(2_010.25 + flight)
  expect(moments(2_010.2 + flight, 2_010.25 + flight)).toEqual(['flying', 'crashed'])
})

test('K12: time in flight is whole ms, and nothing above the crash point is ever shown, however late somebody asks', () => {
  const one = round()
  expect(one.view(1_500)).toEqual({ phase: 'betting', multiplier: 100, elapsed: 0, remaining: 501 })
  expect(one.view(2_700).remaining).toBe(0)
  one.takeOff(2_001)
  expect(one.view(2_500.9)).toEqual({
    ...{ phase: 'flying', multiplier: curve.multiplier(499), elapsed: 499, remaining: null },
  })
  expect(one.view(99_999)).toMatchObject({ phase: 'flying', multiplier: 200, elapsed: 698 })
  one.land()
  expect(one.view(99_999)).toMatchObject({ phase: 'flying', multiplier: 200, elapsed: 698 })
  one.end({ wins: [], lost: [], staked: 0, paid: 0 }, 100_500)
  expect(one.view(100_000)).toEqual({
    ...{ phase: 'waiting', multiplier: 200, elapsed: 699, remaining: 500 },
  })
})

test('R25: a round that crashes at 1.00 shows nothing above it for all of its flight', () => {
  const one = round(100)
  one.takeOff(0)
  for (let at = 0; at < 50; at++) expect(one.view(at).multiplier).toBe(100)
  expect(one.flight()).toBe(10)
})

test('bets leave in the order of their targets, of equal ones the older first, and each once', () => {
  const one = round(1_000)
  const targets = [300, 150, null, 150, 200]
  targets.forEach((target, index) =>
    one.seats.put(person(index), bet(9 - index, index, { target }), 'active', 0),
  )
  one.takeOff(0)
  expect(one.exits().due(149)).toEqual([])
  expect(one.exits().due(200)).toEqual([6, 8, 5])
  expect(one.exits().due(299)).toEqual([])
  expect(one.exits().due(5_000)).toEqual([9])
})

test('K17, R21: who won and who lost is a row for each slot, and those of the ledger decide', () => {
  const one = round()
  one.seats.put(person(1), bet(1, 1, { target: 150 }), 'active', 500)
  one.seats.put(person(1), bet(2, 1, { slot: 2 }), 'active', 0)
  one.seats.put(person(2), bet(3, 2), 'active', 0)
  one.takeOff(0)
  one.seats.win(3, 123, 1_230)
  one.land()
  const win = { bet: 1, account: 1, slot: 1, amount: 1_000, multiplier: 150, payout: 1_500 }
  const lost = [{ bet: 2, account: 1, slot: 2, amount: 1_000 }]
  const ended = one.end({ wins: [{ ...win, balance: 0 }], lost, staked: 3_000, paid: 2_730 }, 1)
  expect(ended.map(({ id }) => id)).toEqual([1, 2])
  const { account: _, ...told } = win
  expect(one.outcome()).toEqual({
    winners: [
      { person: person(1), win: told },
      {
        person: person(2),
        win: { bet: 3, slot: 1, amount: 1_000, multiplier: 123, payout: 1_230 },
      },
    ],
    losers: [{ person: person(1), slot: 2, amount: 1_000 }],
  })
})

test('the table counts players and stakes as bets come and go, and an ended bet never ends again', () => {
  const seats = createSeats()
  expect(seats.put(person(1), bet(1, 1, { slot: 3 }), 'active', 70)).toBe(true)
  expect(seats.put(person(1), bet(1, 1, { slot: 3 }), 'active', 70)).toBe(false)
  seats.put(person(1), bet(2, 1), 'active', 30)
  seats.put(person(2), bet(3, 2, { amount: 50 }), 'active', 0)
  expect([seats.totals(), seats.exposure()]).toEqual([{ players: 2, staked: 2_050 }, 100])
  expect(seats.of(1).map(({ shown }) => shown.slot)).toEqual([1, 3])
  const release = seats.reserve(11)
  expect(seats.exposure()).toBe(111)
  release()
  expect(seats.take(2)?.id).toBe(2)
  expect(seats.take(2)).toBeNull()
  expect([seats.totals(), seats.exposure()]).toEqual([{ players: 2, staked: 1_050 }, 70])
  const before = seats.changes()
  expect(seats.win(1, 150, 1_500)?.shown.status).toBe('cashed_out')
  expect(seats.changes()).toBeGreaterThan(before)
  expect([seats.win(1, 150, 1_500), seats.lose(1), seats.lose(99)]).toEqual([null, null, null])
  expect(seats.totals()).toEqual({ players: 2, staked: 1_050 })
  seats.take(3)
  expect([...seats.all()].map((seat) => seat.person.account)).toEqual([1])
})

test('the farthest multiplier wins at most the limit, and one hundredth more would win above it', () => {
  const Amount = fc.oneof(
    fc.integer({ min: 1, max: 100_000 }),
    fc.integer({ min: 1, max: 2 ** 49 }),
  )
  fc.assert(
    fc.property(Amount, fc.nat(2 ** 49), (amount, most) => {
      const multiplier = farthest(amount, most)
      // No curve is told beyond 10^8.
      fc.pre(multiplier <= 10_000_000_000)
      expect(multiplier).toBeGreaterThanOrEqual(100)
      expect(winOf(amount, multiplier) - amount).toBeLessThanOrEqual(most)
      expect(winOf(amount, multiplier + 1) - amount).toBeGreaterThan(most)
    }),
    { seed: 5 },
  )
})

test('a bet is cashed out at its own target or where it would win too much, whichever comes first', () => {
  const targetOf = (amount: number, target: number | null, cap = 100_000) =>
    weigh({ slot: 1, amount, target }, cap, limits)
  // 500.00 is the most that may be won: 100.00 wins it at 6.00 and still at 6.0000.
  expect(targetOf(10_000, null)).toEqual({
    ...{ stake: { slot: 1, amount: 10_000, target: 600 }, profit: 50_000 },
  })
  expect(targetOf(10_000, 599).stake.target).toBe(599)
  expect(targetOf(10_000, 601).stake.target).toBe(600)
  expect(targetOf(10_000, 250).profit).toBe(15_000)
  // No round of this cap could win too much, so nothing needs to be forced.
  expect(targetOf(100, null, 50_000)).toEqual({
    ...{ stake: { slot: 1, amount: 100, target: null }, profit: 49_900 },
  })
  expect(targetOf(100, null, 60_000).stake.target).toBe(50_100)
})

test('a stake beyond a limit is refused with the limit as a decimal', async () => {
  const refused = (amount: number, more: Partial<typeof limits> = {}) =>
    refusalOf(
      (async () => weigh({ slot: 2, amount, target: null }, 100_000, { ...limits, ...more }))(),
    )
  expect(await refused(99)).toMatchObject({
    ...{ code: 'INVALID_AMOUNT', details: { slotId: 2, limit: '1.00' } },
  })
  expect((await refused(10_001)).details).toEqual({ slotId: 2, limit: '100.00' })
  expect((await refused(10_000, { maxProfit: 99 })).details).toEqual({ slotId: 2, limit: '0.99' })
})
