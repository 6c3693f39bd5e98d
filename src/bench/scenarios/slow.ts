import { spread, watch, type Scenario, type Stage } from '../scenario.ts'
import { stamped } from '../stamp.ts'
import { publish } from '../target.ts'
import { clock, sleep, wallMicros } from '../time.ts'

const slowOf = (readers: number) => Math.ceil(readers / 20)
/** What a reader may leave unread by default. */
const backlogBytes = 1024 ** 2

/** One reader in twenty stops reading (F11): what they cost, and what the others notice. */
export const slow: Scenario = {
  summary: '1,000 readers of one topic, 50 of which stop reading',
  goals: {
    'RSS growth / (limit x slow readers)': { of: 'value', at: 'most', than: 1.3 },
    "others' p99, with / without slow": { of: 'value', at: 'most', than: 1.2 },
  },
  async measure(stage) {
    const { target, wishes, crowd: open, say } = stage
    const { crowd } = await open(wishes.connections ?? 1_000, 1)
    const count = slowOf(crowd.size)
    await crowd.begin()
    await steady(stage)
    const calm = await crowd.harvest()
    say('all read')
    await crowd.pause(count)
    await crowd.begin()
    const memory = watch(target)
    const peak = await steady(stage, memory.rssGrowth)
    const hard = await crowd.harvest()
    await crowd.resume()
    await sleep(2_000)
    const [p99, p99Calm] = [hard, calm].map(({ latencies }) => latencies.percentile(0.99))
    return [
      { name: 'readers', value: crowd.size },
      { name: 'slow readers', value: count },
      { name: 'slow readers cut', value: crowd.size - (await crowd.alive()) },
      { name: 'RSS growth MB', value: peak / 1024 ** 2 },
      { name: 'RSS growth / (limit x slow readers)', value: peak / (count * backlogBytes) },
      ...spread('without slow: ', calm),
      ...spread('with slow: ', hard),
      { name: "others' p99, with / without slow", value: p99! / p99Calm! },
    ]
  },
}

/** Publishes large messages at an even rate; tells the highest that `look` saw. */
async function steady(
  { target, wishes, poster: open }: Stage,
  look: () => number = () => 0,
): Promise<number> {
  const poster = open(8)
  const rate = wishes.rate ?? 60
  const total = rate * (wishes.seconds ?? 15)
  const filling = 'x'.repeat(wishes.bytes ?? 9_800)
  const startedAt = clock.elapsed()
  let highest = -Infinity
  for (let sent = 0; sent < total; sent++) {
    await sleep((sent * 1000) / rate - (clock.elapsed() - startedAt))
    await publish(poster, target, [{ topic: 0, title: stamped(wallMicros()), filling }])
    if (sent % 10 === 0) highest = Math.max(highest, look())
  }
  await sleep(1_000)
  poster.close()
  return Math.max(highest, look())
}
