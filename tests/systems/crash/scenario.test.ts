import { expect, test } from 'bun:test'
import type { Chain } from '../../../src/systems/crash/chains.ts'
import { crashPoint, parseHash } from '../../../src/systems/crash/draw.ts'
import { crashChains } from '../../../src/storage/sqlite/crash-chains.ts'
import { createSources } from '../../../src/systems/crash/scenario.ts'
import { deal, fixed, type Dealt } from './croupier.ts'

const betting = ({ phase }: { phase: string }) => phase === 'betting'

test('K31: fast rounds crash at once, at 1.00', async () => {
  await using house = await deal({ scenario: { kind: 'fast' } })
  await house.start()
  for (let n = 0; n < 3; n++) await house.until('ended')
  expect(house.of('ended')).toMatchObject(Array(3).fill({ crash: 100, flown: 10 }))
})

test('K31: a fixed sequence begins with the first round after the start and repeats', async () => {
  await using house = await deal({ scenario: fixed(100, 235, 110) })
  await house.start()
  for (let n = 0; n < 7; n++) await house.until('ended')
  const points = house.of('ended').map(({ crash }) => crash)
  expect(points).toEqual([100, 235, 110, 100, 235, 110, 100])
  const kept = await house.ledger.rounds(null, 10)
  expect(kept.filter(({ status }) => status === 'ended')).toMatchObject(
    Array(7).fill({ source: 'scenario', hash: null, index: null, chain: null }),
  )
})

test('a point above the cap of the chains is the cap of its bets, so that none wins too much', () => {
  const salting = { playable: () => null, used() {}, idle: () => null }
  const parts = { salting, curve: 'exp:0.001', maxMultiplier: 1_000 }
  expect(createSources({ ...parts, scenario: fixed(100, 5_000) }).cap()).toBe(5_000)
  expect(createSources({ ...parts, scenario: null }).cap()).toBe(1_000)
})

const unsalted: Chain = {
  ...{ id: 1, rtpBps: 9_700, curve: 'exp:0.001', cap: 100_000, saltSource: 'local', h0: '' },
  ...{ length: 100, committedAt: 0, salt: null, saltAt: null, position: 0, leftAt: null },
}

/** Plays a chain of the real store as soon as it has one. */
function salted(first: Chain) {
  const state = { chain: first, used: [] as number[] }
  const salting = {
    playable: () => (state.chain.salt === null ? null : state.chain),
    used: (_: number, index: number) => void state.used.push(index),
    idle: () => (state.chain.salt === null ? 'No chain has a salt' : null),
  }
  return { salting, state }
}

const publicValue = 'a-later-public-value'

/** Commits a chain; what it answers gives the chain its salt. */
async function committed(house: Dealt, cap: number): Promise<() => Promise<Chain>> {
  const chains = crashChains(house.thread)
  const terms = { rtpBps: 9_700, curve: 'exp:0.001', cap, saltSource: 'local' }
  const { id } = await chains.commit(terms, 100, house.clock.now())
  return () => chains.salt(id, publicValue, house.clock.now())
}

test('no round begins without a salt, the reason is told, and one begins within a second of it', async () => {
  const { salting, state } = salted(unsalted)
  await using house = await deal({ scenario: null, salting })
  await house.start()
  await house.pass(5_000, 50)
  expect([house.game.idle(), house.of('phase')]).toEqual(['No chain has a salt', []])
  expect(house.game.state()).toMatchObject({ round: 0, phase: 'waiting', remaining: 0 })
  const salt = await committed(house, 100_000)
  state.chain = await salt()
  await house.pass(1_000, 50)
  expect([house.game.idle(), house.of('phase').length]).toEqual([null, 1])
  expect(house.logged.map((line) => JSON.parse(line).event)).toEqual(['no rounds', 'rounds go on'])
})

test('a round of the chain crashes where its hash and salt say, and each index is used once', async () => {
  const { salting, state } = salted(unsalted)
  await using house = await deal({ scenario: null, salting, times: { betting: 100, waiting: 100 } })
  const salt = await committed(house, 1_000)
  state.chain = await salt()
  await house.start()
  for (let n = 0; n < 5; n++) await house.until('ended')
  const ended = house.of('ended')
  for (const { hash, crash } of ended) {
    expect(crash).toBe(crashPoint(parseHash(hash)!, publicValue, 9_700, 1_000))
  }
  expect(ended.map(({ index }) => index)).toEqual([1, 2, 3, 4, 5])
  await house.until('phase', betting)
  expect(state.used).toEqual([1, 2, 3, 4, 5, 6])
})

test('K31: simulated players bet, cash out and are paid like any other, and money stays what it was', async () => {
  const { salting, state } = salted(unsalted)
  let seed = 7
  const random = () => (seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32
  const scenario = { kind: 'players', count: 50 } as const
  await using house = await deal({ scenario, salting, random, limits: { minBet: 100 } })
  const salt = await committed(house, 10_000)
  await house.start()
  await house.pass(100)
  state.chain = await salt()
  for (let n = 0; n < 3; n++) await house.until('ended')
  const ended = house.of('ended')
  for (const { staked, winners, losers } of ended) {
    expect(staked).toBeGreaterThan(0)
    expect(winners.length + losers.length).toBeGreaterThan(20)
  }
  const [byHand, bySelf] = [house.calls.includes('cashOut'), house.calls.includes('reach')]
  expect([byHand, bySelf, await house.ledger.imbalance()]).toEqual([true, true, 0])
  expect(house.logged.filter((line) => line.includes('"error"'))).toEqual([])
  await house.close()
  const told = house.calls.length
  await house.pass(10_000, 100)
  expect(house.calls).toHaveLength(told)
})

test('a simulated player whose purse is empty gets more play money', async () => {
  const scenario = { kind: 'players', count: 3 } as const
  const limits = { minBet: 1_000, maxBet: 100_000 }
  const { salting, state } = salted(unsalted)
  await using house = await deal({ scenario, salting, random: () => 0.6, grant: 0, limits })
  const salt = await committed(house, 101)
  await house.start()
  state.chain = await salt()
  for (let n = 0; n < 4; n++) await house.until('ended')
  expect(house.calls).toContain('move')
  expect((await house.ledger.account('sim-1'))!.balance).toBeGreaterThan(0)
})
