import type { Crowd } from '../crowd.ts'
import type { Poster } from '../post.ts'
import { spread, watch, type Scenario, type Stage } from '../scenario.ts'
import { stamped } from '../stamp.ts'
import type { Measure } from '../table.ts'
import { publish, type Post } from '../target.ts'
import { clock, sleep, until, wallMicros } from '../time.ts'

const batch = 100
/** Messages that may be under way: what lies unread stays far below what a reader is cut for. */
const ahead = 1_000
const warmUpSeconds = 0.5
const patienceMs = 20_000

/** One topic, many readers (F1): each message alone, then as many as the server takes. */
export const fanout: Scenario = {
  summary: 'one topic with many readers, published one at a time and back to back',
  goals: {
    'one at a time: deliveries/s': { of: 'ratio', at: 'least', than: 0.95 },
    'back to back: deliveries/s': { of: 'ratio', at: 'least', than: 0.95 },
    'one at a time: missed': { of: 'value', at: 'most', than: 0 },
    'back to back: missed': { of: 'value', at: 'most', than: 0 },
  },
  async measure(stage) {
    const { crowd, gathering } = await stage.crowd(stage.wishes.connections ?? 1_000, 1)
    const poster = stage.poster(2)
    const measures = [{ name: 'readers', value: gathering.ready }]
    const seconds = stage.wishes.seconds ?? 5
    await flood(stage, crowd, poster, { prefix: '', size: 1, window: 1, seconds: warmUpSeconds })
    measures.push(
      ...(await flood(stage, crowd, poster, {
        prefix: 'one at a time: ',
        size: 1,
        window: 1,
        seconds,
      })),
    )
    measures.push(
      ...(await flood(stage, crowd, poster, {
        prefix: 'back to back: ',
        size: batch,
        window: ahead,
        seconds,
      })),
    )
    return measures
  },
}

interface Load {
  readonly prefix: string
  readonly size: number
  readonly window: number
  readonly seconds: number
}

/** Publishes `size` at a time with at most `window` messages under way, and counts what arrives. */
async function flood(
  { target, filling, say }: Stage,
  crowd: Crowd,
  poster: Poster,
  { prefix, size, window, seconds }: Load,
): Promise<Measure[]> {
  let arrived = 0
  let wake = () => {}
  await crowd.begin(Math.min(size, 10), (messages) => {
    arrived = messages
    wake()
  })
  const server = watch(target)
  const startedAt = clock.elapsed()
  const end = startedAt + seconds * 1000
  let sent = 0
  async function lane(): Promise<void> {
    while (clock.elapsed() < end) {
      if (sent + size - arrived > window) {
        await new Promise<void>((resolve) => (wake = resolve))
        continue
      }
      sent += size
      const post = { topic: 0, title: stamped(wallMicros()), filling }
      await publish(
        poster,
        target,
        Array.from({ length: size }, (): Post => post),
      )
    }
  }
  // A message that is lost for good must not hold the bench for ever.
  await Promise.race([lane(), sleep(end - startedAt + patienceMs)])
  await until(() => arrived >= sent, patienceMs, 1)
  const taken = (clock.elapsed() - startedAt) / 1000
  const cpu = server.cpuMicros()
  const harvest = await crowd.harvest()
  say(`${prefix}${sent} messages`)
  return [
    { name: `${prefix}deliveries/s`, value: harvest.frames / taken },
    ...spread(prefix, harvest),
    { name: `${prefix}CPU us/delivery`, value: cpu / harvest.frames },
    { name: `${prefix}missed`, value: sent * crowd.size - harvest.frames },
  ]
}
