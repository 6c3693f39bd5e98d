import * as v from 'valibot'
import { amount } from '../../core/money.ts'
import { wholeText } from '../../core/query.ts'
import { masked } from './masking.ts'
import { Id, Sum, text } from './shapes.ts'

const Movement = amount({ decimals: 2, signed: true })
const named = (most: number) =>
  v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(most), v.transform(masked))

/** Body of POST /api/v1/accounts; the balance it starts with in hundredths. */
export const NewAccount = v.object({
  family_id: Id,
  name: named(100),
  currency: v.optional(v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, 'Expected ISO 4217')), 'CNY'),
  balance: v.optional(Sum, '0'),
})

/** Body of POST /api/v1/transactions (J18). */
export const NewTransactionBody = v.object({
  account_id: Id,
  amount: Movement,
  description: v.optional(text(500), ''),
  payee: v.optional(v.nullable(named(100)), null),
  category: v.optional(v.nullable(named(100)), null),
})

/** Body of PUT /api/v1/transactions/{id}: what is absent stays, null takes payee or category away. */
export const Change = v.pipe(
  v.object({
    account_id: v.exactOptional(Id),
    amount: v.exactOptional(Movement),
    description: v.exactOptional(text(500)),
    payee: v.exactOptional(v.nullable(named(100))),
    category: v.exactOptional(v.nullable(named(100))),
  }),
  v.check((change) => Object.keys(change).length > 0, 'Nothing to change'),
)

/** Body of POST /api/v1/rules. */
export const NewRule = v.object({
  family_id: Id,
  contains: named(100),
  category: named(100),
})

/** Query of a list: the last id of the part before, and how many. */
export const ListQuery = v.object({
  after: v.optional(Id),
  limit: v.optional(wholeText(1, 1_000), '100'),
})
