import * as v from 'valibot'
import { IdempotencyHeader } from '../../core/idempotency.ts'
import { named, Whole, type Description, type Operation } from '../../core/operation.ts'
import { Account, account, Transaction, transaction } from './answers.ts'
import { Change, ListQuery, NewAccount, NewRule, NewTransactionBody } from './bodies.ts'
import { TransactionsQuery } from './routes.ts'
import { Id } from './shapes.ts'

const user = { access: { jiveToken: [] } } as const
const { id } = account
const params = v.object({ id: Id })

const Rule = named(
  'Rule',
  v.object({ id: Id, family_id: Id, contains: v.string(), category: v.string() }),
)

const rule = { id, family_id: 'f1', contains: 'vegetables', category: 'Food' }

const accounts: readonly Operation[] = [
  {
    ...user,
    method: 'post',
    path: '/api/v1/accounts',
    id: 'createAccount',
    summary: 'Open an account of a family',
    body: { schema: NewAccount },
    example: { body: { family_id: 'f1', name: 'Groceries', balance: '100.00' } },
    answers: { 201: { says: 'The account', schema: Account, example: account } },
    refusals: ['FORBIDDEN', 'CONFLICT', 'RATE_LIMITED'],
  },
  {
    ...user,
    reads: true,
    method: 'get',
    path: '/api/v1/accounts',
    id: 'listAccounts',
    summary: "The accounts of the caller's families",
    query: ListQuery,
    example: { query: { limit: '10' } },
    answers: {
      200: {
        says: 'In the order of creation; `more`: there are further ones after the last id',
        schema: named('Accounts', v.object({ accounts: v.array(Account), more: v.boolean() })),
        example: { accounts: [account], more: false },
      },
    },
    refusals: ['INVALID_PARAMS', 'RATE_LIMITED'],
  },
  {
    ...user,
    reads: true,
    method: 'get',
    path: '/api/v1/accounts/:id',
    id: 'readAccount',
    summary: 'One account',
    params,
    example: { params: { id } },
    answers: { 200: { says: 'The account', schema: Account, example: account } },
    refusals: ['NOT_FOUND', 'RATE_LIMITED'],
  },
]

const transactions: readonly Operation[] = [
  {
    ...user,
    method: 'post',
    path: '/api/v1/transactions',
    id: 'createTransaction',
    summary: 'Book a transaction',
    description:
      'Tells the family and the account. The same `Idempotency-Key` with the same body gets the first answer again and books nothing.',
    headers: v.object({ 'Idempotency-Key': IdempotencyHeader }),
    body: { schema: NewTransactionBody },
    example: {
      headers: { 'Idempotency-Key': 'market-1' },
      body: { account_id: id, amount: '-12.50', description: 'Vegetables', payee: 'Market' },
    },
    answers: { 201: { says: 'The transaction', schema: Transaction, example: transaction } },
    refusals: ['NOT_FOUND', 'INVALID_AMOUNT', 'IDEMPOTENCY_CONFLICT', 'RATE_LIMITED'],
  },
  {
    ...user,
    reads: true,
    method: 'get',
    path: '/api/v1/transactions',
    id: 'listTransactions',
    summary: 'The transactions of an account',
    query: v.object({ ...TransactionsQuery.entries, ...ListQuery.entries }),
    example: { query: { account_id: id, limit: '10' } },
    answers: {
      200: {
        says: 'In the order of creation; `more`: there are further ones after the last id',
        schema: named(
          'Transactions',
          v.object({ transactions: v.array(Transaction), more: v.boolean() }),
        ),
        example: { transactions: [transaction], more: false },
      },
    },
    refusals: ['NOT_FOUND', 'INVALID_PARAMS', 'RATE_LIMITED'],
  },
  {
    ...user,
    reads: true,
    method: 'get',
    path: '/api/v1/transactions/:id',
    id: 'readTransaction',
    summary: 'One transaction',
    params,
    example: { params: { id: transaction.id } },
    answers: { 200: { says: 'The transaction', schema: Transaction, example: transaction } },
    refusals: ['NOT_FOUND', 'RATE_LIMITED'],
  },
  {
    ...user,
    method: 'put',
    path: '/api/v1/transactions/:id',
    id: 'changeTransaction',
    summary: 'Change a transaction',
    description:
      'What is absent stays; null takes payee or category away. The account of a transaction cannot be changed.',
    params,
    body: { schema: Change },
    example: { params: { id: transaction.id }, body: { category: 'Food', payee: null } },
    answers: {
      200: {
        says: 'The transaction as it is now',
        schema: Transaction,
        example: { ...transaction, payee: null, category: 'Food' },
      },
    },
    refusals: ['NOT_FOUND', 'INVALID_AMOUNT', 'RATE_LIMITED'],
  },
  {
    ...user,
    method: 'delete',
    path: '/api/v1/transactions/:id',
    id: 'deleteTransaction',
    summary: 'Take a transaction back',
    params,
    example: { params: { id: transaction.id } },
    answers: { 204: { says: 'It is gone, and the balance is what it would be without it' } },
    refusals: ['NOT_FOUND', 'INVALID_AMOUNT', 'RATE_LIMITED'],
  },
]

const rules: readonly Operation[] = [
  {
    ...user,
    method: 'post',
    path: '/api/v1/rules',
    id: 'createRule',
    summary: 'Make a rule that gives transactions a category',
    body: { schema: NewRule },
    example: { body: { family_id: 'f1', contains: 'vegetables', category: 'Food' } },
    answers: { 201: { says: 'The rule', schema: Rule, example: rule } },
    refusals: ['FORBIDDEN', 'CONFLICT', 'RATE_LIMITED'],
  },
  {
    ...user,
    method: 'post',
    path: '/api/v1/rules/:id/execute',
    id: 'executeRule',
    summary: 'Apply a rule to all transactions of its family',
    description: 'Once a second for each user, after five at once.',
    params,
    example: { params: { id } },
    answers: {
      200: {
        says: 'How many transactions matched',
        schema: v.object({ rule_id: Id, matched_count: Whole }),
        example: { rule_id: id, matched_count: 1 },
      },
    },
    refusals: ['NOT_FOUND', 'RATE_LIMITED'],
  },
]

/** The books of families. */
export const description: Description = {
  name: 'jive',
  summary: 'Family books: accounts, transactions and rules, each told to whom it concerns',
  schemes: {
    jiveToken: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description:
        "A token of a user for jive: `sub`, `aud` = `jive`, `exp`, and the ids of the user's families in `families`",
    },
  },
  operations: [...accounts, ...transactions, ...rules],
}
