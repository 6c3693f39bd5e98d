import type { Database } from 'bun:sqlite'
import { betAudit } from './crash-audit-bets.ts'
import { auditChains } from './crash-audit-chains.ts'
import { auditCommands } from './crash-audit-commands.ts'
import { auditRounds } from './crash-audit-rounds.ts'
import { auditSchema } from './crash-audit-schema.ts'
import { auditTransfers } from './crash-audit-transfers.ts'
import { auditWallets } from './crash-audit-wallets.ts'
import { leapOf } from './crash-rounds.ts'

/** A row that is not what all others say it must be, e.g. `bet 12`. */
export interface Fault {
  readonly row: string
  /** What was expected and what was found. */
  readonly fault: string
}

/** What an audit found, and how much it looked at. */
export interface Audit {
  readonly faults: readonly Fault[]
  readonly rounds: number
  readonly bets: number
  readonly transfers: number
}

/** Takes a fault down, `row` being its table and id. */
export type Report = (row: string, fault: string) => void

/** More tell nobody anything new. */
const mostFaults = 10_000

/**
 * Recomputes a ledger from its transfers, its bets from their rounds and its rounds from their chains, in one snapshot.
 * Without faults no money was made or lost, every bet ended once and as it had to, and every crash point is the promised one.
 */
export function auditLedger(db: Database): Audit {
  const faults: Fault[] = []
  const report: Report = (row, fault) => {
    if (faults.length < mostFaults) faults.push({ row, fault })
  }
  const held = db.inTransaction
  if (!held) db.run('BEGIN')
  try {
    auditSchema(db, report)
    return { faults, ...auditBooks(db, report) }
  } catch (error) {
    // What is made otherwise may not be readable at all.
    if (faults.length === 0) throw error
    report('database', `Expected that it can be read, found: ${String(error)}`)
    return { faults, rounds: 0, bets: 0, transfers: 0 }
  } finally {
    if (!held) db.run('ROLLBACK')
  }
}

function auditBooks(db: Database, report: Report): Omit<Audit, 'faults'> {
  auditGaps(db, report)
  const bets = betAudit(db, report)
  auditTransfers(db, bets.mark, report)
  auditCommands(db, bets.claim, report)
  bets.finish()
  auditRounds(db, report)
  auditChains(db, report)
  auditWallets(db, report)
  return countsOf(db)
}

/** Rows are counted from 1 on and never deleted, but for answers that were forgotten, the oldest first; rounds are counted anew each day, and leap where chains were left. */
function auditGaps(db: Database, report: Report): void {
  const leaps = db
    .query<{ leftAt: number }, []>(
      'SELECT left_at AS leftAt FROM chain WHERE left_at BETWEEN 0 AND 8640000000000000',
    )
    .all()
    .map(({ leftAt }) => leapOf(leftAt))
  for (const table of [
    'account',
    'transfer',
    'bet',
    'round',
    'chain',
    'tx',
    'audit_log',
    'command',
  ]) {
    const before = table === 'command' ? 'id - 1' : '0'
    const begins = table === 'round' ? leaps : []
    const counts = table === 'round' ? 'id % 100000000 <> 1' : '1'
    const gaps = db
      .query<{ before: number; id: number }, [string]>(
        `SELECT before, id FROM (SELECT id, lag(id, 1, ${before}) OVER (ORDER BY id) AS before FROM ${table})
           WHERE id <> before + 1 AND id - 1 NOT IN (SELECT value FROM json_each(?)) AND ${counts}`,
      )
      .iterate(JSON.stringify(begins))
    for (const { before: last, id } of gaps)
      report(`${table} ${last + 1}`, `Expected a row after ${last}, found the next one at ${id}`)
  }
}

function countsOf(db: Database): Omit<Audit, 'faults'> {
  return db
    .query<Omit<Audit, 'faults'>, []>(
      `SELECT (SELECT count(*) FROM round) AS rounds, (SELECT count(*) FROM bet) AS bets,
         (SELECT count(*) FROM transfer) AS transfers`,
    )
    .get()!
}
