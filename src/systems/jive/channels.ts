import * as v from 'valibot'
import type { ChannelKind, EventType } from '../../system.ts'
import type { Books } from './books.ts'
import { actions, balanceEvent, money } from './events.ts'
import { Id, Sum, text } from './shapes.ts'
import { parseTopic } from './topics.ts'

/** Keys whose numbers are money: read and written by their text (J25). */
export const literalNumbers: readonly string[] = ['balance', 'available_balance', 'amount']

const Code = v.pipe(v.string(), v.minLength(1), v.maxLength(64))

const TransactionUpdate = v.object({
  transaction_id: Id,
  action: v.picklist(actions),
  data: v.pipe(
    v.custom<Record<string, unknown>>((value) => !Array.isArray(value), 'Expected an object'),
    v.looseObject({
      amount: v.optional(Sum),
      description: v.optional(text(2_000)),
      payee: v.optional(v.nullable(text(200))),
    }),
  ),
})
const AccountBalanceUpdate = v.object({
  account_id: Id,
  balance: Sum,
  available_balance: v.optional(Sum),
})

/** Everything a backend may publish here (J7): each type with its shape, and how its money is written. */
export const events: Readonly<Record<string, EventType>> = {
  Connected: { schema: v.object({ user_id: Id }) },
  TransactionUpdate: {
    schema: TransactionUpdate,
    encode: ({ transaction_id: id, action, data }: v.InferOutput<typeof TransactionUpdate>) =>
      `{"transaction_id":"${id}","action":"${action}","data":${dataText(data)}}`,
  },
  AccountBalanceUpdate: {
    schema: AccountBalanceUpdate,
    encode: ({ account_id, ...sums }: v.InferOutput<typeof AccountBalanceUpdate>) =>
      balanceEvent(
        account_id,
        money(sums.balance),
        sums.available_balance === undefined ? undefined : money(sums.available_balance),
      ).body,
  },
  RuleExecuted: {
    schema: v.object({
      rule_id: Id,
      matched_count: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    }),
  },
  PayeeSuggestion: {
    schema: v.object({
      description: text(2_000),
      suggestions: v.pipe(v.array(text(200)), v.maxLength(20)),
    }),
  },
  Notification: {
    schema: v.object({ level: Code, title: text(200), message: text(10_000) }),
  },
  Error: { schema: v.object({ code: Code, message: text(2_000) }) },
}

/** Who may be told what: every type on every kind of topic, to any family or user, and to accounts that the books know. */
export function channelKinds(
  books: Pick<Books, 'familyOf'>,
): Readonly<Record<string, ChannelKind>> {
  const wellFormed = (name: string) => parseTopic(name) !== null
  const known = (name: string) => {
    const id = parseTopic(name)?.id
    if (id === undefined) return false
    const family = books.familyOf(id)
    return family instanceof Promise ? family.then((found) => found !== null) : family !== null
  }
  return {
    family: { events, publish: true, exists: wellFormed },
    user: { events, publish: true, exists: wellFormed, owned: true },
    account: { events, publish: true, exists: known },
    global: { events, publish: true, exists: wellFormed },
  }
}

const { isRawJSON } = JSON as unknown as { isRawJSON(value: object): boolean }
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/

/** JSON text of what a backend tells of a transaction: money at any depth is written as a number with two decimals, other numbers under those keys as they came. */
function dataText(value: unknown, key = ''): string {
  if (Array.isArray(value)) return `[${value.map((item) => dataText(item)).join(',')}]`
  if (typeof value === 'object' && value !== null && !isRawJSON(value)) {
    const members = Object.entries(value).map(
      ([name, member]) => `${JSON.stringify(name)}:${dataText(member, name)}`,
    )
    return `{${members.join(',')}}`
  }
  if (!literalNumbers.includes(key)) return JSON.stringify(value)
  // The schema has read the amount of the transaction itself; deeper ones are still as they were written.
  if (typeof value === 'number') return money(value)
  const sum = v.safeParse(Sum, value)
  if (sum.success) return money(sum.output)
  return typeof value === 'string' && jsonNumber.test(value) ? value : JSON.stringify(value)
}
