import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { runBatch } from '../../src/storage/sqlite/batch.ts'
import { coreProcedures } from '../../src/storage/sqlite/core.ts'
import { openFolder } from '../../src/storage/sqlite/open.ts'
import { tailOf } from '../../src/storage/sqlite/tail.ts'

test('who published is forgotten with what was published, what was done to keys is kept', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-prune-'))
  const { db, lock } = openFolder(dir, false)
  const run = (name: string, args: unknown) =>
    runBatch(db, tailOf(db), coreProcedures, [[name, args]]).answers[0]
  const entry = (at: number, action: string) => ({ at, actor: 'backend', action, subject: 's' })
  const kept = () => db.query<{ at: number }, []>('SELECT at FROM audit_log ORDER BY id').all()
  for (let at = 1; at <= 8; at++) run('audit', entry(at, at % 4 === 0 ? 'key.create' : 'publish'))
  expect(run('prune', { before: 6, now: 6 })).toEqual({ ok: 4 })
  expect(kept().map(({ at }) => at)).toEqual([4, 6, 7, 8])
  expect(run('prune', { before: 6, now: 6 })).toEqual({ ok: 0 })
  run('audit', entry(9, 'publish'))
  expect(run('prune', { before: 10, now: 10 })).toEqual({ ok: 3 })
  expect(kept().map(({ at }) => at)).toEqual([4, 8])
  db.close()
  lock.release()
  rmSync(dir, { recursive: true })
})
