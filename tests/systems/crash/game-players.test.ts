import { expect, test } from 'bun:test'
import { deal, fixed, stake, type Dealt } from './croupier.ts'

const flying = ({ phase }: { phase: string }) => phase === 'flying'
const betting = ({ phase }: { phase: string }) => phase === 'betting'

/** What was told of players: of each message the actions with their players. */
function changesOf(house: Dealt): string[] {
  return house
    .of('players')
    .map(({ changes }) =>
      changes.map(({ action, seat }: any) => `${seat.person.playerId} ${action}`).join(', '),
    )
}

test('K16: what happens to players within a tick leaves together, the newest of each, with the sums of that moment', async () => {
  await using house = await deal()
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  await ann.place([stake(1, 100)])
  await bob.place([stake(2, 50)])
  await ann.place([stake(3, 10)])
  expect(house.of('players')).toEqual([])
  await house.pass(50)
  expect(changesOf(house)).toEqual(['ann BET_PLACED, bob BET_PLACED'])
  const [{ changes, totals }] = house.of('players')
  expect(totals).toEqual({ players: 2, staked: 160 })
  expect(changes[0].seat.bets).toMatchObject([
    { slot: 1, amount: 100 },
    { slot: 3, amount: 10 },
  ])
  await house.pass(500)
  expect(house.of('players')).toHaveLength(1)
})

test('R12: a cancellation is told with what the player has left', async () => {
  await using house = await deal()
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 100), stake(2, 50)])
  await house.pass(50)
  await ann.cancel(1)
  await house.pass(50)
  await ann.cancel(2)
  await house.pass(50)
  expect(changesOf(house)).toEqual(['ann BET_PLACED', 'ann BET_CANCELLED', 'ann BET_CANCELLED'])
  expect(
    house.of('players').map(({ changes, totals }) => [changes[0].seat.bets.length, totals]),
  ).toEqual([
    ...[
      [2, { players: 1, staked: 150 }],
      [1, { players: 1, staked: 50 }],
    ],
    [0, { players: 0, staked: 0 }],
  ] as never)
})

test('at most 20 players are told of in a tick, the others in the next ones, and nobody is left out', async () => {
  await using house = await deal()
  await house.start()
  const players = await Promise.all(Array.from({ length: 45 }, (_, n) => house.player(`p${n}`)))
  for (const player of players) await player.place([stake(1, 10)])
  await house.pass(300)
  expect(house.of('players').map(({ changes }) => changes.length)).toEqual([20, 20, 5])
  const [first, second, third] = house.times('players')
  expect([second! - first!, third! - second!]).toEqual([50, 50])
  expect(new Set(changesOf(house).join(', ').split(', ')).size).toBe(45)
})

test('in flight what happens to players leaves in the turn of a tick, after it', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  await ann.place([stake(1, 100)])
  await bob.place([stake(1, 100, 150)])
  await house.until('phase', flying)
  house.told.length = 0
  await house.pass(120)
  await ann.cashOut(1)
  await house.pass(400)
  const at = (what: string) =>
    house.told.flatMap((one, index) => (one.what === what ? [index] : []))
  for (const index of at('players')) {
    expect(house.told[index - 1]).toMatchObject({ what: 'tick', at: house.told[index]!.at })
  }
  expect(changesOf(house)).toEqual(['ann CASHED_OUT', 'bob CASHED_OUT'])
  expect(house.of('players')[0].changes[0].seat.bets).toEqual([
    {
      slot: 1,
      amount: 100,
      status: 'cashed_out',
      target: null,
      multiplier: 112,
      payout: 112,
    },
  ] as never)
})

test('what was not told of a round when the next one begins is not told any more', async () => {
  await using house = await deal({ scenario: fixed(110), times: { waiting: 10 } })
  await house.start()
  const players = await Promise.all(Array.from({ length: 30 }, (_, n) => house.player(`p${n}`)))
  for (const player of players) await player.place([stake(1, 10, 108)])
  await house.until('phase', flying)
  await house.until('phase', betting)
  const told = house.of('players').length
  await house.pass(500)
  expect(house.of('players')).toHaveLength(told)
})

