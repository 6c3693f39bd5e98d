import { expect, test } from 'bun:test'
import { codeOf, deal, fixed, refusalOf, stake } from './croupier.ts'

const flying = ({ phase }: { phase: string }) => phase === 'flying'

test('R13: a bet leaves at exactly its target, whatever the tick showed', async () => {
  await using house = await deal({ scenario: fixed(200) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 10_000, 101), stake(2, 10_000, 137), stake(3, 10_000, 200)])
  await house.until('ended')
  const { winners, losers, paid } = house.of('ended')[0]
  expect(winners.map(({ win }: any) => [win.multiplier, win.payout])).toEqual([
    ...[
      [101, 10_100],
      [137, 13_700],
      [200, 20_000],
    ],
  ] as never)
  expect([losers, paid, await ann.balance()]).toEqual([[], 43_800, 100_000 + 13_800])
  // The last one was reached after the last tick, so the end of the round has paid it.
  const told = house.of('balance').map(({ amount, reason }) => `${amount} ${reason}`)
  expect(told).toEqual(['10100 AUTO_CASH_OUT', '13700 AUTO_CASH_OUT', '20000 AUTO_CASH_OUT'])
})

test('a target one hundredth above the crash point loses, that of the crash point wins', async () => {
  await using house = await deal({ scenario: fixed(150) })
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  await ann.place([stake(1, 1_000, 150)])
  await bob.place([stake(1, 1_000, 151)])
  await house.until('ended')
  expect([await ann.balance(), await bob.balance()]).toEqual([100_500, 99_000])
  const own = house.of('own').map(({ player, bets }) => [player, bets[0].status])
  expect(own).toEqual([
    ['ann', 'cashed_out'],
    ['bob', 'lost'],
  ])
})

test('R25: at 1.00 everything loses, and nobody is told more than 1.00', async () => {
  await using house = await deal({ scenario: { kind: 'fast' }, curve: 'exp:0.00006' })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000, 101), stake(2, 1_000)])
  await house.until('ended')
  expect(house.of('tick').map(({ multiplier }) => multiplier)).toEqual([100, 100, 100])
  expect(house.of('ended')[0]).toMatchObject({ crash: 100, flown: 166, paid: 0, winners: [] })
})

test('targets are paid in their order over all players, the older bet first', async () => {
  await using house = await deal({ scenario: fixed(300), times: { tick: 1_000 } })
  await house.start()
  const players = await Promise.all(['a', 'b', 'c', 'd'].map((name) => house.player(name)))
  const targets = [180, 120, 150, 120]
  for (const [index, player] of players.entries()) {
    await player.place([stake(1, 100, targets[index]!)])
  }
  await house.until('tick')
  await house.quiet()
  expect(house.of('balance').map(({ player }) => player)).toEqual(['b', 'd', 'c', 'a'])
})

test('a cash-out that came before its target was reached goes first, though the target was due meanwhile', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000, 150)])
  await house.until('phase', flying)
  await house.pass(400)
  const at = house.clock.elapsed()
  let work = () => {}
  const held = new Promise<void>((resolve) => (work = resolve))
  const out = house.frame(at, async () => {
    await held
    return ann.cashOut(1, { at })
  })
  await house.pass(300)
  expect(house.calls).not.toContain('reach')
  work()
  expect((await out).wins).toMatchObject([{ multiplier: 149, payout: 1_490 }])
  await house.until('ended')
  expect(await ann.balance()).toBe(100_490)
})

test('a cash-out goes before a target that fell due while an earlier one waited, so that its own instant decides', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  await ann.place([stake(1, 1_000, 120)])
  await bob.place([stake(1, 1_000, 150)])
  await house.until('phase', flying)
  await house.pass(100)
  // The first target waits for one frame, and the second for another one that came later.
  let [first, second] = [() => {}, () => {}]
  void house.frame(house.clock.elapsed(), () => new Promise<void>((resolve) => (first = resolve)))
  await house.pass(300)
  const at = house.clock.elapsed()
  const held = new Promise<void>((resolve) => (second = resolve))
  const out = house.frame(at, async () => {
    await held
    return bob.cashOut(1, { at })
  })
  await house.pass(200)
  first()
  await house.pass(50)
  expect(house.of('balance')).toMatchObject([{ player: 'ann', amount: 1_200 }])
  second()
  expect((await out).wins).toMatchObject([{ multiplier: 149, payout: 1_490 }])
  await house.until('ended')
  expect([await ann.balance(), await bob.balance()]).toEqual([100_200, 100_490])
})

