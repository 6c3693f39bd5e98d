import type { Torture } from './context.ts'
import { killAgainAndAgain } from './kill.ts'
import { everything } from './load/everything.ts'

/** How often everything is asked at the same instant. */
const copies = 6

/** The same command from many sockets and requests at once, and again after a restart (promise 5). */
export const torture: Torture = {
  name: 'repeat',
  about:
    'each command, payment, publish and booking is sent several times at once, over several connections and over restarts: it happens once and always has the same answer',
  async run(context) {
    const until = Date.now() + context.minutes * 60_000
    const load = await everything(context, 0.4, copies)
    try {
      const goesOn = (kills: number) => kills < 2 || Date.now() < until
      const kills = await killAgainAndAgain(context, load, goesOn)
      return `${copies} at once over ${kills} kills; ${load.figures()}`
    } finally {
      await load.stop()
    }
  },
}