test('R29: somebody without a bet in the air leaves at once, and bets survive a disconnect', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  const eve = await house.player('eve')
  await ann.place([stake(1, 100), stake(2, 100, 200)])
  await bob.place([stake(1, 100, 150)])
  await house.until('phase', flying)
  await house.pass(100)
  house.game.left(eve.account)
  house.game.left(ann.account)
  house.game.left(bob.account)
  house.game.joined(bob.account)
  await house.pass(200)
  expect(changesOf(house)).toEqual(['ann BET_PLACED, bob BET_PLACED'])
  await house.pass(300)
  // Bob is back when his target is reached; Ann still has a bet in the air when hers is.
  await house.until('ended')
  await house.pass(60)
  expect(changesOf(house).slice(1)).toEqual(['bob CASHED_OUT', 'ann CASHED_OUT', 'ann LEFT'])
  house.game.left(bob.account)
  await house.pass(60)
  expect(changesOf(house).at(-1)).toBe('bob LEFT')
  house.game.left(eve.account)
  await house.until('phase', betting)
  await house.pass(200)
  expect(changesOf(house)).toHaveLength(5)
})

test('R29: who is away leaves with the last bet that is cashed out by itself', async () => {
  await using house = await deal({ scenario: fixed(300) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 100, 120), stake(2, 100, 150)])
  await house.until('phase', flying)
  house.game.left(ann.account)
  await house.until('ended')
  expect(changesOf(house)).toEqual(['ann BET_PLACED', 'ann CASHED_OUT', 'ann LEFT'])
})

test('who is away with a bet that waits has left nothing yet; in its own round it leaves when that is over', async () => {
  await using house = await deal({ scenario: fixed(110) })
  await house.start()
  const ann = await house.player('ann')
  await house.until('phase', flying)
  await ann.place([stake(1, 100)], { nextRound: true })
  house.game.left(ann.account)
  await house.until('ended')
  await house.until('ended')
  await house.pass(60)
  expect(changesOf(house)).toEqual(['ann BET_PLACED', 'ann LEFT'])
})

test('with cash_out whoever leaves in flight takes what there is, in other phases nothing happens', async () => {
  await using house = await deal({ scenario: fixed(300), onDisconnect: 'cash_out' })
  await house.start()
  const [ann, bob] = [await house.player('ann'), await house.player('bob')]
  await ann.place([stake(1, 1_000), stake(2, 1_000)])
  await bob.place([stake(1, 1_000)])
  house.game.left(ann.account)
  await house.quiet()
  expect(ann.bets()).toHaveLength(2)
  await house.until('phase', flying)
  await house.pass(300)
  house.game.left(ann.account)
  await house.quiet()
  expect(await ann.balance()).toBe(98_000 + 2 * 1_340)
  await house.until('ended')
  house.game.left(bob.account)
  await house.quiet()
  expect(await bob.balance()).toBe(99_000)
  expect(house.logged).toEqual([])
})

test('K20: statistics are told after each round and once a minute, as they are in the ledger', async () => {
  await using house = await deal({ scenario: fixed(150, 1_500), times: { waiting: 40_000 } })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000, 120)])
  await house.until('stats')
  await house.pass(58_000, 100)
  await house.until('stats')
  expect(house.of('stats')).toMatchObject([
    { rounds: 1, average: 150, staked: 1_000, paid: 1_200, below2x: 1, recent: [150] },
    { rounds: 2, average: 825, most: 1_500, least: 150, above10x: 1, recent: [1_500, 150] },
    { rounds: 2 },
  ])
  expect(house.times('stats').at(-1)).toBe(60_000)
})

test('metrics count a round once it is over, and the balance of all purses stays 0', async () => {
  await using house = await deal({ scenario: fixed(150) })
  await house.start()
  const ann = await house.player('ann')
  await ann.place([stake(1, 1_000, 120), stake(2, 50)])
  const read = () =>
    house.metrics
      .text()
      .split('\n')
      .filter((line) => /^fanfare_(crash_(rounds|bets|staked|paid)|ledger)/.test(line))
      .map((line) => line.replace('fanfare_', ''))
  await house.until('tick', ({ multiplier }) => multiplier > 130)
  const nothing = ['rounds_total 0', 'bets_total 0', 'staked_total 0', 'paid_total 0']
  expect(read()).toEqual([...nothing.map((line) => `crash_${line}`), 'ledger_imbalance 0'])
  await house.until('ended')
  const counted = ['rounds_total 1', 'bets_total 2', 'staked_total 1050', 'paid_total 1200']
  expect(read()).toEqual([...counted.map((line) => `crash_${line}`), 'ledger_imbalance 0'])
})
