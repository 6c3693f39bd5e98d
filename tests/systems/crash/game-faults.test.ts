import { expect, test } from 'bun:test'
import { codeOf, deal, fixed, stake, type Dealt, type Fault } from './croupier.ts'

const flying = ({ phase }: { phase: string }) => phase === 'flying'
const waiting = ({ phase }: { phase: string }) => phase === 'waiting'
const both: readonly [Fault][] = [['unwritten'], ['unanswered']]

/** What players and house have come to: the ledger is whole, and no bet is open. */
async function sound(house: Dealt): Promise<void> {
  expect(await house.ledger.imbalance()).toBe(0)
}

/** Lets time pass without the disk. */
async function outage(house: Dealt, ms: number): Promise<void> {
  await house.pass(ms)
  expect(house.game.idle()).toBe('The disk fails')
}

test('while the disk fails no bets are taken, and play goes on as soon as it works', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  house.faults.set('*', 'unwritten')
  expect(await codeOf(ann.place([stake(1, 100)]))).toBe('STORE_UNAVAILABLE')
  house.faults.clear()
  expect((await ann.place([stake(1, 100)])).balance).toBe(99_900)
})

test('a bet of which nobody knows whether it was written is on the table before the round takes off', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const ann = await house.player('ann')
  house.faults.set('place', 'unanswered')
  house.faults.set('answered', 'unwritten')
  const body = [stake(1, 1_000)]
  expect(await codeOf(ann.place(body, { key: 'a' }))).toBe('STORE_UNAVAILABLE')
  await house.pass(1_500)
  expect(house.game.state()).toMatchObject({ phase: 'betting', remaining: 0 })
  house.faults.clear()
  await house.until('phase', flying)
  expect(ann.bets()).toMatchObject([{ amount: 1_000, status: 'active' }])
  await house.pass(200)
  expect((await ann.cashOut(1)).wins).toMatchObject([{ payout: 1_220 }])
  await sound(house)
})

test.each(both)(
  'a cancellation whose answer got lost (%s) is settled by asking again',
  async (fault) => {
    await using house = await deal()
    await house.start()
    const ann = await house.player('ann')
    await ann.place([stake(1, 1_000)])
    house.faults.set('cancel', fault)
    expect(await codeOf(ann.cancel(1, { key: 'c' }))).toBe('STORE_UNAVAILABLE')
    house.faults.clear()
    await house.until('phase', flying)
    expect(ann.bets()).toHaveLength(fault === 'unwritten' ? 1 : 0)
    expect(await ann.balance()).toBe(fault === 'unwritten' ? 99_000 : 100_000)
  },
)

test.each(both)(
  'a cash-out whose answer got lost (%s) is settled before the round ends',
  async (fault) => {
    await using house = await deal({ scenario: fixed(300) })
    await house.start()
    const ann = await house.player('ann')
    await ann.place([stake(1, 1_000)])
    await house.until('phase', flying)
    await house.pass(500)
    house.faults.set('cashOut', fault)
    expect(await codeOf(ann.cashOut(1, { key: 'out' }))).toBe('STORE_UNAVAILABLE')
    house.faults.clear()
    await house.until('ended')
    const paid = fault === 'unwritten' ? 0 : 1_640
    expect(house.of('ended')[0]).toMatchObject({ staked: 1_000, paid })
    expect(house.of('own')[0].bets).toMatchObject([{ status: paid > 0 ? 'cashed_out' : 'lost' }])
    await sound(house)
  },
)

test.each(both)(
  'R30: a retry of a cash-out after the crash gets its first answer or the truth (%s)',
  async (fault) => {
    await using house = await deal({ scenario: fixed(200) })
    await house.start()
    const ann = await house.player('ann')
    await ann.place([stake(1, 1_000)])
    await house.until('phase', flying)
    await house.pass(500)
    house.faults.set('cashOut', fault)
    expect(await codeOf(ann.cashOut(1, { key: 'out' }))).toBe('STORE_UNAVAILABLE')
    house.faults.clear()
    await house.until('ended')
    const again = ann.cashOut(1, { key: 'out' })
    if (fault === 'unwritten') expect(await codeOf(again)).toBe('ROUND_ENDED')
    else expect(await again).toMatchObject({ wins: [{ payout: 1_640 }], balance: 100_640 })
  },
)

