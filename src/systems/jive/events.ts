import { formatAmount } from '../../core/money.ts'
import type { Account, List, Rule, Transaction } from './books.ts'

/** A message of this system before it has a place: its type and its data as JSON text. */
export interface Event {
  readonly type: string
  readonly body: string
}

/** What happened to a transaction (J9). */
export const actions = ['created', 'updated', 'deleted'] as const
/** One of them. */
export type Action = (typeof actions)[number]

/** TransactionUpdate: what became of a transaction, with its state after it or, when deleted, its last one. */
export function transactionUpdate(action: Action, transaction: Transaction): Event {
  const id = JSON.stringify(transaction.id)
  const data = transactionText(transaction)
  return {
    type: 'TransactionUpdate',
    body: `{"transaction_id":${id},"action":"${action}","data":${data}}`,
  }
}

/** AccountBalanceUpdate of an account of the books; nothing is held back, so all of it is available. */
export function balanceUpdate({ id, balance }: Pick<Account, 'id' | 'balance'>): Event {
  const amount = money(balance)
  return balanceEvent(id, amount, amount)
}

/** AccountBalanceUpdate from amounts that are written out; `available_balance` is left out when there is none. */
export function balanceEvent(account: string, balance: string, available?: string): Event {
  const rest = available === undefined ? '' : `,"available_balance":${available}`
  return {
    type: 'AccountBalanceUpdate',
    body: `{"account_id":${JSON.stringify(account)},"balance":${balance}${rest}}`,
  }
}

/** RuleExecuted: how many transactions a rule matched. */
export function ruleExecuted(rule: string, matched: number): Event {
  return { type: 'RuleExecuted', body: JSON.stringify({ rule_id: rule, matched_count: matched }) }
}

/** PayeeSuggestion: payees of transactions with a like description, best first. */
export function payeeSuggestion(description: string, suggestions: readonly string[]): Event {
  return { type: 'PayeeSuggestion', body: JSON.stringify({ description, suggestions }) }
}

/** Connected, the first frame of a connection (J2); `last` tells who wants ids, and has none yet, where it begins. */
export function connected(user: string, last?: string): Event {
  return { type: 'Connected', body: JSON.stringify({ user_id: user, last }) }
}

/** Subscribed or Unsubscribed, for who asked with `ack` (J16). */
export function acknowledged(type: 'Subscribed' | 'Unsubscribed', topic: string): Event {
  return { type, body: JSON.stringify({ topic }) }
}

/** Accounts, the answer to a Request. */
export function accountsEvent(list: List<Account>): Event {
  return { type: 'Accounts', body: accountsText(list) }
}

/** Transactions, the answer to a Request. */
export function transactionsEvent(account: string, list: List<Transaction>): Event {
  const body = transactionsText(list)
  return {
    type: 'Transactions',
    body: `{"account_id":${JSON.stringify(account)},${body.slice(1)}`,
  }
}

/** History, after the frames that a Request brought back: where they end and whether that is the end. */
export function historyEvent(topic: string, last: string, complete: boolean): Event {
  return { type: 'History', body: JSON.stringify({ topic, last, complete }) }
}

/** An account as JSON text. */
export function accountText({ id, family, name, currency, balance }: Account): string {
  const head = JSON.stringify({ id, family_id: family, name, currency })
  const amount = money(balance)
  return `${head.slice(0, -1)},"balance":${amount},"available_balance":${amount}}`
}

/** A transaction as JSON text, its times in RFC 3339. */
export function transactionText(transaction: Transaction): string {
  const { id, account, amount, description, payee, category } = transaction
  const head = JSON.stringify({ id, account_id: account })
  const rest = JSON.stringify({
    description,
    payee,
    category,
    created_by: transaction.createdBy,
    created_at: new Date(transaction.createdAt).toISOString(),
    updated_at: new Date(transaction.updatedAt).toISOString(),
  })
  return `${head.slice(0, -1)},"amount":${money(amount)},${rest.slice(1)}`
}

/** A rule as JSON text. */
export function ruleText({ id, family, contains, category }: Rule): string {
  return JSON.stringify({ id, family_id: family, contains, category })
}

/** A part of a list of accounts as JSON text. */
export function accountsText({ items, more }: List<Account>): string {
  return `{"accounts":[${items.map(accountText).join(',')}],"more":${more}}`
}

/** A part of a list of transactions as JSON text. */
export function transactionsText({ items, more }: List<Transaction>): string {
  return `{"transactions":[${items.map(transactionText).join(',')}],"more":${more}}`
}

/** An amount as the number literal clients get: always with two decimals, since `1000` is no double to them (J25). */
export function money(hundredths: number): string {
  return formatAmount(hundredths, 2)
}
