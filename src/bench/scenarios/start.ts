import { rssBytes } from '../process.ts'
import type { Scenario } from '../scenario.ts'
import { clock, sleep } from '../time.ts'

const starts = 5
const restMs = 3_000

/** From the start of the process to the first answer of /healthz, the median of five, and what it takes at rest (F9). */
export const start: Scenario = {
  summary: 'time to the first answer, size of the executable, memory at rest',
  startsItself: true,
  goals: {
    'first answer ms': { of: 'value', at: 'most', than: 50 },
    'executable MB': { of: 'value', at: 'most', than: 115 },
    'RSS at rest MB': { of: 'value', at: 'most', than: 60 },
  },
  async measure({ target, another }) {
    const times: number[] = []
    for (let round = 0; round < starts; round++) {
      const startedAt = clock.elapsed()
      const one = await another()
      times.push(clock.elapsed() - startedAt)
      await one.stop()
    }
    await sleep(restMs)
    const rss = target.pid === null ? NaN : rssBytes(target.pid)
    return [
      { name: 'first answer ms', value: times.sort((a, b) => a - b)[starts >> 1]! },
      { name: 'executable MB', value: Bun.file(process.execPath).size / 1e6 },
      { name: 'RSS at rest MB', value: rss / 1024 ** 2 },
    ]
  },
}
