import type { Repeatable } from '../../core/idempotency.ts'

/** An account of a family; `balance` in hundredths of its currency. */
export interface Account {
  readonly id: string
  readonly family: string
  readonly name: string
  /** ISO 4217. */
  readonly currency: string
  readonly balance: number
}

/** A movement on an account; `amount` in hundredths, negative when money was spent, times in epoch ms. */
export interface Transaction {
  readonly id: string
  readonly account: string
  readonly amount: number
  readonly description: string
  readonly payee: string | null
  readonly category: string | null
  readonly createdBy: string
  readonly createdAt: number
  readonly updatedAt: number
}

/** Gives a category to every transaction of its family whose description contains a text. */
export interface Rule {
  readonly id: string
  readonly family: string
  readonly contains: string
  readonly category: string
}

/** Who asks, when (epoch ms), and which families' books that person may see and change. */
export interface Asking {
  readonly user: string
  readonly families: readonly string[]
  readonly at: number
}

/** A part of a list, in the order of creation. */
export interface List<Item> {
  readonly items: readonly Item[]
  /** There are further ones after the last of these. */
  readonly more: boolean
}

/** Where a list begins: after the item with an id (null: with the first), and how long it may be. */
export interface Span {
  readonly after: string | null
  readonly limit: number
}

/** A transaction to be; the repeat of a `key` with the same `fingerprint` gets the first answer and does nothing. */
export interface NewTransaction extends Pick<
  Transaction,
  'id' | 'account' | 'amount' | 'description' | 'payee' | 'category'
> {
  readonly idempotency: Repeatable | null
}
/** What becomes of a transaction; what is absent stays. */
export type Change = Partial<
  Pick<Transaction, 'account' | 'amount' | 'description' | 'payee' | 'category'>
>

/**
 * The families' books. Each change is one database transaction with the messages it causes (J10), and
 * durable when it resolves. What belongs to a family the asking one is not in is refused NOT_FOUND,
 * like what does not exist; a sum that outgrows exact integers INVALID_AMOUNT.
 */
export interface Books {
  /** The family of an account, null when there is no such account; it never changes. */
  familyOf(account: string): string | null | Promise<string | null>
  /** Refuses CONFLICT for the account that is one too many in its family. */
  createAccount(asking: Asking, account: Account): Promise<Account>
  account(asking: Asking, id: string): Promise<Account>
  /** The accounts of all the families of the asking one. */
  accounts(asking: Asking, span: Span): Promise<List<Account>>
  /** Tells TransactionUpdate, AccountBalanceUpdate and, when earlier ones are alike, PayeeSuggestion. Refuses IDEMPOTENCY_CONFLICT. */
  createTransaction(asking: Asking, transaction: NewTransaction): Promise<Transaction>
  transaction(asking: Asking, id: string): Promise<Transaction>
  /** Tells TransactionUpdate, and AccountBalanceUpdate when the amount is another. A change of the account is refused. */
  updateTransaction(asking: Asking, id: string, change: Change): Promise<Transaction>
  /** Takes the amount back; tells TransactionUpdate with the last state, then AccountBalanceUpdate. */
  deleteTransaction(asking: Asking, id: string): Promise<void>
  transactions(asking: Asking, account: string, span: Span): Promise<List<Transaction>>
  createRule(asking: Asking, rule: Rule): Promise<Rule>
  /** Sets the category of every matching transaction and tells RuleExecuted to the asking one; resolves to how many match. */
  executeRule(asking: Asking, id: string): Promise<number>
}
