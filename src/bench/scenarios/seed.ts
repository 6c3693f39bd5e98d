import { evenly } from '../even.ts'
import type { Poster } from '../post.ts'
import { spread, watch, type Scenario, type Stage } from '../scenario.ts'
import { stamped } from '../stamp.ts'
import { publish } from '../target.ts'
import { sleep, until, wallMicros } from '../time.ts'

const topics = 1_000
const clients = 64
const warmUpSeconds = 2
const patienceMs = 10_000

/** The load that jive's seed names (F3, J19): 10,000 connections, 1,000 messages a second over 1,000 topics. */
export const seed: Scenario = {
  summary: '10,000 connections, 1,000 durable messages/s over 1,000 topics, then all reconnect',
  goals: {
    'p50 ms': { of: 'value', at: 'most', than: 1 },
    'p99 ms': { of: 'value', at: 'most', than: 5 },
    'CPU us/delivery': { of: 'ratio', at: 'most', than: 2 },
    missed: { of: 'value', at: 'most', than: 0 },
    'reconnected %': { of: 'value', at: 'least', than: 95 },
  },
  async measure(stage) {
    const { target, wishes, crowd: open, say } = stage
    const { crowd, gathering } = await open(wishes.connections ?? 10_000, topics)
    say(`${gathering.ready} connections`)
    const poster = stage.poster(clients)
    await steady(stage, poster, warmUpSeconds)
    await sleep(1_000)
    await crowd.begin()
    const server = watch(target)
    const load = await steady(stage, poster, wishes.seconds ?? 10)
    const expected = load.sent.reduce((sum, posts, topic) => sum + posts * readers(topic), 0)
    await until(async () => (await crowd.harvest()).frames >= expected, patienceMs, 200)
    const cpu = server.cpuMicros()
    const harvest = await crowd.harvest()
    say(`${harvest.frames} deliveries`)
    await crowd.cut()
    const again = await crowd.reopen()
    return [
      { name: 'connections', value: gathering.ready },
      { name: 'messages/s', value: load.perSecond },
      { name: 'deliveries', value: harvest.frames },
      { name: 'missed', value: expected - harvest.frames },
      ...spread('', harvest),
      { name: 'CPU us/delivery', value: cpu / harvest.frames },
      { name: 'reconnected %', value: (100 * again.ready) / crowd.size },
      { name: 'reconnect ms', value: again.ms },
    ]

    function readers(topic: number): number {
      return Math.floor((crowd.size - topic + topics - 1) / topics)
    }
  },
}

/** Publishes to the topics in turn at an even rate; tells how many each got. */
async function steady({ target, wishes, filling }: Stage, poster: Poster, seconds: number) {
  const sent = new Array<number>(topics).fill(0)
  const perSecond = await evenly({ rate: wishes.rate ?? 1_000, seconds }, (index) => {
    const topic = index % topics
    sent[topic]!++
    return publish(poster, target, [{ topic, title: stamped(wallMicros()), filling }])
  })
  return { sent, perSecond }
}
