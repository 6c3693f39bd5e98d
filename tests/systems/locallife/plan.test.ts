import type { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBatch, type Call } from '../../../src/storage/sqlite/batch.ts'
import { coreProcedures } from '../../../src/storage/sqlite/core.ts'
import { locallifeInboxProcedures } from '../../../src/storage/sqlite/locallife-inbox.ts'
import { locallifePeopleProcedures } from '../../../src/storage/sqlite/locallife-people.ts'
import { openFolder } from '../../../src/storage/sqlite/open.ts'
import { tailOf } from '../../../src/storage/sqlite/tail.ts'

const acting = { actor: 'a', at: 1 }
const arrival = { user: 'mia', lastSequence: 1, since: 0, now: 5, times: 3 }
const merchant = { id: 'm1', name: 'M', status: 'onboarded', administrators: ['mia'] }
const drafts = Array.from({ length: 5 }, () => ({
  channels: ['locallife/merchant:m1', 'locallife/user:mia'],
  ...{ type: 'notification', body: '{}', at: 1 },
}))
const calls: readonly Call[] = [
  ['locallife.putRider', { acting, wanted: { id: 'rita', status: 'approved' } }],
  ['locallife.goOnline', { user: 'rita', region: 'r1' }],
  ['locallife.putMerchant', { acting, wanted: merchant }],
  ['locallife.putOperator', { acting, wanted: { id: 'olga', role: 'admin' } }],
  ['locallife.login', { openid: 'o', fresh: 'f', at: 1 }],
  ['append', { drafts, now: 1 }],
  ['locallife.putMerchant', { acting, wanted: { ...merchant, status: 'closed' } }],
  ['locallife.putMerchant', { acting, wanted: merchant }],
  ['append', { drafts, now: 1 }],
  ['locallife.standing', { user: 'mia' }],
  ['locallife.merchant', { id: 'm1' }],
  ...['rider:rita', 'merchant:m1', 'operator:olga', 'region:r1'].map((channel): Call => [
    'locallife.audience',
    { channel },
  ]),
  ['locallife.pending', { user: 'u1', id: '7' }],
  ['locallife.opening', arrival],
  ['locallife.opening', { ...arrival, lastSequence: null }],
  ['locallife.arrived', arrival],
  ['locallife.acknowledge', [['mia', '1']]],
  ['locallife.due', { toldBefore: 5, toldAfter: 15, since: 0, limit: 10 }],
  [
    'locallife.retell',
    {
      ...{ now: 6, times: 3, bytes: 9, heldAt: 5 },
      ...{ present: [['mia', 6, 5]], absent: [['mia', 7, 5]] },
    },
  ],
  ['locallife.expire', 0],
  ['locallife.goOffline', { user: 'rita' }],
  ['locallife.removeOperator', { acting, id: 'olga' }],
]

/** The two that go through everything: how much waits, once in five seconds, and who works for the platform. */
const whole = ['locallife.count', 'locallife.recorded']
/** What is bounded by 200 notices of one user, or by one row. */
const bounded = ['SCAN walk', 'SCAN json_each', 'SCAN CONSTANT ROW', 'SCAN (subquery']

test('nothing that people or their inboxes ask for reads a table from end to end, so that none slows down as there are more', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-plan-'))
  const { db, lock } = openFolder(dir, false)
  const statements = new Set<string>()
  const watched = new Proxy(db, {
    get: (target, name) =>
      name === 'query'
        ? (sql: string) => {
            statements.add(sql)
            return target.query(sql)
          }
        : Reflect.get(target, name, target),
  })
  const own = { ...locallifePeopleProcedures, ...locallifeInboxProcedures }
  const procedures = { ...coreProcedures, ...own }
  const asked = new Set(calls.map(([name]) => name))
  expect(Object.keys(own).filter((name) => !asked.has(name))).toEqual(whole.toSorted().reverse())
  const { answers } = runBatch(watched, tailOf(db), procedures, calls)
  for (const answer of answers) expect(answer).toHaveProperty('ok')
  const found = [...statements].filter((sql) => sql.includes('locallife_'))
  expect(found.length).toBeGreaterThan(25)
  expect(found.flatMap((sql) => scans(db, sql))).toEqual([])
  db.close(true)
  lock.release()
  rmSync(dir, { recursive: true })
})

function scans(db: Database, sql: string): string[] {
  const count = new Set(sql.match(/\?\d*/g)).has('?')
    ? (sql.match(/\?/g) ?? []).length
    : new Set(sql.match(/\?\d/g)).size
  const bindings = Array.from({ length: count }, () => 1)
  const plan = db.query(`EXPLAIN QUERY PLAN ${sql}`).all(...bindings) as { detail: string }[]
  return plan
    .map(({ detail }) => detail)
    .filter((detail) => detail.startsWith('SCAN') && !bounded.some((one) => detail.startsWith(one)))
    .map((detail) => `${detail}: ${sql}`)
}
