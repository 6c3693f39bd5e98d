import type { Database } from 'bun:sqlite'
import type { Report } from './crash-audit.ts'

/** What a tx_id and its transfers say of each other. */
interface Row {
  readonly tx: number | null
  readonly transfer: number | null
  readonly txId: string
  readonly expected: string | null
  readonly found: string | null
}

/** Compares what backends asked for with what moved: once for each tx_id, and back once when it was rolled back. */
export function auditWallets(db: Database, report: Report): void {
  // Each side in one line of text: kind, account, amount and balance of the transfers that are there and should be.
  const rows = db
    .query<Row, []>(
      `WITH moved AS (
         SELECT ref, min(id) AS id, group_concat(concat_ws(' ', kind, iif(credit = 3, debit, credit),
             amount, balance), ', ' ORDER BY id) AS moves
           FROM transfer WHERE ref IS NOT NULL GROUP BY ref
       ), asked AS (
         SELECT id, tx_id, iif(kind = 'tombstone', NULL, concat_ws(', ',
             concat_ws(' ', kind, account, amount, balance),
             iif(rolled_balance IS NULL, NULL,
               concat_ws(' ', kind || '_rollback', account, amount, rolled_balance)))) AS moves
           FROM tx
       )
       SELECT a.id AS tx, m.id AS transfer, coalesce(a.tx_id, m.ref) AS txId,
           a.moves AS expected, m.moves AS found
         FROM asked a FULL JOIN moved m ON m.ref = a.tx_id WHERE a.moves IS NOT m.moves`,
    )
    .iterate()
  for (const { tx, transfer, txId, expected, found } of rows) {
    const row = tx === null ? `transfer ${transfer}` : `tx ${tx}`
    report(row, `Expected of "${txId}" ${expected ?? 'nothing'}, found ${found ?? 'nothing'}`)
  }
  const grants = db
    .query<{ id: number }, []>(
      `SELECT id FROM transfer WHERE kind = 'grant'
         AND id NOT IN (SELECT min(id) FROM transfer WHERE kind = 'grant' GROUP BY credit)`,
    )
    .iterate()
  for (const { id } of grants) report(`transfer ${id}`, 'Expected one grant for each player')
}