test.each(both)(
  'targets that fall due while the disk fails (%s) are paid, told once, as soon as it works',
  async (fault) => {
    await using house = await deal({ scenario: fixed(1_000) })
    await house.start()
    const [ann, bob] = [await house.player('ann'), await house.player('bob')]
    await ann.place([stake(1, 1_000, 150), stake(2, 1_000, 160)])
    await bob.place([stake(1, 1_000, 180)])
    await house.until('phase', flying)
    house.faults.set('reach', fault)
    await house.pass(650)
    expect(house.of('balance')).toEqual([])
    // The multiplier goes on rising for everybody.
    expect(house.of('tick').at(-1)).toMatchObject({ elapsed: 650 })
    house.faults.clear()
    await house.pass(1_000)
    expect(house.of('balance').map(({ player, amount }) => [player, amount])).toEqual([
      ...[
        ['ann', 1_500],
        ['ann', 1_600],
        ['bob', 1_800],
      ],
    ] as never)
    await house.until('ended')
    expect(house.of('balance')).toHaveLength(3)
    expect(house.of('ended')[0]).toMatchObject({ staked: 3_000, paid: 4_900, losers: [] })
    await sound(house)
  },
)

test.each(both)(
  'targets whose payment failed until the crash (%s) are paid and told then',
  async (fault) => {
    await using house = await deal({ scenario: fixed(200) })
    await house.start()
    const ann = await house.player('ann')
    await ann.place([stake(1, 1_000, 150), stake(2, 1_000)])
    await house.until('phase', flying)
    house.faults.set('reach', fault)
    await house.pass(720)
    expect(house.of('ended')).toEqual([])
    house.faults.clear()
    await house.until('ended')
    expect(house.of('balance').map(({ amount }) => amount)).toEqual([1_500])
    expect(house.of('ended')[0]).toMatchObject({ staked: 2_000, paid: 1_500 })
    await sound(house)
  },
)

test.each(both)(
  'a round does not end before its settlement is written (%s), then play goes on',
  async (fault) => {
    await using house = await deal({ scenario: fixed(200) })
    await house.start()
    const [ann, bob] = [await house.player('ann'), await house.player('bob')]
    await ann.place([stake(1, 1_000, 200)])
    await bob.place([stake(1, 1_000)])
    await house.until('phase', flying)
    await house.pass(680)
    house.faults.set('end', fault)
    await outage(house, 5_000)
    expect([house.of('ended'), house.of('own'), house.of('phase').at(-1).phase]).toEqual([
      ...[[], [], 'flying'],
    ] as never)
    expect(house.game.state()).toMatchObject({ phase: 'flying', multiplier: 200 })
    expect(await codeOf(bob.cashOut(1))).toBe('ROUND_ENDED')
    const at = house.clock.elapsed()
    house.faults.clear()
    await house.until('ended')
    // It is back within a second of the disk.
    expect(house.clock.elapsed() - at).toBeLessThanOrEqual(1_000)
    expect(house.of('ended')).toMatchObject([{ staked: 2_000, paid: 2_000 }])
    expect(house.of('balance')).toMatchObject([{ player: 'ann', amount: 2_000 }])
    await house.until('phase')
    expect(house.game.state().phase).toBe('betting')
    await sound(house)
  },
)

