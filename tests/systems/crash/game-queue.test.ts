import { expect, test } from 'bun:test'
import { codeOf, deal, fixed, stake } from './croupier.ts'

const flying = ({ phase }: { phase: string }) => phase === 'flying'
const betting = ({ phase }: { phase: string }) => phase === 'betting'

test('a bet for the next round is paid at once, waits, and takes its seat when the betting begins', async () => {
  await using house = await deal({ scenario: fixed(110, 300) })
  await house.start()
  const ann = await house.player('ann')
  await house.until('phase', flying)
  const placed = await ann.place([stake(1, 1_000, 200)], { nextRound: true })
  expect(placed).toMatchObject({ round: null, balance: 99_000, bets: [{ status: 'pending' }] })
  expect(ann.bets()).toMatchObject([{ slot: 1, status: 'pending' }])
  expect(house.game.state().totals).toEqual({ players: 0, staked: 0 })
  // It is no bet of the round that flies.
  expect(await codeOf(ann.cashOut(1))).toBe('BET_NOT_FOUND')
  await house.until('phase', betting)
  expect(house.game.state().totals).toEqual({ players: 1, staked: 1_000 })
  expect(ann.bets()).toMatchObject([{ slot: 1, status: 'active' }])
  const { changes } = await house.until('players')
  expect(changes).toMatchObject([{ action: 'BET_PLACED', seat: { person: { playerId: 'ann' } } }])
  await house.until('ended')
  expect(await ann.balance()).toBe(101_000)
})

test('a slot of the next round is another one than that of this round', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 100)])
  await ann.place([stake(1, 200)], { nextRound: true })
  expect(await codeOf(ann.place([stake(1, 300)], { nextRound: true }))).toBe('MAX_BETS_EXCEEDED')
  expect(ann.bets()).toMatchObject([
    { amount: 100, status: 'active' },
    { amount: 200, status: 'pending' },
  ])
  // While betting the bet of this round goes first, then the one that waits.
  expect(await ann.cancel(1)).toMatchObject({ refund: 100 })
  expect(await ann.cancel(1)).toMatchObject({ refund: 200 })
})

test('a bet that waits can be cancelled in any phase, up to the deadline of its own round', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await house.until('phase', flying)
  await ann.place([stake(1, 100), stake(2, 50)], { nextRound: true })
  expect(await ann.cancel(1)).toMatchObject({ refund: 100, balance: 99_950 })
  expect(await codeOf(ann.cancel(1))).toBe('INVALID_PHASE')
  const at = house.clock.elapsed()
  await house.until('phase', betting)
  // It came while its bet still waited, and is worked on while that takes part.
  expect(await ann.cancel(0, { at })).toMatchObject({ slots: [2], balance: 100_000 })
  expect(house.game.state().totals).toEqual({ players: 0, staked: 0 })
})

test('bets that wait have a room of their own, and take it along', async () => {
  await using house = await deal({ limits: { maxExposure: 1_000 }, scenario: fixed(110) })
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  await ann.place([stake(1, 1_000, 200)])
  await bob.place([stake(1, 1_000, 200)], { nextRound: true })
  expect(await codeOf(ann.place([stake(2, 1, 200)], { nextRound: true }))).toBe('INVALID_AMOUNT')
  await house.until('phase', betting)
  expect(await codeOf(ann.place([stake(1, 1, 200)]))).toBe('INVALID_AMOUNT')
  expect((await ann.place([stake(1, 1_000, 200)], { nextRound: true })).round).toBeNull()
})

test('bets that race with the beginning of a round have a seat in it, each one', async () => {
  await using house = await deal({ scenario: fixed(110) })
  await house.start()
  const players = await Promise.all(
    Array.from({ length: 12 }, (_, index) => house.player(`p${index}`)),
  )
  await house.until('ended')
  await house.pass(499)
  const asked = players.slice(0, 6).map((one) => one.place([stake(1, 100)], { nextRound: true }))
  house.clock.advance(1)
  const late = players.slice(6).map((one) => one.place([stake(1, 100)], { nextRound: true }))
  await Promise.all([...asked, ...late])
  await house.quiet()
  expect(house.game.state().phase).toBe('betting')
  // Those that came at the very instant came before the betting that they hear of.
  for (const player of players) expect(player.bets()).toMatchObject([{ status: 'active' }])
  expect(house.game.state().totals).toEqual({ players: 12, staked: 1_200 })
  await players[0]!.place([stake(1, 100)], { nextRound: true })
  await house.until('phase', betting)
  expect(house.game.state().totals).toEqual({ players: 1, staked: 100 })
})

test('R30: the repeat of a bet that waited does not wait a second time', async () => {
  await using house = await deal({ scenario: fixed(110) })
  await house.start()
  const ann = await house.player('ann')
  const how = { key: 'a', nextRound: true }
  const placed = await ann.place([stake(1, 100)], how)
  await house.until('phase', betting)
  await house.until('phase', betting)
  expect(await ann.place([stake(1, 100)], how)).toEqual(placed)
  expect(ann.bets()).toEqual([])
  await house.until('phase', betting)
  expect(house.game.state().totals).toEqual({ players: 0, staked: 0 })
})

test('a cancellation that came at the very deadline is too late, though the round has yet to take off (R14)', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000), stake(2, 500)])
  let done = () => {}
  // A frame from before the deadline keeps the round from taking off.
  const early = house.clock.elapsed()
  void house.frame(early, () => new Promise<void>((resolve) => (done = resolve)))
  await house.pass(999, 1)
  const before = house.clock.elapsed()
  await house.pass(1)
  expect(house.game.state()).toMatchObject({ phase: 'betting', remaining: 0 })
  expect(await codeOf(ann.cancel(1))).toBe('INVALID_PHASE')
  expect((await ann.cancel(2, { at: before })).refund).toBe(500)
  done()
  await house.quiet()
  expect(ann.bets()).toMatchObject([{ slot: 1, status: 'active' }])
})

test('R30: what is forgotten each minute is older than the window: a repeat gets its first answer until then', async () => {
  await using house = await deal({ times: { window: 90_000 } })
  await house.start()
  const ann = await house.player('ann')
  const first = await ann.place([stake(1, 1_000)], { key: 'a' })
  await house.pass(80_000, 100)
  expect(await ann.place([stake(1, 1_000)], { key: 'a', at: 0 })).toEqual(first)
  await house.pass(50_000, 100)
  expect(await codeOf(ann.place([stake(1, 1_000)], { key: 'a', at: 0 }))).toBe('INVALID_PHASE')
})
