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
             amount, balance,
             iif(kind IN ('credit', 'debit'), at, NULL)), ', ' ORDER BY id) AS moves
           FROM transfer WHERE ref IS NOT NULL GROUP BY ref
       ), asked AS (
         SELECT id, tx_id, iif(kind = 'tombstone', NULL, concat_ws(', ',
             concat_ws(' ', kind, account, amount, balance, at),
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
  auditTrail(db, report)
  const grants = db
    .query<{ id: number }, []>(
      `SELECT id FROM transfer WHERE kind = 'grant'
         AND id NOT IN (SELECT min(id) FROM transfer WHERE kind = 'grant' GROUP BY credit)`,
    )
    .iterate()
  for (const { id } of grants) report(`transfer ${id}`, 'Expected one grant for each player')
}

/** Every action of a backend has left its trail, and nothing else has. */
function auditTrail(db: Database, report: Report): void {
  const rows = db
    .query<
      { tx: number | null; entry: number | null; wanted: string | null; found: string | null },
      []
    >(
      `WITH back AS (
         SELECT ref, max(at) AS at FROM transfer WHERE kind IN ('credit_rollback', 'debit_rollback')
           GROUP BY ref
       ), asked AS (
         SELECT t.id, t.tx_id, concat_ws(', ',
             iif(t.kind = 'tombstone', NULL, concat_ws(' ', 'wallet', t.kind, a.player, t.amount, t.at)),
             iif(t.rolled_balance IS NULL, NULL,
               concat_ws(' ', 'wallet rollback', a.player, t.amount, coalesce(b.at, t.at)))) AS steps
           FROM tx t LEFT JOIN account a ON a.id = t.account LEFT JOIN back b ON b.ref = t.tx_id
       ), left_behind AS (
         SELECT min(id) AS id, tx_id, group_concat(concat_ws(' ', action, subject, amount, at), ', '
             ORDER BY id) AS steps
           FROM (SELECT id, action, subject, at, iif(json_valid(details), details ->> 'txId', NULL) AS tx_id,
               iif(json_valid(details), details ->> 'amount', NULL) AS amount FROM audit_log)
           WHERE tx_id IS NOT NULL OR action LIKE 'wallet %' GROUP BY tx_id
       )
       SELECT a.id AS tx, l.id AS entry, a.steps AS wanted, l.steps AS found
         FROM asked a FULL JOIN left_behind l ON l.tx_id = a.tx_id WHERE a.steps IS NOT l.steps`,
    )
    .iterate()
  for (const { tx, entry, wanted, found } of rows) {
    const row = entry === null ? `tx ${tx}` : `audit_log ${entry}`
    report(row, `Expected in the audit log ${wanted ?? 'nothing'}, found ${found ?? 'nothing'}`)
  }
}
