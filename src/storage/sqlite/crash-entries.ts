import type { Database } from 'bun:sqlite'
import type { Entry } from '../../systems/crash/ledger.ts'
import type { Context } from './procedure.ts'
import { earliest, type Pointers, type Spot } from './skip.ts'

/** Movements on a player's account after an entry, oldest first; found from the newest back, in steps that hardly grow with their number. */
export function entries(
  { db }: Context,
  { player, after, limit }: { player: string; after: number; limit: number },
): { readonly entries: readonly Entry[]; readonly more: boolean } {
  const head = headOf(db, player)
  const none = { entries: [], more: false }
  if (head === null || head.row <= after) return none
  const first = earliest(head, pointersIn(db), ({ row }) => row > after)
  const last = Math.min(first.version + limit - 1, head.version)
  const end = earliest(head, pointersIn(db), ({ version }) => version >= last)
  const rows = db
    .query<Entry, [number, number]>(
      `WITH RECURSIVE walk (id, rest) AS (
         SELECT ?, ?
         UNION ALL
         SELECT t.previous, rest - 1 FROM walk JOIN transfer t ON t.id = walk.id WHERE rest > 0
       )
       SELECT t.id, t.kind, iif(t.debit > 3, -t.amount, t.amount) AS amount, t.balance,
         coalesce(b.round, t.round) AS round, t.ref AS txId, t.at
       FROM walk CROSS JOIN transfer t ON t.id = walk.id LEFT JOIN bet b ON b.id = t.bet`,
    )
    .all(end.row, last - first.version)
  return { entries: rows.reverse(), more: last < head.version }
}

function headOf(db: Database, player: string): Spot | null {
  const found = db
    .query<{ entries: number; spine: string }, [string]>(
      'SELECT entries, spine FROM account WHERE player = ?',
    )
    .get(player)
  if (found === null || found.entries === 0) return null
  return { version: found.entries, row: JSON.parse(found.spine).at(-1) }
}

function pointersIn(db: Database): (row: number) => Pointers {
  const read = db.query<Pointers, [number]>('SELECT previous, jump FROM transfer WHERE id = ?')
  return (row) => read.get(row)!
}
