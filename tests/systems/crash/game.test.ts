import { expect, test } from 'bun:test'
import { codeOf, deal, fixed, refusalOf, stake, type Dealt } from './croupier.ts'

/** Lets time pass to the last ms of the betting; its deadline is the next one. */
async function lastMoment(house: Dealt): Promise<number> {
  const { remaining } = house.game.state()
  await house.pass(remaining! - 1)
  return house.clock.elapsed()
}

const flying = ({ phase }: { phase: string }) => phase === 'flying'
const waiting = ({ phase }: { phase: string }) => phase === 'waiting'
const betting = ({ phase }: { phase: string }) => phase === 'betting'

test('K3, K7, K14, K15, K17: a round is told from betting to waiting, each thing once and in order', async () => {
  await using house = await deal({ scenario: fixed(110) })
  await house.start()
  await house.until('phase', waiting)
  await house.until('phase')
  const { round } = house.game.state()
  expect(
    house.told.map(({ what, data, at }) => `${at} ${what} ${data.phase ?? data.multiplier ?? ''}`),
  ).toEqual([
    '0 phase betting',
    '1000 phase flying',
    '1050 tick 105',
    '1100 tick 110',
    '1105 ended ',
    '1105 phase waiting',
    '1105 stats ',
    '1605 phase betting',
  ])
  expect(house.of('phase')).toEqual([
    { round: round - 1, phase: 'betting', duration: 1000 },
    { round: round - 1, phase: 'flying', duration: null },
    { round: round - 1, phase: 'waiting', duration: 500 },
    { round, phase: 'betting', duration: 1000 },
  ])
  expect(house.of('ended')).toEqual([
    {
      ...{ round: round - 1, crash: 110, flown: 105, hash: null, index: null },
      ...{ winners: [], losers: [], staked: 0, paid: 0, nextRoundIn: 500 },
    },
  ])
  expect(house.logged).toEqual([])
})

test('R14: a bet that came in the last ms counts, one that came at the deadline does not', async () => {
  await using house = await deal()
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  const last = await lastMoment(house)
  // Both are worked on only now, at the deadline: when they came decides.
  house.clock.advance(1)
  const late = codeOf(bob.place([stake(1, 100)], { at: last + 1 }))
  const placed = await ann.place([stake(1, 100)], { at: last + 0.999 })
  expect([placed.round, await late]).toEqual([house.game.state().round, 'INVALID_PHASE'])
  await house.until('phase', flying)
  expect(house.game.state().totals).toEqual({ players: 1, staked: 100 })
})

test('take-off waits for bets that came in time and are still at work, however long that takes', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  const at = await lastMoment(house)
  let work = () => {}
  const held = new Promise<void>((resolve) => (work = resolve))
  const placed = house.frame(at, async () => {
    await held
    return ann.place([stake(1, 100)], { at })
  })
  await house.pass(400)
  expect(house.of('phase')).toHaveLength(1)
  expect(house.game.state()).toMatchObject({ phase: 'betting', remaining: 0 })
  expect(await codeOf(ann.place([stake(2, 100)]))).toBe('INVALID_PHASE')
  expect(await codeOf(ann.cashOut(null))).toBe('INVALID_PHASE')
  work()
  expect((await placed).bets).toHaveLength(1)
  await house.quiet()
  expect(house.of('phase')).toHaveLength(2)
  await house.pass(50)
  // The flight counts from its own beginning, not from the deadline.
  expect(house.of('tick')).toEqual([{ multiplier: 105, elapsed: 50 }])
})

test('R14: a cash-out in the last ms of the flight counts at its own multiplier, one at the crash does not', async () => {
  await using house = await deal({ scenario: fixed(200) })
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  await ann.place([stake(1, 1_000)])
  await bob.place([stake(1, 1_000)])
  await house.until('phase', flying)
  await house.pass(698)
  const crashAt = house.clock.elapsed() + 1
  // The clock has gone on before anybody worked on them.
  house.clock.advance(1)
  const late = codeOf(bob.cashOut(1, { at: crashAt }))
  const out = await ann.cashOut(1, { at: crashAt - 0.001 })
  expect(out.wins).toMatchObject([{ multiplier: 200, payout: 2_000 }])
  expect(await late).toBe('ROUND_ENDED')
  await house.until('ended')
  expect(house.of('ended')[0]).toMatchObject({ staked: 2_000, paid: 2_000 })
})

