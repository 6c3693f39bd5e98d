import { startCrowd, type Crowd, type Gathering } from '../crowd.ts'
import { spread, watch, type Scenario } from '../scenario.ts'
import type { Measure } from '../table.ts'
import type { Target } from '../target.ts'
import { sleep } from '../time.ts'

/** Many come at once (F5), with tokens never seen before, then the same again. */
export const handshakes: Scenario = {
  summary: 'handshakes with a token seen for the first time, then seen before',
  goals: {
    'first: CPU us each': { of: 'ratio', at: 'most', than: 1.9 },
    'again: CPU us each': { of: 'ratio', at: 'most', than: 1.2 },
    'again: all in ms': { of: 'value', at: 'most', than: 2_500 },
  },
  async measure({ target, wishes }) {
    const crowd = await startCrowd(target, wishes.connections ?? 10_000, 1_000)
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
