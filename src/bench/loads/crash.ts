import { ask } from '../answers.ts'
import type { Stage } from '../scenario.ts'
import { send } from '../target.ts'
import { gamble } from '../wagers.ts'
import { comeBack, type Load } from './load.ts'

const lines = 8
/** One player in so many gets money in each turn. */
const paidEvery = 20
/** What a player meets who does not look whether this is the time for what it asks (K18). */
const untimely = new Set([
  'INVALID_PHASE',
  'MAX_BETS_EXCEEDED',
  'BET_NOT_FOUND',
  'ROUND_ENDED',
  'ALREADY_CASHED_OUT',
])

/** Players of crash with money from the wallet: all leave and come back, then bet, take bets back and cash out at an even rate, whatever the game is doing. */
export async function crashLoad(stage: Stage, players: number, rate: number): Promise<Load> {
  const { target } = stage
  const poster = stage.poster(lines)
  let movements = 0

  function pay(player: number, amount: string): Promise<void> {
    const body = JSON.stringify({ amount, tx_id: `soak-${movements++}` })
    return send(poster, target, target.keyed(`/api/wallets/bench${player}/credit`, body))
  }

  const everybody = Array.from({ length: players }, (_, player) => player)
  await Promise.all(everybody.map((player) => pay(player, '100000.00')))
  const paths = everybody.map((player) => target.gaming.path(player))
  const { crowd } = await stage.readers(paths, 'players')
  let asked = 0

  return {
    system: 'crash',
    async turn(seconds) {
      const refused = await comeBack(crowd)
      await crowd.begin()
      const paid = everybody.filter((player) => player % paidEvery === movements % paidEvery)
      await Promise.all(paid.map((player) => pay(player, '10.00')))
      const requests = Math.ceil(rate * seconds)
      const answers = await ask(crowd, gamble(players, requests, asked), rate)
      asked += requests
      const untold = Object.entries(answers.refused).filter(([code]) => !untimely.has(code))
      if (untold.length > 0) stage.say(`crash refused: ${JSON.stringify(answers.refused)}`)
      const wrong = untold.reduce((sum, [, count]) => sum + count, 0)
      const gone = players - (await crowd.alive())
      return {
        messages: requests + paid.length,
        deliveries: requests - answers.unanswered,
        missed: answers.unanswered,
        doubled: 0,
        failed: refused + wrong + gone,
        latencies: answers.latencies,
      }
    },
    async stop() {
      poster.close()
      await crowd.stop()
    },
  }
}
