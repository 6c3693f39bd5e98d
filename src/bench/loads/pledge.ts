import type { Stage } from '../scenario.ts'
import { sleep, wallMicros } from '../time.ts'
import { arrived, comeBack, turnOf, type Load } from './load.ts'

/** By then those who came back have been told the last price. */
const welcomeMs = 200

/** Prices of an exchange to everybody; all of them leave and come back first. */
export async function pledgeLoad(stage: Stage, connections: number, rate: number): Promise<Load> {
  const { target } = stage
  const upstream = stage.upstream!
  await upstream.heard()
  const paths = new Array<string>(connections).fill(target.pricePath)
  const { crowd } = await stage.readers(paths, 'prices')

  return {
    system: 'pledge',
    async turn(seconds) {
      const failed = await comeBack(crowd)
      await sleep(welcomeMs)
      const from = wallMicros()
      await crowd.beginAt(from)
      const { told } = await upstream.tick({ rate, seconds, from })
      const expected = told * connections
      return turnOf(await arrived(crowd, expected), { messages: told, expected, failed })
    },
    stop: crowd.stop,
  }
}
