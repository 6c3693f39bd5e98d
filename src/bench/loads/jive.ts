import type { Crowd } from '../crowd.ts'
import { evenly } from '../even.ts'
import type { Stage } from '../scenario.ts'
import { stamped } from '../stamp.ts'
import { publish } from '../target.ts'
import { clock, sleep, wallMicros } from '../time.ts'
import { arrived, comeBack, turnOf, type Load } from './load.ts'

const readersOfTopic = 10
/** One connection in so many comes and goes all the time; what those hear is not counted. */
const guestEvery = 5
const lines = 16
const visitMs = 500

/** Durable messages to families of jive at an even rate, while every fifth connection comes and goes. */
export async function jiveLoad(stage: Stage, connections: number, rate: number): Promise<Load> {
  const { target, filling } = stage
  const guests = Math.max(1, Math.floor(connections / guestEvery))
  const stayers = Math.max(1, connections - guests)
  const topics = Math.ceil(stayers / readersOfTopic)
  const { crowd } = await stage.crowd(stayers, topics)
  const { crowd: visitors } = await stage.crowd(guests, topics, stayers)
  const poster = stage.poster(lines)
  let next = 0

  function tell(): { readers: number; told: Promise<void> } {
    const topic = next++ % topics
    const readers = Math.floor((stayers - topic + topics - 1) / topics)
    const post = { topic, title: stamped(wallMicros()), filling }
    return { readers, told: publish(poster, target, [post]) }
  }

  return {
    system: 'jive',
    async turn(seconds) {
      await crowd.begin()
      const visits = comeAndGo(visitors, seconds)
      let [messages, expected] = [0, 0]
      await evenly({ rate, seconds }, () => {
        const { readers, told } = tell()
        messages++
        expected += readers
        return told
      })
      const failed = await visits
      return turnOf(await arrived(crowd, expected), { messages, expected, failed })
    },
    async stop() {
      poster.close()
      await crowd.stop()
      await visitors.stop()
    },
  }
}

async function comeAndGo(crowd: Crowd, seconds: number): Promise<number> {
  const end = clock.elapsed() + seconds * 1000
  let refused = 0
  while (clock.elapsed() < end) {
    refused += await comeBack(crowd)
    await sleep(visitMs)
  }
  return refused
}
