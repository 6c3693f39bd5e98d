import type { Database } from 'bun:sqlite'
import { fieldRefusal, Refusal } from '../../core/errors.ts'
import type { Account, Asking, List, Rule, Span, Transaction } from '../../systems/jive/books.ts'

/** An account with its row. */
export interface AccountRow extends Account {
  readonly row: number
}

/** A transaction with its row, its account and what its description is like. */
export interface Movement {
  readonly row: number
  readonly account: AccountRow
  readonly likeness: string
  readonly transaction: Transaction
}

/** The account with an id; one of a family the asking one is not in is as unknown as one that does not exist. */
export function ownAccount(db: Database, { families }: Asking, id: string): AccountRow {
  const account = findAccount(db, id)
  if (account !== null && families.includes(account.family)) return account
  throw new Refusal('NOT_FOUND', 'No such account')
}

function findAccount(db: Database, id: string): AccountRow | null {
  return db
    .query<AccountRow, [string]>(
      'SELECT row, id, family, name, currency, balance FROM jive_account WHERE id = ?',
    )
    .get(id)
}

const columns = `t.row, t.id, a.id AS account, t.amount, t.description, t.payee, t.category,
  t.created_by AS createdBy, t.created_at AS createdAt, t.updated_at AS updatedAt`

/** The transaction with an id, under the same condition. */
export function ownTransaction(db: Database, asking: Asking, id: string): Movement {
  const found = db
    .query<Transaction & { row: number; likeness: string }, [string]>(
      `SELECT ${columns}, t.likeness FROM jive_transaction t JOIN jive_account a ON a.row = t.account
         WHERE t.id = ? AND t.deleted_at IS NULL`,
    )
    .get(id)
  const account = found && findAccount(db, found.account)
  if (found === null || !account || !asking.families.includes(account.family)) {
    throw new Refusal('NOT_FOUND', 'No such transaction')
  }
  const { row, likeness: alike, ...transaction } = found
  return { row, account, likeness: alike, transaction }
}

/** The rule with an id, under the same condition. */
export function ownRule(db: Database, { families }: Asking, id: string): Rule {
  const rule = db
    .query<Rule, [string]>('SELECT id, family, contains, category FROM jive_rule WHERE id = ?')
    .get(id)
  if (rule !== null && families.includes(rule.family)) return rule
  throw new Refusal('NOT_FOUND', 'No such rule')
}

/** The transactions of an account; a position may be a transaction that has been deleted since. */
export function transactions(
  db: Database,
  account: number,
  { after, limit }: Span,
): List<Transaction> {
  const from = after === null ? 0 : rowOf(db, account, after)
  const found = db
    .query<Transaction & { row: number }, [number, number, number]>(
      `SELECT ${columns} FROM jive_transaction t JOIN jive_account a ON a.row = t.account
         WHERE t.account = ? AND t.row > ? AND t.deleted_at IS NULL ORDER BY t.row LIMIT ?`,
    )
    .all(account, from, limit + 1)
  const items = found.slice(0, limit).map(({ row: _, ...transaction }) => transaction)
  return { items, more: found.length > limit }
}

function rowOf(db: Database, account: number, id: string): number {
  const found = db
    .query<{ row: number }, [string, number]>(
      'SELECT row FROM jive_transaction WHERE id = ? AND account = ?',
    )
    .get(id, account)
  if (found !== null) return found.row
  const message = 'No such transaction on this account'
  throw fieldRefusal('INVALID_PARAMS', 'after', message)
}

/** A description as rules search it. */
export function folded(description: string): string {
  return description.toLowerCase()
}

/** What two descriptions that are alike have in common: lower case, no digits, nothing around it. */
export function likeness(description: string): string {
  return folded(description)
    .replace(/\p{Nd}/gu, '')
    .trim()
}
