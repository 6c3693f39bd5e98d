import { startCrowd, topicPaths, type Crowd, type Gathering } from '../crowd.ts'
import { spread, watch, type Scenario, type Stage } from '../scenario.ts'
import type { Measure } from '../table.ts'
import type { Target } from '../target.ts'
import { sleep } from '../time.ts'

const topics = 1_000
/** The first user of those that warm the server up: none of them comes again. */
const warmUser = 1_000_000

/** Many come at once (F5), with tokens never seen before, then the same again. */
export const handshakes: Scenario = {
  summary: 'handshakes with a token seen for the first time, then seen before',
  goals: {
    'first: CPU us each': { of: 'ratio', at: 'most', than: 1.9 },
    'again: CPU us each': { of: 'ratio', at: 'most', than: 1.2 },
    'again: all in ms': { of: 'value', at: 'most', than: 2_500 },
  },
  async measure({ target, wishes, crowd: open }) {
    const size = wishes.connections ?? 10_000
    await warmUp(open, size)
    const crowd = await startCrowd(target, topicPaths(target, size, topics))
    try {
      const first = await timed(target, crowd, 'first: ', crowd.open)
      await crowd.cut()
      await sleep(1_000)
      return [...first, ...(await timed(target, crowd, 'again: ', crowd.reopen))]
    } finally {
      await crowd.stop()
    }
  },
}

/** Lets the runtime compile what it will need, with tokens of other users: it would be a third of the CPU. */
async function warmUp(open: Stage['crowd'], size: number): Promise<void> {
  const { crowd } = await open(size, topics, warmUser)
  await crowd.cut()
  await crowd.stop()
  await sleep(1_000)
}

async function timed(
  target: Target,
  crowd: Crowd,
  prefix: string,
  open: () => Promise<Gathering>,
): Promise<Measure[]> {
  const server = watch(target)
  const { ready, ms, handshakes } = await open()
  const cpu = server.cpuMicros()
  return [
    { name: `${prefix}refused`, value: crowd.size - ready },
    { name: `${prefix}handshakes/s`, value: (ready * 1000) / ms },
    { name: `${prefix}all in ms`, value: ms },
    ...spread(prefix, { latencies: handshakes }),
    { name: `${prefix}CPU us each`, value: cpu / ready },
  ]
}
