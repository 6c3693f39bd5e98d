import type { Database } from 'bun:sqlite'
import { betAudit } from './crash-audit-bets.ts'
import { auditChains } from './crash-audit-chains.ts'
import { auditRounds } from './crash-audit-rounds.ts'
import { auditTransfers } from './crash-audit-transfers.ts'
import { auditWallets } from './crash-audit-wallets.ts'

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
    const bets = betAudit(db, report)
    auditTransfers(db, bets.mark, report)
    bets.finish()
    auditRounds(db, report)
    auditChains(db, report)
    auditWallets(db, report)
    return { faults, ...countsOf(db) }
  } finally {
    if (!held) db.run('ROLLBACK')
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
