import type { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBatch, type Call } from '../../src/storage/sqlite/batch.ts'
import { crashChainProcedures } from '../../src/storage/sqlite/crash-chains.ts'
import { openLedger } from '../../src/storage/sqlite/crash-open.ts'
import { crashProcedures } from '../../src/storage/sqlite/crash.ts'

const account = 4
const round = 20260101_00000001
const wish = { player: 'ann', actor: 'bank', txId: 'tx', at: 1 }
const draw = { source: 'scenario', crash: 100 }
const stakes = [1, 2, 3].map((slot) => ({ slot, amount: 10, target: 100 + slot }))
const command = (key: string) => ({ account, key, body: 'b', at: 1, since: 0 })
const calls: Record<string, Call[]> = {
  open: [['crash.open', { player: 'ann', grant: 1_000, at: 1 }]],
  begin: [['crash.begin', { draw, curve: 'exp:0.00015', at: Date.UTC(2026, 0, 1) }]],
  place: [
    ['crash.place', { command: command('a'), round, stakes }],
    ['crash.place', { command: command('b'), round: null, stakes }],
  ],
  answered: [['crash.answered', command('a')]],
  cancel: [['crash.cancel', { command: command('c'), bets: [1] }]],
  cashOut: [
    ['crash.cashOut', { command: command('d'), exits: [{ bet: 2, multiplier: 101, flown: 99 }] }],
  ],
  reach: [['crash.reach', { bets: [3], at: 1 }]],
  end: [
    ['crash.end', { round, crash: 150, flown: 2_704, flewAt: 1, at: 1 }],
    ['crash.end', { round, crash: 150, flown: 2_704, flewAt: 1, at: 1 }],
  ],
  void: [
    ['crash.begin', { draw, curve: 'exp:0.00015', at: 1 }],
    ['crash.void', { round: round + 1, at: 1 }],
    ['crash.void', { round: round + 1, at: 1 }],
  ],
  recover: [['crash.recover', { at: 1 }]],
  rounds: [['crash.rounds', { before: null, limit: 2 }]],
  round: [['crash.round', { id: round }]],
  ended: [['crash.ended', { from: 1 }]],
  account: [['crash.account', { player: 'ann' }]],
  move: [
    ['crash.move', { ...wish, kind: 'credit', amount: 5 }],
    ['crash.move', { ...wish, kind: 'credit', amount: 5 }],
  ],
  rollback: [
    ['crash.rollback', wish],
    ['crash.rollback', { ...wish, txId: 'other' }],
  ],
  entries: [['crash.entries', { player: 'ann', after: 1, limit: 3 }]],
  forget: [['crash.forget', { before: 2 }]],
  imbalance: [['crash.imbalance', {}]],
  probe: [['crash.probe', 1]],
}

/** The sum of all balances is what all balances are read for; what is kept of commands is read once, at the start, and forgotten with them. */
const whole = [/SELECT sum\(balance/, /FROM command WHERE at >= \?/]

test('no procedure reads a table or an index from end to end, so that none slows down as rounds and bets are kept', () => {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-plan-'))
  const db = openLedger(dir, false)
  const statements = new Set<string>()
  const watched = new Proxy(db, {
    get: (target, name) => {
      if (name === 'query')
        return (sql: string) => {
          statements.add(sql)
          return target.query(sql)
        }
      const value = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const own = Object.keys(crashProcedures).filter((name) => !(name in crashChainProcedures))
  expect(
    Object.keys(calls)
      .map((name) => `crash.${name}`)
      .sort(),
  ).toEqual(own.sort())
  const { answers } = runBatch(watched, null, crashProcedures, Object.values(calls).flat())
  for (const answer of answers) expect(answer).toHaveProperty('ok')
  expect(statements.size).toBeGreaterThan(40)
  const asked = [...statements].filter((sql) => !whole.some((known) => known.test(sql)))
  expect(asked.flatMap((sql) => scans(db, sql))).toEqual([])
  db.close(true)
  rmSync(dir, { recursive: true })
})

/** Parts of a statement's plan that walk everything; the oldest few rows by their number do not, nor does a part that its index holds: the one open round, the bets that wait for a slot. */
function scans(db: Database, sql: string): string[] {
  if (!/^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)/.test(sql)) return []
  const bindings = Array.from(sql.matchAll(/\?/g), () => 1)
  const plan = db.query(`EXPLAIN QUERY PLAN ${sql}`).all(...bindings) as { detail: string }[]
  const few = /ORDER BY id( DESC)? LIMIT/.test(sql)
  return plan
    .filter(({ detail }) => detail.startsWith('SCAN') && !bounded.has(detail))
    .filter(({ detail }) => !(few && !detail.includes('USING')))
    .map(({ detail }) => `${detail}: ${sql}`)
}

const bounded = new Set([
  ...['SCAN CONSTANT ROW', 'SCAN walk'],
  ...['SCAN bet USING INDEX bet_waiting', 'SCAN b USING INDEX bet_waiting'],
  'SCAN bet USING COVERING INDEX bet_waiting',
])