test('a cash-out that came after its target was reached is paid the target, not more', async () => {
  await using house = await deal({ scenario: fixed(300), times: { tick: 1_000 } })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000, 150)])
  await house.until('phase', flying)
  await house.pass(600)
  expect((await ann.cashOut(1)).wins).toMatchObject([{ multiplier: 150, payout: 1_500 }])
  // The next tick finds it paid, which is neither news nor a fault.
  await house.until('ended')
  expect(house.of('balance')).toEqual([])
  expect(house.logged.join()).not.toContain('targets')
})

test('who cashes out all while one target is just being paid gets the others', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000, 150), stake(2, 1_000)])
  await house.until('phase', flying)
  await house.pass(449)
  house.clock.advance(1)
  // The target is due; its payment is under way while the cash-out arrives.
  await null
  while (!house.calls.includes('reach')) await null
  const out = await ann.cashOut(null, { all: true })
  expect(out.wins).toMatchObject([{ slot: 2, multiplier: 156 }])
  expect(await ann.balance()).toBe(98_000 + 1_500 + 1_560)
})

test('a bet is cashed out where it would win too much, without having asked for it', async () => {
  await using house = await deal({ scenario: fixed(1_000), limits: { maxProfit: 5_000 } })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 10_000), stake(2, 1_000, 700), stake(3, 100)])
  await house.until('ended')
  const { winners } = house.of('ended')[0]
  expect(winners.map(({ win }: any) => [win.slot, win.multiplier, win.payout])).toEqual([
    ...[
      [1, 150, 15_000],
      [2, 600, 6_000],
    ],
  ] as never)
})

test('all bets of a round together cannot win more than the limit, those under way included', async () => {
  await using house = await deal({ limits: { maxExposure: 3_000 } })
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  const eve = await house.player('eve')
  // Each can win 10.00.
  await ann.place([stake(1, 1_000, 200)])
  const racing = [bob.place([stake(1, 1_000, 200)]), ann.place([stake(2, 1_000, 200)])]
  const over = await refusalOf(eve.place([stake(1, 1, 200)]))
  expect(over).toMatchObject({ code: 'INVALID_AMOUNT', details: { limit: '30.00' } })
  await Promise.all(racing)
  // Room comes back with a cancellation.
  await ann.cancel(2)
  expect((await bob.place([stake(2, 1_000, 200)])).bets).toHaveLength(1)
  expect(await codeOf(ann.place([stake(2, 100, 101)]))).toBe('INVALID_AMOUNT')
})

test('room that was kept for a bet that could not be paid comes back', async () => {
  await using house = await deal({ limits: { maxExposure: 1_000 } })
  await house.start()
  const [poor, ann] = [await house.player('poor', 10), await house.player('ann')]
  expect(await codeOf(poor.place([stake(1, 1_000, 200)]))).toBe('INSUFFICIENT_BALANCE')
  expect((await ann.place([stake(1, 1_000, 200)])).bets).toHaveLength(1)
})

test('a late loop skips to the newest tick, tells none early and none at or after the crash', async () => {
  await using house = await deal({ scenario: fixed(200) })
  await house.start()
  await house.until('phase', flying)
  await house.pass(110)
  // The loop is held up: everything that fell due meanwhile runs at one late instant.
  house.clock.stall(157)
  house.clock.advance(0)
  await house.quiet()
  await house.pass(40)
  expect(house.of('tick').map(({ elapsed }) => elapsed)).toEqual([50, 100, 250, 300])
  await house.pass(330)
  // A tick was due before the crash, but it is too late for it.
  house.clock.stall(300)
  house.clock.advance(0)
  await house.quiet()
  expect(house.of('tick').at(-1)).toEqual({ multiplier: 182, elapsed: 600 })
  expect(house.of('ended')).toMatchObject([{ flown: 699 }])
})

test('K7: 20 ticks a second for a whole minute, none of them drifting', async () => {
  await using house = await deal({ scenario: fixed(1_000), curve: 'exp:0.00003' })
  await house.start()
  await house.until('phase', flying)
  const [, takeoff] = house.times('phase')
  await house.pass(60_000, 500)
  expect(house.times('tick')).toEqual(
    Array.from({ length: 1_200 }, (_, index) => takeoff! + 50 * (index + 1)),
  )
})
