import { expect, test } from 'bun:test'
import type { Wish } from '../../../src/systems/crash/game.ts'
import { simulatePlayers } from '../../../src/systems/crash/players.ts'
import { house, type House } from './house.ts'

/** The ids under which simulated players bet in one round. */
async function idsOf({ ledger, clock, log }: House): Promise<string[]> {
  const ids: string[] = []
  const game = {
    async place({ key, person: { account } }: Wish) {
      ids.push(key)
      return { round: null, bets: [], balance: account, at: 0 }
    },
    cashOut: async () => ({ wins: [], balance: 0, at: 0 }),
  }
  const money = { grant: 100_000, minBet: 1, maxBet: 100 }
  const parts = { game, ledger, clock, log, random: () => 0.5, count: 5, ...money }
  const players = simulatePlayers(parts)
  await players.start()
  players.phase({ round: 1, phase: 'betting', duration: 1_000 })
  clock.advance(1_000)
  players.stop()
  return ids
}

test('simulated players of two runs share no id, since under one of the run before a bet is a repeat and nothing is placed (K31, R30)', async () => {
  await using place = await house()
  const first = await idsOf(place)
  expect(first).toHaveLength(5)
  place.clock.advance(1_000)
  const second = await idsOf(place)
  expect(second).toHaveLength(5)
  expect(new Set([...first, ...second]).size).toBe(10)
})
