import { expect } from 'bun:test'
import { audited } from '../torture/load/everything.ts'
import { historyOf, request } from '../torture/load/http.ts'
import { eventually, readiness } from '../torture/watching.ts'
import { faultTest } from './quickly.ts'

faultTest(
  'a quota on the size of files (LimitFSIZE) is a full disk like any other, and not the end of the process by SIGXFSZ (promise 10)',
  ['prlimit'],
  async (context) => {
    const quota = ['prlimit', '--fsize=1500000:unlimited']
    const served = await context.serve({}, { before: quota })
    const { url, internal, pid } = served
    const acknowledged: string[] = []
    const data = { level: 'info', title: 'a', message: 'x'.repeat(9_000) }
    const body = { channel: 'jive/family:quota', type: 'Notification', data }
    async function publish(): Promise<number | undefined> {
      const answer = await request(url, { path: '/api/publish', body })
      if (answer?.status === 200) acknowledged.push(JSON.parse(answer.text).id)
      return answer?.status
    }
    await eventually('a publish is refused', async () => {
      const status = await publish()
      expect([200, 503]).toContain(status!)
      return status === 503
    })
    expect(acknowledged.length).toBeGreaterThan(10)
    expect(Bun.spawnSync(['prlimit', '--pid', String(pid), '--fsize=unlimited']).exitCode).toBe(0)
    await eventually('it is ready', async () => (await readiness(internal)).status === 200)
    expect(await publish()).toBe(200)
    const kept = new Set((await historyOf(url, 'jive/family:quota')).map(({ id }) => id))
    expect(acknowledged.filter((id) => !kept.has(id))).toEqual([])
    expect(await served.stop()).toBe(0)
    await audited(context)
  },
)
