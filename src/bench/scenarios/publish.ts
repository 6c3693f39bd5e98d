import { createLatencies } from '../latency.ts'
import { spread, watch, type Scenario, type Stage } from '../scenario.ts'
import { stamped } from '../stamp.ts'
import type { Measure } from '../table.ts'
import { publish, type Post } from '../target.ts'
import { clock, wallMicros } from '../time.ts'

const topics = 1_000
const batch = 100
const batchClients = 4
const warmUpSeconds = 1

/** Messages with nobody listening (F7): what it costs to keep them. Bare keeps nothing. */
export const publishing: Scenario = {
  summary: 'durable publishes in batches of 100 and as single requests; bare keeps nothing',
  goals: {
    'batches: publishes/s': { of: 'value', at: 'least', than: 50_000 },
    'singles: publishes/s': { of: 'value', at: 'least', than: 8_000 },
    'batches: p99 ms': { of: 'value', at: 'most', than: 15 },
    'singles: p99 ms': { of: 'value', at: 'most', than: 15 },
  },
  async measure(stage) {
    const seconds = stage.wishes.seconds ?? 5
    const clients = stage.wishes.connections ?? 64
    await press(stage, '', batch, batchClients, warmUpSeconds)
    const batches = await press(stage, 'batches: ', batch, batchClients, seconds)
    await press(stage, '', 1, clients, warmUpSeconds)
    return [...batches, ...(await press(stage, 'singles: ', 1, clients, seconds))]
  },
}

/** Sends requests of `size` posts from `clients` at once, each after the answer to the one before. */
async function press(
  { target, poster: open, filling }: Stage,
  prefix: string,
  size: number,
  clients: number,
  seconds: number,
): Promise<Measure[]> {
  const poster = open(clients)
  const latencies = createLatencies()
  const server = watch(target)
  const startedAt = clock.elapsed()
  const end = startedAt + seconds * 1000
  let sent = 0
  async function client(): Promise<void> {
    while (clock.elapsed() < end) {
      const calledAt = wallMicros()
      const title = stamped(calledAt)
      const first = sent
      sent += size
      const posts = Array.from({ length: size }, (_, index): Post => ({
        topic: (first + index) % topics,
        title,
        filling,
      }))
      await publish(poster, target, posts)
      latencies.add(wallMicros() - calledAt)
    }
  }
  await Promise.all(Array.from({ length: clients }, client))
  const taken = (clock.elapsed() - startedAt) / 1000
  return [
    { name: `${prefix}publishes/s`, value: sent / taken },
    ...spread(prefix, { latencies }),
    { name: `${prefix}CPU us/publish`, value: server.cpuMicros() / sent },
  ]
}