test('the result waits for cash-outs that came in time, and whoever asks meanwhile is shown no more than the crash point', async () => {
  await using house = await deal({ scenario: fixed(200) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000)])
  await house.until('phase', flying)
  await house.pass(600)
  const at = house.clock.elapsed()
  let work = () => {}
  const held = new Promise<void>((resolve) => (work = resolve))
  const out = house.frame(at, async () => {
    await held
    return ann.cashOut(1, { at })
  })
  await house.pass(1_000)
  expect(house.of('ended')).toEqual([])
  expect(house.game.state()).toMatchObject({ phase: 'flying', multiplier: 200, elapsed: 698 })
  expect(await codeOf(ann.cashOut(1))).toBe('ROUND_ENDED')
  work()
  expect((await out).wins).toMatchObject([{ multiplier: 182, payout: 1_820 }])
  await house.quiet()
  expect(house.of('ended')).toMatchObject([{ crash: 200, flown: 699, paid: 1_820 }])
})

test('K8, R14: each phase refuses what does not belong to it, with its own code', async () => {
  await using house = await deal()
  const ann = await house.player('ann')
  const codes = async () => [
    await codeOf(ann.cashOut(1)),
    await codeOf(ann.cancel(1)),
    await codeOf(ann.place([stake(1, 100)])),
  ]
  expect(await codes()).toEqual(['INVALID_PHASE', 'INVALID_PHASE', 'STORE_UNAVAILABLE'])
  await house.start()
  expect(await codeOf(ann.cancel(1))).toBe('BET_NOT_FOUND')
  await ann.place([stake(1, 100)])
  expect(await codeOf(ann.cashOut(1))).toBe('INVALID_PHASE')
  await house.until('phase', flying)
  expect(await codeOf(ann.cancel(1))).toBe('INVALID_PHASE')
  expect(await codeOf(ann.place([stake(2, 100)]))).toBe('INVALID_PHASE')
  expect((await ann.cashOut(1)).wins).toMatchObject([{ multiplier: 100, payout: 100 }])
  await house.until('phase', waiting)
  expect(await codes()).toEqual(['ROUND_ENDED', 'INVALID_PHASE', 'INVALID_PHASE'])
  await house.until('phase', betting)
  expect(await codeOf(ann.cashOut(1))).toBe('INVALID_PHASE')
})

test('a frame that came before the betting began is judged by the phase it came in', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await house.until('phase', waiting)
  const at = house.clock.elapsed()
  await house.until('phase', betting)
  expect(await codeOf(ann.cashOut(1, { at }))).toBe('ROUND_ENDED')
  expect(await codeOf(ann.place([stake(1, 100)], { at }))).toBe('INVALID_PHASE')
  // The next round, as it was then, is this one.
  const placed = await ann.place([stake(1, 100)], { at, nextRound: true })
  expect(placed.round).toBe(house.game.state().round)
})

test('R4: without a slot the only active bet is meant, and nothing when there are several or none', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000), stake(3, 2_000)])
  await house.until('phase', flying)
  await house.pass(100)
  expect(await codeOf(ann.cashOut(null))).toBe('BET_NOT_FOUND')
  expect(await codeOf(ann.cashOut(2))).toBe('BET_NOT_FOUND')
  expect((await ann.cashOut(3)).wins).toMatchObject([{ slot: 3, multiplier: 110 }])
  expect(await codeOf(ann.cashOut(3))).toBe('ALREADY_CASHED_OUT')
  expect((await ann.cashOut(null)).wins).toMatchObject([{ slot: 1, multiplier: 110 }])
  expect(await codeOf(ann.cashOut(null))).toBe('BET_NOT_FOUND')
  expect(await codeOf(ann.cashOut(null, { all: true }))).toBe('BET_NOT_FOUND')
  expect(await ann.balance()).toBe(100_000 + 300)
})

test('all of a player leave together at one multiplier', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000), stake(2, 333), stake(3, 1)])
  await house.until('phase', flying)
  await house.pass(400)
  const { wins, balance } = await ann.cashOut(null, { all: true })
  expect(wins.map(({ multiplier, payout }) => [multiplier, payout])).toEqual([
    ...[
      [149, 1_490],
      [149, 496],
      [149, 1],
    ],
  ] as never)
  expect(balance).toBe(100_000 - 1_334 + 1_490 + 496 + 1)
})

test('R15: a slot takes one bet at a time, and is free again after its cancellation', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 100)])
  const refusal = await refusalOf(ann.place([stake(2, 100), stake(1, 100)]))
  expect(refusal).toMatchObject({ code: 'MAX_BETS_EXCEEDED', details: { slotId: 1 } })
  expect(house.game.state().totals).toEqual({ players: 1, staked: 100 })
  expect(await ann.cancel(1)).toMatchObject({ slots: [1], refund: 100, balance: 100_000 })
  expect(house.game.state().totals).toEqual({ players: 0, staked: 0 })
  expect((await ann.place([stake(2, 100), stake(1, 100)])).bets).toHaveLength(2)
})