test.each(both)(
  'a round that cannot begin (%s) begins within a second of the disk, and no bet that waits is lost',
  async (fault) => {
    await using house = await deal({ scenario: fixed(110) })
    await house.start()
    const ann = await house.player('ann')
    await ann.place([stake(1, 1_000)], { nextRound: true })
    await house.until('phase', waiting)
    house.faults.set('begin', fault)
    await outage(house, 4_000)
    expect(house.game.state().phase).toBe('waiting')
    house.faults.clear()
    const at = house.clock.elapsed()
    await house.until('phase', ({ phase }) => phase === 'betting')
    expect(house.clock.elapsed() - at).toBeLessThanOrEqual(1_000)
    if (fault === 'unwritten') expect(ann.bets()).toMatchObject([{ status: 'active' }])
    else {
      // The round that began unseen is void, and everything that was at stake in it is back.
      expect(ann.bets()).toEqual([])
      expect(house.of('balance')).toEqual([
        { player: 'ann', balance: 100_000, amount: 1_000, reason: 'REFUND' },
      ])
      expect(await ann.balance()).toBe(100_000)
    }
    await house.until('ended')
    await sound(house)
  },
)

test('a game whose disk fails at the start opens when it works, and takes no bets before', async () => {
  await using house = await deal()
  house.faults.set('recover', 'unwritten')
  await house.start()
  const ann = await house.player('ann')
  await house.pass(3_000)
  expect(house.of('phase')).toEqual([])
  house.faults.set('answered', 'unwritten')
  expect(await codeOf(ann.place([stake(1, 100)], { nextRound: true }))).toBe('STORE_UNAVAILABLE')
  house.faults.clear()
  await house.until('phase')
  expect(house.game.idle()).toBeNull()
})

test('however many commands are in doubt, the log has one line of it', async () => {
  await using house = await deal()
  await house.start()
  const players = await Promise.all(['a', 'b', 'c', 'd'].map((name) => house.player(name)))
  house.faults.set('place', 'unanswered')
  house.faults.set('answered', 'unwritten')
  const codes = players.map((player) => codeOf(player.place([stake(1, 100)])))
  expect(new Set(await Promise.all(codes))).toEqual(new Set(['STORE_UNAVAILABLE']))
  await house.pass(300)
  house.faults.clear()
  await house.until('phase', flying)
  expect(house.game.state().totals).toEqual({ players: 4, staked: 400 })
  const events = house.logged.map((line) => JSON.parse(line).event)
  expect(events).toEqual(['command not written', 'command written'])
})

test('what fails is one line in the log, and another one when it works again', async () => {
  await using house = await deal({ scenario: fixed(200) })
  await house.start()
  await house.until('phase', flying)
  house.faults.set('end', 'unwritten')
  await house.pass(8_000)
  house.faults.clear()
  await house.until('ended')
  const events = house.logged.map((line) => JSON.parse(line).event)
  expect(events).toEqual(['round not written', 'round written'])
})

test('only so much is left in doubt: what is asked for beyond it is refused untried, so that a long outage takes no memory', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000)])
  await house.until('phase', flying)
  house.faults.set('*', 'unwritten')
  const asked = Array.from({ length: 1_200 }, () => codeOf(ann.cashOut(1)))
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['STORE_UNAVAILABLE']))
  expect(house.calls.filter((name) => name === 'cashOut')).toHaveLength(1_000)
  house.faults.clear()
  await house.pass(200)
  expect((await ann.cashOut(1)).wins).toMatchObject([{ bet: 1, payout: 1_220 }])
  await house.until('ended')
  await sound(house)
})

test.each(both)(
  'room that was kept for a bet in doubt (%s) is kept once, or not at all any more',
  async (fault) => {
    await using house = await deal({ limits: { maxExposure: 2_000 } })
    await house.start()
    const ann = await house.player('ann')
    house.faults.set('place', fault)
    house.faults.set('answered', 'unwritten')
    // It can win 10.00, as each of those after it.
    expect(await codeOf(ann.place([stake(1, 1_000, 200)]))).toBe('STORE_UNAVAILABLE')
    house.faults.clear()
    await ann.place([stake(2, 1_000, 200)])
    expect(await codeOf(ann.place([stake(3, 1_000, 200)]))).toBe('INVALID_AMOUNT')
    await house.pass(300)
    if (fault === 'unwritten') await ann.place([stake(1, 1_000, 200)])
    expect(await codeOf(ann.place([stake(3, 1_000, 200)]))).toBe('INVALID_AMOUNT')
    await ann.cancel(1)
    await ann.place([stake(3, 1_000, 200)])
  },
)
