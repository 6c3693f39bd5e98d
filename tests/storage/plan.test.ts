import type { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { runBatch, type Call } from '../../src/storage/sqlite/batch.ts'
import { coreProcedures } from '../../src/storage/sqlite/core.ts'
import { openFolder } from '../../src/storage/sqlite/open.ts'
import { tailOf } from '../../src/storage/sqlite/tail.ts'

const drafts = Array.from({ length: 30 }, (_, at) => ({
  channels: ['jive/a', 'jive/b'],
  type: 'Note',
  body: '{}',
  at,
}))
const idempotency = { scope: 's', key: 'k', fingerprint: 'f', answer: 'a' }
const audit = { at: 1, actor: 'a', action: 'b', subject: 'c' }
const calls: Record<string, Call[]> = {
  append: [['append', { drafts, idempotency, audit, now: 1 }]],
  since: [['since', { channel: 'jive/a', version: 7, limit: 3 }]],
  after: [['after', { channels: ['jive/a', 'jive/b'], id: '21', limit: 3 }]],
  head: [['head', null]],
  get: [['get', { key: 'k', now: 1 }]],
  put: [['put', { key: 'k', value: 'v', expiresAt: 3 }]],
  delete: [['delete', 'k']],
  find: [['find', { id: '7', channels: ['jive/a', 'jive/b'] }]],
  keyByHash: [['keyByHash', 'x']],
  audit: [['audit', audit]],
  prune: [['prune', { before: 5, now: 48 * 3600 * 1000 + 5 }]],
  probe: [['probe', 1]],
}

test('no procedure reads a table or an index from end to end, so that none slows down as history grows', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-plan-'))
  const { db, lock } = openFolder(dir, false)
  const statements = new Set<string>()
  const watched = new Proxy(db, {
    get: (target, name) => {
      if (name === 'query')
        return (sql: string) => {
          statements.add(sql)
          return target.query(sql)
        }
      return Reflect.get(target, name, target)
    },
  })
  expect(Object.keys(calls).sort()).toEqual(Object.keys(coreProcedures).sort())
  const { answers } = runBatch(watched, tailOf(db), coreProcedures, Object.values(calls).flat())
  for (const answer of answers) expect(answer).toHaveProperty('ok')
  expect(statements.size).toBeGreaterThan(20)
  expect([...statements].flatMap((sql) => scans(db, sql))).toEqual([])
  db.close(true)
  lock.release()
  rmSync(dir, { recursive: true })
})

/** One row, the places of a page while they are looked up, and the page itself. */
const bounded = new Set(['SCAN CONSTANT ROW', 'SCAN walk', 'SCAN w VIRTUAL TABLE INDEX 1:'])

/** Parts of a statement's plan that walk everything; the oldest or newest few rows by their number do not, nor do the rows of one page. */
function scans(db: Database, sql: string): string[] {
  if (!/^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)/.test(sql)) return []
  const bindings = Array.from(sql.matchAll(/\?/g), () => 1)
  const plan = db.query(`EXPLAIN QUERY PLAN ${sql}`).all(...bindings) as { detail: string }[]
  const few = /ORDER BY row( DESC)? LIMIT/.test(sql)
  return plan
    .filter(({ detail }) => detail.startsWith('SCAN') && !bounded.has(detail))
    .filter(({ detail }) => !(few && !detail.includes('USING')))
    .map(({ detail }) => `${detail}: ${sql}`)
}
