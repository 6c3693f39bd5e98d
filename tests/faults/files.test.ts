import { expect } from 'bun:test'
import { serverKey } from '../fixture.ts'
import { rawHandshake } from '../raw.ts'
import { listenTo, tokenFor } from '../torture/load/audience.ts'
import { eventually, metric } from '../torture/watching.ts'
import { faultTest } from './quickly.ts'

faultTest(
  'where files run out newcomers are refused with 503 instead of waiting for ever, whoever is in is served, and places are free again (promise 7)',
  ['prlimit'],
  async ({ serve }) => {
    const served = await serve({}, { before: ['prlimit', '--nofile=160:160'] })
    const { url, internal, lines } = served
    expect(lines.join('\n')).toContain('at most 60 connections are let in')
    const token = await tokenFor('crash', 'ann')
    const path = `/crash/ws?token=${token}`
    const address = url.replace('http', 'ws') + path
    const inside = await Promise.all(Array.from({ length: 60 }, () => listenTo('crash', address)))
    for (let count = 0; count < 100; count++) {
      const { status, headers } = await rawHandshake(url, path)
      expect([status, headers.get('retry-after')]).toEqual([503, '5'])
    }
    expect((await fetch(`${internal}/readyz`)).status).toBe(200)
    expect(inside.every(({ closed }) => closed === null)).toBe(true)
    await fetch(`${url}/api/users/crash/ann/connections`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${serverKey}` },
    })
    await eventually('all are gone', async () => (await metric(internal, 'connections')) === 0)
    const again = await listenTo('crash', address)
    expect(again.closed).toBeNull()
    expect(await served.stop()).toBe(0)
  },
)
