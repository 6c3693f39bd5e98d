import { anybody, readersOf, type Address } from '../district.ts'
import { evenly } from '../even.ts'
import type { Stage } from '../scenario.ts'
import { stamped } from '../stamp.ts'
import { send } from '../target.ts'
import { sleep, wallMicros } from '../time.ts'
import { arrived, turnOf, type Load } from './load.ts'

const lines = 16
/** By then acknowledgements that are on their way have been taken. */
const settleMs = 500
/** One user in so many is told something while all are away. */
const awayEvery = 5

/** Notices of locallife, each acknowledged: first all are away while some are told something, then they come back to it and to more. */
export async function locallifeLoad(stage: Stage, users: number, rate: number): Promise<Load> {
  const { target, filling } = stage
  const poster = stage.poster(lines)
  await target.notices.settle(poster, users)
  const paths = Array.from({ length: users }, (_, user) => target.notices.path(user))
  const { crowd } = await stage.readers(paths, 'notices')
  let next = 0

  function tell(to: Address): Promise<void> {
    return send(poster, target, target.notices.request(to, stamped(wallMicros()), filling))
  }

  return {
    system: 'locallife',
    async turn(seconds) {
      await sleep(settleMs)
      await crowd.begin()
      await crowd.cut()
      const away = Array.from({ length: Math.ceil(users / awayEvery) }, (_, at) => at * awayEvery)
      await Promise.all(away.map((user) => tell({ kind: 'user', user })))
      const { ready } = await crowd.reopen()
      let [messages, expected] = [away.length, away.length]
      await evenly({ rate, seconds }, () => {
        const to = anybody(next++, users)
        messages++
        expected += readersOf(to, users).length
        return tell(to)
      })
      const harvest = await arrived(crowd, expected)
      return turnOf(harvest, { messages, expected, failed: users - ready })
    },
    async stop() {
      poster.close()
      await crowd.stop()
    },
  }
}
