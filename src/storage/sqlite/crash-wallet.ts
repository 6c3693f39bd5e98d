import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import {
  mostBrought,
  type Account,
  type WalletAnswer,
  type WalletMove,
} from '../../systems/crash/ledger.ts'
import { writeAudit } from './append.ts'
import { insufficient, movements, posting, type Line } from './crash-post.ts'
import type { Context } from './procedure.ts'

/** The account of a player; a new one gets the grant. */
export function open(
  { db }: Context,
  { player, grant, at }: { player: string; grant: number; at: number },
): Account {
  const found = accountOf(db, player)
  if (found !== null) return found
  const account = make(db, player, at)
  const balance = grant > 0 ? move(db, at, account, { kind: 'grant', amount: grant }) : 0
  return { account, player, balance }
}

/** The account of a player, null when there is none. */
export function account({ db }: Context, { player }: { player: string }): Account | null {
  return accountOf(db, player)
}

/** Moves money from or to the outside, once for each tx_id. */
export function walletMove(context: Context, wish: WalletMove): WalletAnswer {
  const { db } = context
  const { player, kind, amount, txId, at } = wish
  const earlier = txOf(db, txId)
  if (earlier !== null) return repeated(wish, earlier)
  if (!Number.isSafeInteger(amount) || amount < 1)
    throw new Refusal('INVALID_AMOUNT', 'An amount is above zero')
  const id = accountOf(db, player)?.account ?? (kind === 'credit' ? make(db, player, at) : null)
  if (id === null) throw insufficient(amount, 0, 409)
  const balance = move(db, at, id, { kind, amount, ref: txId })
  db.query(
    'INSERT INTO tx (tx_id, account, kind, amount, balance, at) VALUES (?, ?, ?, ?, ?, ?)',
  ).run(txId, id, kind, amount, balance, at)
  leaveTrace(context, `wallet ${kind}`, wish, { amount })
  return { player, account: id, balance, txId, amount: kind === 'credit' ? amount : -amount }
}

/** Takes a movement back, once; what is still to come is refused later. */
export function walletRollback(
  context: Context,
  wish: Omit<WalletMove, 'kind' | 'amount'>,
): WalletAnswer {
  const { db } = context
  const { player, txId, at } = wish
  const earlier = txOf(db, txId)
  if (earlier === null) return bury(context, wish)
  const { account, kind, rolledBalance } = earlier
  if (earlier.player !== player) throw conflict(txId)
  if (kind === 'tombstone' || rolledBalance !== null)
    return { player, account, balance: rolledBalance!, txId, amount: 0 }
  const { amount } = earlier
  const balance = move(db, at, account, { kind: `${kind}_rollback`, amount, ref: txId })
  db.query('UPDATE tx SET rolled_balance = ? WHERE tx_id = ?').run(balance, txId)
  leaveTrace(context, 'wallet rollback', wish, { amount })
  return { player, account, balance, txId, amount: kind === 'credit' ? -amount : amount }
}

interface Tx {
  readonly player: string
  readonly account: number
  readonly kind: 'credit' | 'debit' | 'tombstone'
  readonly amount: number
  readonly balance: number
  readonly rolledBalance: number | null
}

function txOf(db: Database, txId: string): Tx | null {
  return db
    .query<Tx, [string]>(
      `SELECT a.player, t.account, t.kind, t.amount, t.balance, t.rolled_balance AS rolledBalance
         FROM tx t JOIN account a ON a.id = t.account WHERE t.tx_id = ?`,
    )
    .get(txId)
}

/** What a repeat is answered: as much as the first time, and nothing moves. */
function repeated({ player, kind, amount, txId }: WalletMove, earlier: Tx): WalletAnswer {
  const same = earlier.kind === kind && earlier.amount === amount
  if (earlier.player !== player || !(same || earlier.kind === 'tombstone')) throw conflict(txId)
  if (earlier.rolledBalance !== null)
    throw new Refusal('TX_ROLLED_BACK', `The transaction "${txId}" was rolled back`)
  return { player, account: earlier.account, balance: earlier.balance, txId, amount: 0 }
}

/** A tombstone, so that what comes late under this tx_id moves nothing. */
function bury(context: Context, wish: Omit<WalletMove, 'kind' | 'amount'>): WalletAnswer {
  const { db } = context
  const { player, txId, at } = wish
  const found = accountOf(db, player)
  const id = found?.account ?? make(db, player, at)
  const balance = found?.balance ?? 0
  db.query(
    `INSERT INTO tx (tx_id, account, kind, amount, balance, rolled_balance, at)
       VALUES (?, ?, 'tombstone', 0, ?, ?, ?)`,
  ).run(txId, id, balance, balance, at)
  leaveTrace(context, 'wallet rollback', wish, { amount: 0 })
  return { player, account: id, balance, txId, amount: 0 }
}

function conflict(txId: string): Refusal {
  return new Refusal('TX_CONFLICT', `Another request used the tx_id "${txId}"`)
}

/** The trail that every action of a backend leaves. */
function leaveTrace(
  context: Context,
  action: string,
  { player, txId, actor, at }: Omit<WalletMove, 'kind' | 'amount'>,
  details: { readonly amount: number },
): void {
  const text = JSON.stringify({ txId, ...details })
  writeAudit(context, { at, actor, action, subject: player, details: text })
}

function accountOf(db: Database, player: string): Account | null {
  return db
    .query<Account, [string]>('SELECT id AS account, player, balance FROM account WHERE player = ?')
    .get(player)
}

function make(db: Database, player: string, at: number): number {
  const { lastInsertRowid } = db
    .query("INSERT INTO account (kind, player, opened_at) VALUES ('player', ?, ?)")
    .run(player, at)
  return Number(lastInsertRowid)
}

function move(db: Database, at: number, account: number, line: Line): number {
  const { balance } = db
    .query<{ balance: number }, [number]>('SELECT balance FROM account WHERE id = ?')
    .get(account)!
  if (movements[line.kind].gets && balance + line.amount > mostBrought)
    throw new Refusal('INVALID_AMOUNT', 'The balance would be too large')
  if (line.kind === 'debit' || line.kind === 'credit_rollback') {
    if (line.amount > balance) throw insufficient(line.amount, balance, 409)
  }
  const post = posting(db, at)
  const [after] = post.move(account, [line])
  post.close()
  return after!
}
