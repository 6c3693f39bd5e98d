import { auditLedger } from '../../../src/storage/sqlite/crash-audit.ts'
import { openLedgerReader } from '../../../src/storage/sqlite/crash-open.ts'
import type { Asked } from './gamblers.ts'

/** What a ledger on disk has to say of commands that were sent. */
export interface Kept {
  /** What is wrong with the books, and answers that were given but are not in them as they were given. */
  readonly faults: readonly unknown[]
  /** Answers by player and `i`, as they were kept. */
  readonly answers: ReadonlyMap<string, any>
  /** Bets that have not ended. */
  readonly open: number
  /** Balances by player, in cents. */
  readonly purses: ReadonlyMap<string, number>
}

/** Reads the ledger of a folder, beside a server or without one. */
export function kept(dir: string, asked: readonly Asked[]): Kept {
  using db = openLedgerReader(dir)
  const answers = new Map(
    db
      .query<{ id: string; answer: string }, []>(
        `SELECT a.player || ' ' || c.key AS id, c.answer FROM command c JOIN account a ON a.id = c.account`,
      )
      .all()
      .map(({ id, answer }) => [id, JSON.parse(answer)]),
  )
  const lost = asked
    .filter(({ answer }) => answer !== null && answer.t !== 'ERROR')
    .map(({ player, frame, answer }) => {
      const told = Math.round(Number(answer!.p.balance) * 100)
      return { player, frame, told, kept: answers.get(`${player} ${frame.i}`)?.balance }
    })
    .filter(({ told, kept }) => told !== kept)
  const open = db
    .query<{ id: number }, []>("SELECT id FROM bet WHERE status IN ('active', 'pending')")
    .all()
  const purses = db
    .query<[string, number], []>('SELECT player, balance FROM account WHERE player IS NOT NULL')
    .values() as [string, number][]
  const faults = [...auditLedger(db).faults, ...lost]
  return { faults, answers, open: open.length, purses: new Map(purses) }
}
