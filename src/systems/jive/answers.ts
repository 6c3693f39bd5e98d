import * as v from 'valibot'
import { named } from '../../core/operation.ts'
import { Id } from './shapes.ts'

/** Money as it is told (J25). */
export const Money = v.pipe(v.number(), v.description('Always written with two decimals: 12.50'))

const Time = v.pipe(v.string(), v.isoTimestamp())

/** An account as it is told. */
export const Account = named(
  'Account',
  v.object({
    id: Id,
    family_id: Id,
    name: v.string(),
    currency: v.string(),
    balance: Money,
    available_balance: Money,
  }),
)

/** A transaction as it is told. */
export const Transaction = named(
  'Transaction',
  v.object({
    id: Id,
    account_id: Id,
    amount: v.pipe(Money, v.description('Added to the balance: spending is negative')),
    description: v.string(),
    payee: v.nullable(v.string()),
    category: v.nullable(v.string()),
    created_by: v.string(),
    created_at: Time,
    updated_at: Time,
  }),
)

const time = '2026-01-02T03:04:05.000Z'

/** An account for examples. */
export const account = {
  id: '7f6c2f0e-6d1b-4f4e-9f5e-0d4c1d3a2b10',
  family_id: 'f1',
  name: 'Groceries',
  currency: 'CNY',
  balance: 100,
  available_balance: 100,
}

/** A transaction for examples. */
export const transaction = {
  id: '0b9d1c5a-53e0-4a7c-8f0a-6a1e2f9b7c21',
  account_id: account.id,
  amount: -12.5,
  description: 'Vegetables',
  payee: 'Market',
  category: null,
  created_by: 'ann',
  created_at: time,
  updated_at: time,
}
