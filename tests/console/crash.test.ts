import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { createCrashDesk, paidBack } from '../../src/console/crash.ts'
import type { ConsoleParts } from '../../src/console/parts.ts'
import type { AuditState, CrashFigures } from '../../src/pages/console/reports.ts'
import { openWriter } from '../../src/storage/sqlite/open.ts'
import { serverKey, start, type Fixture } from '../fixture.ts'
import { asked, login } from './visitor.ts'

const crash = {
  betting: 1_000,
  waiting: 1_000,
  max_multiplier: '1.50',
  on_disconnect: 'keep',
} as const

/** A server of crash alone, with somebody who is logged in. */
async function house() {
  const server = await start({ systems: ['crash'], crash })
  const { token } = await login(server, { key: serverKey })
  const ask = (path: string) => asked(server, `/api/console/crash${path}`, token)
  return { server, token, ask }
}

async function begin(server: Fixture, token: string): Promise<Response> {
  return server.fetch('/api/console/crash/audit', { method: 'POST', token })
}

async function audited(ask: (path: string) => Promise<AuditState>): Promise<AuditState> {
  for (let tries = 0; tries < 2_000; tries++) {
    const state = await ask('/audit')
    if (state.state !== 'running') return state
    await Bun.sleep(2)
  }
  throw new Error('the audit does not end')
}

test('what was paid back comes with its 95 % interval, which shrinks as rounds come', () => {
  expect(paidBack([])).toEqual({ rounds: 0, staked: 0, paid: 0, rtp: null, interval: null })
  expect(paidBack([{ staked: 100, paid: 90 }])).toMatchObject({ rtp: 0.9, interval: null })
  const even = { staked: 100, paid: 97 }
  expect(paidBack([even, even, even])).toMatchObject({
    rounds: 3,
    rtp: 0.97,
    interval: [0.97, 0.97],
  })
  const rounds = Array.from({ length: 100 }, (_, at) => ({
    staked: 100,
    paid: at % 2 === 0 ? 0 : 194,
  }))
  const { rtp, interval } = paidBack(rounds)
  expect(rtp).toBeCloseTo(0.97, 10)
  // The spread of a round is 0.97 by 1.005; a hundred of them make a tenth of that.
  expect(interval![1] - rtp!).toBeCloseTo(1.96 * 0.0974886, 5)
  const more = paidBack([...rounds, ...rounds, ...rounds, ...rounds])
  expect(more.interval![1] - 0.97).toBeLessThan((interval![1] - 0.97) * 0.51)
})

test('where nobody bets, asking what was paid back reads no more than the newest 100,000 rounds', async () => {
  let read = 0
  const idle = { status: 'ended', staked: 0, paid: 0 }
  const books = {
    async rounds(before: number | null, limit: number) {
      read += limit
      const newest = (before ?? 1_000_000) - 1
      return Array.from({ length: limit }, (_, at) => ({ round: newest - at, ...idle }))
    },
  }
  const systems = [{ name: 'crash', glance: () => ({ promised: 0.97 }) }]
  const desk = createCrashDesk({ systems, books } as unknown as ConsoleParts)
  expect(await desk.figures(1_000)).toMatchObject({ rounds: 0, promised: 0.97 })
  expect(read).toBe(100_000)
})

test('the books are audited beside the server, one audit at a time, and its end is told', async () => {
  const { server, token, ask } = await house()
  await using _ = server
  expect(await ask('/audit')).toEqual({ state: 'never' })
  const at = server.clock.now()
  const [first, second] = await Promise.all([begin(server, token), begin(server, token)])
  expect([first.status, second.status].sort()).toEqual([202, 409])
  const done = await audited(ask)
  expect(done).toMatchObject({
    ...{ state: 'done', startedAt: at, by: 'console:server_key' },
    ...{ ok: true, faults: [], faultCount: 0 },
  })
  using db = new Database(join(server.dir, 'fanfare.db'), { readonly: true })
  const rows = db.query("SELECT actor FROM audit_log WHERE action = 'books.audit'").all()
  expect(rows).toContainEqual({ actor: 'console:server_key' })
  expect((await begin(server, token)).status).toBe(202)
  await audited(ask)
})

test('an audit finds what somebody has changed in the file', async () => {
  const { server, token, ask } = await house()
  await using _ = server
  const credit = { amount: '10.00', tx_id: 't1' }
  const path = '/api/wallets/alice/credit'
  await server.fetch(path, { method: 'POST', body: credit, token: serverKey })
  {
    using db = openWriter(join(server.dir, 'crash.db'))
    db.run('DROP TRIGGER IF EXISTS account_update')
    db.run('UPDATE account SET balance = balance + 1 WHERE balance = 1000')
  }
  await begin(server, token)
  const done = (await audited(ask)) as Extract<AuditState, { state: 'done' }>
  expect(done).toMatchObject({ state: 'done', ok: false })
  expect(done.faultCount).toBeGreaterThan(0)
  expect(done.faults[0]).toEqual({ row: expect.any(String), fault: expect.any(String) })
})

test('a server that stops does not wait for an audit', async () => {
  const { server, token } = await house()
  await using _ = server
  expect((await begin(server, token)).status).toBe(202)
  await server.stop()
})

test('figures tell the round, and what the chain promises beside what was paid', async () => {
  const { server, token, ask } = await house()
  await using _ = server
  const figures: CrashFigures = await ask('?rounds=10')
  expect(figures).toMatchObject({ rounds: 0, staked: 0, paid: 0, rtp: null, interval: null })
  while ((await ask('')).promised === null) {
    server.clock.advance(100)
    await Bun.sleep(1)
  }
  expect((await ask('')).promised).toBe(0.97)
  const path = '/api/console/crash?rounds=0'
  expect((await server.fetch(path, { token })).status).toBe(400)
})

test('where crash does not run there is nothing of it', async () => {
  await using server = await start({ systems: ['jive'] })
  const { token } = await login(server, { key: serverKey })
  for (const path of ['', '/audit']) {
    expect((await server.fetch(`/api/console/crash${path}`, { token })).status).toBe(404)
  }
  expect((await begin(server, token)).status).toBe(404)
})
