import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Asking, Change, NewTransaction, Transaction } from '../../systems/jive/books.ts'
import {
  balanceUpdate,
  payeeSuggestion,
  transactionUpdate,
  type Event,
} from '../../systems/jive/events.ts'
import { folded, likeness, ownAccount, ownTransaction, type AccountRow } from './jive-rows.ts'
import type { Context } from './procedure.ts'

/** Writes a transaction, its account's balance and their messages; a repeat under the same key gets what the first one got. */
export function createTransaction(
  context: Context,
  { asking, wanted }: { asking: Asking; wanted: NewTransaction },
): Transaction {
  const { db } = context
  const { idempotency, ...fields } = wanted
  const account = ownAccount(db, asking, wanted.account)
  const earlier = idempotency && firstAnswer(db, asking.user, idempotency)
  if (earlier) return earlier
  const { user: createdBy, at } = asking
  const transaction: Transaction = { ...fields, createdBy, createdAt: at, updatedAt: at }
  const alike = likeness(transaction.description)
  const payees = suggestions(db, account.family, alike)
  insert(db, account, transaction, alike)
  const balance = move(db, account, transaction.amount)
  countUse(db, account.family, alike, transaction.payee, 1)
  const family = `family:${account.family}`
  tell(context, at, [family], transactionUpdate('created', transaction))
  tell(context, at, [family, `account:${account.id}`], balanceUpdate({ id: account.id, balance }))
  if (payees.length > 0) {
    tell(context, at, [`user:${createdBy}`], payeeSuggestion(transaction.description, payees))
  }
  if (idempotency) keepAnswer(db, asking, idempotency, transaction)
  return transaction
}

/** Changes what is given; the balance follows a new amount. */
export function updateTransaction(
  context: Context,
  { asking, id, change }: { asking: Asking; id: string; change: Change },
): Transaction {
  const { db } = context
  const { row, account, likeness: before, transaction: old } = ownTransaction(db, asking, id)
  if (change.account !== undefined && change.account !== account.id) {
    const message = 'A transaction stays on its account'
    throw new Refusal('INVALID_REQUEST', `account_id: ${message}`, [
      { path: 'account_id', message },
    ])
  }
  const transaction: Transaction = { ...old, ...change, updatedAt: asking.at }
  const { amount, description, payee, category } = transaction
  const alike = likeness(description)
  db.query(
    `UPDATE jive_transaction SET amount = ?, description = ?, folded = ?, likeness = ?,
       payee = ?, category = ?, updated_at = ? WHERE row = ?`,
  ).run(amount, description, folded(description), alike, payee, category, asking.at, row)
  countUse(db, account.family, before, old.payee, -1)
  countUse(db, account.family, alike, payee, 1)
  const family = `family:${account.family}`
  tell(context, asking.at, [family], transactionUpdate('updated', transaction))
  if (amount !== old.amount) {
    const balance = move(db, account, amount - old.amount)
    const update = balanceUpdate({ id: account.id, balance })
    tell(context, asking.at, [family, `account:${account.id}`], update)
  }
  return transaction
}

/** Takes a transaction and its amount back. */
export function deleteTransaction(
  context: Context,
  { asking, id }: { asking: Asking; id: string },
): void {
  const { db } = context
  const { row, account, likeness: alike, transaction } = ownTransaction(db, asking, id)
  db.query('UPDATE jive_transaction SET deleted_at = ? WHERE row = ?').run(asking.at, row)
  const balance = move(db, account, -transaction.amount)
  countUse(db, account.family, alike, transaction.payee, -1)
  const family = `family:${account.family}`
  const update = balanceUpdate({ id: account.id, balance })
  tell(context, asking.at, [family], transactionUpdate('deleted', transaction))
  tell(context, asking.at, [family, `account:${account.id}`], update)
}

/** Records an event on topics of this system. */
export function tell(
  { append }: Context,
  at: number,
  [first, ...rest]: readonly [string, ...string[]],
  { type, body }: Event,
): void {
  append({ channels: [`jive/${first}`, ...rest.map((topic) => `jive/${topic}`)], type, body, at })
}

function insert(
  db: Database,
  account: AccountRow,
  { id, amount, description, payee, category, createdBy, createdAt }: Transaction,
  alike: string,
): void {
  db.query(
    `INSERT INTO jive_transaction (id, account, amount, description, folded, likeness, payee,
       category, created_by, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    id,
    account.row,
    amount,
    description,
    folded(description),
    alike,
    payee,
    category,
    createdBy,
    createdAt,
    createdAt,
  )
}

/** Adds an amount to a balance and answers the new one; refuses what would not be exact any more. */
function move(db: Database, { row, balance }: AccountRow, amount: number): number {
  const sum = balance + amount
  if (!Number.isSafeInteger(sum) || !Number.isSafeInteger(amount)) {
    throw new Refusal('INVALID_AMOUNT', 'The balance would be too large')
  }
  db.query('UPDATE jive_account SET balance = ? WHERE row = ?').run(sum, row)
  return sum
}

const mostSuggestions = 5

/** The payees that the family's transactions of a likeness name most often. */
function suggestions(db: Database, family: string, alike: string): string[] {
  if (alike === '') return []
  return db
    .query<{ payee: string }, [string, string, number]>(
      `SELECT payee FROM jive_payee WHERE family = ? AND likeness = ?
         ORDER BY uses DESC, payee LIMIT ?`,
    )
    .all(family, alike, mostSuggestions)
    .map(({ payee }) => payee)
}

function countUse(
  db: Database,
  family: string,
  alike: string,
  payee: string | null,
  by: 1 | -1,
): void {
  if (payee === null || alike === '') return
  if (by === 1) {
    db.query(
      `INSERT INTO jive_payee (family, likeness, payee, uses) VALUES (?, ?, ?, 1)
         ON CONFLICT DO UPDATE SET uses = uses + 1`,
    ).run(family, alike, payee)
    return
  }
  const gone = db
    .query('DELETE FROM jive_payee WHERE family = ? AND likeness = ? AND payee = ? AND uses = 1')
    .run(family, alike, payee)
  if (gone.changes > 0) return
  db.query(
    'UPDATE jive_payee SET uses = uses - 1 WHERE family = ? AND likeness = ? AND payee = ?',
  ).run(family, alike, payee)
}

type Key = NonNullable<NewTransaction['idempotency']>

/** What the first request under a user's key was answered, null when this is the first. */
function firstAnswer(db: Database, user: string, { key, fingerprint }: Key): Transaction | null {
  const kept = db
    .query<{ fingerprint: string; answer: string }, [string, string]>(
      'SELECT fingerprint, answer FROM idempotency WHERE scope = ? AND key = ?',
    )
    .get(scopeOf(user), key)
  if (kept === null) return null
  if (kept.fingerprint === fingerprint) return JSON.parse(kept.answer) as Transaction
  throw new Refusal('IDEMPOTENCY_CONFLICT', `Another request used the key "${key}"`)
}

function keepAnswer(
  db: Database,
  { user, at }: Asking,
  { key, fingerprint }: Key,
  answer: Transaction,
): void {
  db.query(
    `INSERT INTO idempotency (scope, key, fingerprint, results, answer, at)
       VALUES (?, ?, ?, '[]', ?, ?)`,
  ).run(scopeOf(user), key, fingerprint, JSON.stringify(answer), at)
}

/** Keys of users and of servers never meet: no server key has a slash in its name. */
function scopeOf(user: string): string {
  return `jive/user:${user}`
}
