import { expect, test } from 'bun:test'
import { codeOf, deal, fixed, refusalOf, stake } from './croupier.ts'

test('a bet in doubt that was taken back by now does not sit down again once it is known that it was written', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const ann = await house.player('ann')
  const stakes = [stake(1, 1_000)]
  house.faults.set('place', 'unanswered')
  house.faults.set('answered', 'unwritten')
  expect(await codeOf(ann.place(stakes, { key: 'a' }))).toBe('STORE_UNAVAILABLE')
  // The disk works before anybody asks again; meanwhile the client tries again and changes its mind.
  await house.quiet()
  house.faults.clear()
  expect(await ann.place(stakes, { key: 'a' })).toMatchObject({ balance: 99_000 })
  expect(await ann.cancel(1)).toMatchObject({ refund: 1_000 })
  await house.pass(700)
  expect(ann.bets()).toEqual([])
  expect(house.game.state().totals).toEqual({ players: 0, staked: 0 })
  expect(await refusalOf(ann.cancel(1))).toMatchObject({ code: 'BET_NOT_FOUND' })
  await house.until('ended')
  expect(house.of('ended')).toMatchObject([{ winners: [], losers: [], staked: 0 }])
  expect(house.of('own')).toEqual([])
})

test('the same holds for a bet that waits for the next round', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await house.until('phase', ({ phase }) => phase === 'flying')
  const stakes = [stake(2, 1_000)]
  house.faults.set('place', 'unanswered')
  house.faults.set('answered', 'unwritten')
  const next = { key: 'a', nextRound: true }
  expect(await codeOf(ann.place(stakes, next))).toBe('STORE_UNAVAILABLE')
  await house.quiet()
  house.faults.clear()
  await ann.place(stakes, next)
  await ann.cancel(2)
  await house.pass(600)
  expect(ann.bets()).toEqual([])
})

test('a bet in doubt is on the table once a repeat tells that it was written, though a later bet came before', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const ann = await house.player('ann')
  const stakes = [stake(1, 1_000)]
  house.faults.set('place', 'unanswered')
  house.faults.set('answered', 'unwritten')
  expect(await codeOf(ann.place(stakes, { key: 'a' }))).toBe('STORE_UNAVAILABLE')
  await house.quiet()
  house.faults.clear()
  await ann.place([stake(2, 500)])
  expect(ann.bets()).toHaveLength(1)
  await ann.place(stakes, { key: 'a' })
  expect(ann.bets()).toMatchObject([{ slot: 1 }, { slot: 2 }])
  await ann.cancel(1)
  await ann.place(stakes, { key: 'a' })
  await house.pass(700)
  expect(ann.bets()).toMatchObject([{ slot: 2 }])
  expect(await ann.balance()).toBe(99_500)
})
