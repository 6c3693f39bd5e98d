import { watch, type Scenario } from '../scenario.ts'
import { sleep } from '../time.ts'

const settleMs = 3_000
const releaseMs = 10_000

/** Connections that do nothing: what each costs, and whether the memory comes back (F4). */
export const idle: Scenario = {
  summary: 'memory of connections with a token and 2 channels that do nothing',
  goals: {
    'RSS per connection KB': { of: 'value', at: 'most', than: 4 },
    'RSS over base 10 s after MB': { of: 'value', at: 'most', than: 20 },
  },
  async measure({ target, wishes, crowd: open, say }) {
    await sleep(1_000)
    const memory = watch(target)
    const { crowd, gathering } = await open(wishes.connections ?? 10_000, 1_000)
    say(`${gathering.ready} connections`)
    await sleep(settleMs)
    const held = memory.rssGrowth()
    const quiet = watch(target)
    await sleep(releaseMs)
    const busy = quiet.cpuMicros() / releaseMs / 10
    await crowd.cut()
    say('all cut')
    await sleep(releaseMs)
    return [
      { name: 'connections', value: gathering.ready },
      { name: 'RSS per connection KB', value: held / gathering.ready / 1024 },
      { name: 'CPU while idle %', value: busy },
      { name: 'RSS over base 10 s after MB', value: memory.rssGrowth() / 1024 ** 2 },
    ]
  },
}