test('two bets for one slot that race: one is taken, whichever came first', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  const [first, second] = [ann.place([stake(1, 100)]), codeOf(ann.place([stake(1, 200)]))]
  expect([(await first).balance, await second]).toEqual([99_900, 'MAX_BETS_EXCEEDED'])
})

test('K13: slot 0 cancels all, and every bet is given back once', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  expect(await codeOf(ann.cancel(0))).toBe('BET_NOT_FOUND')
  await ann.place([stake(1, 100), stake(3, 50)])
  expect(await ann.cancel(0)).toMatchObject({ slots: [1, 3], refund: 150, balance: 100_000 })
  expect(await codeOf(ann.cancel(0))).toBe('BET_NOT_FOUND')
  expect(ann.bets()).toEqual([])
})

test('errors come in their order: phase, slots, amounts, balance', async () => {
  await using house = await deal({ limits: { maxBet: 500, maxExposure: 100_000 } })
  await house.start()
  const poor = await house.player('poor', 100)
  await poor.place([stake(1, 10, 200)])
  const refusals = [
    [[stake(1, 1_000)], 'MAX_BETS_EXCEEDED'],
    [[stake(2, 501)], 'INVALID_AMOUNT'],
    [[stake(2, 500, 90_000)], 'INVALID_AMOUNT'],
    [[stake(2, 400, 200)], 'INSUFFICIENT_BALANCE'],
  ] as const
  for (const [stakes, code] of refusals) expect(await codeOf(poor.place(stakes))).toBe(code)
  const { details } = await refusalOf(poor.place([stake(2, 400, 200)]))
  expect(details).toMatchObject({ required: 400, available: 90 })
  await house.until('phase', flying)
  expect(await codeOf(poor.place([stake(1, 1_000)]))).toBe('INVALID_PHASE')
})

test('R30: a repeat gets its first answer, whatever the phase is by now, and does nothing', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  const placed = await ann.place([stake(1, 1_000)], { key: 'a' })
  expect(await ann.place([stake(1, 1_000)], { key: 'a' })).toEqual(placed)
  await house.until('phase', flying)
  expect(await ann.place([stake(1, 1_000)], { key: 'a' })).toEqual(placed)
  await house.pass(200)
  const out = await ann.cashOut(1, { key: 'b' })
  expect(await ann.cashOut(1, { key: 'b' })).toEqual(out)
  expect(await codeOf(ann.cashOut(1, { key: 'a' }))).toBe('INVALID_REQUEST')
  await house.until('phase', waiting)
  expect(await ann.place([stake(1, 1_000)], { key: 'a' })).toEqual(placed)
  expect(await ann.cashOut(1, { key: 'b' })).toEqual(out)
  await house.until('phase', betting)
  // Its slot is free now, but the wish was granted before.
  expect(await ann.place([stake(1, 1_000)], { key: 'a' })).toEqual(placed)
  expect([ann.bets(), house.game.state().totals.staked]).toEqual([[], 0])
  expect(await ann.balance()).toBe(out.balance)
})

test('R30: the repeat of a bet that was cancelled does not come back to the table', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  const placed = await ann.place([stake(1, 1_000)], { key: 'a' })
  const cancelled = await ann.cancel(1, { key: 'b' })
  expect(await ann.place([stake(1, 1_000)], { key: 'a' })).toEqual(placed)
  expect(await ann.cancel(1, { key: 'b' })).toEqual(cancelled)
  expect([ann.bets(), await ann.balance()]).toEqual([[], 100_000])
  await ann.place([stake(1, 700)], { key: 'c' })
  expect(await ann.place([stake(1, 1_000)], { key: 'a' })).toEqual(placed)
  expect(ann.bets()).toMatchObject([{ slot: 1, amount: 700, status: 'active' }])
})

test('the same command twice at once, from two sockets, is one bet with two equal answers', async () => {
  await using house = await deal({ limits: { maxExposure: 200_000_000 } })
  await house.start()
  const ann = await house.player('ann')
  const twice = [1, 2].map(() => ann.place([stake(1, 1_000)], { key: 'a' }))
  const [first, second] = await Promise.all(twice)
  expect(second).toEqual(first!)
  expect([ann.bets().length, await ann.balance()]).toEqual([1, 99_000])
})

test('a bug in whoever is told ends no round', async () => {
  await using house = await deal({ scenario: fixed(110), curve: 'exp:0.001' })
  await house.start()
  const { push } = house.told
  house.told.push = () => {
    throw new Error('boom')
  }
  await house.pass(1_600)
  house.told.push = push
  await house.until('phase', flying)
  expect(house.logged.filter((line) => line.includes('boom')).length).toBeGreaterThan(3)
})
