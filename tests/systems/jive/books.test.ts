import { afterAll, beforeAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal, type ErrorCode } from '../../../src/core/errors.ts'
import type { Message } from '../../../src/core/store.ts'
import { openSqlite, type Sqlite } from '../../../src/storage/sqlite/client.ts'
import { jiveBooks } from '../../../src/storage/sqlite/jive.ts'
import type { Asking, Books, NewTransaction } from '../../../src/systems/jive/books.ts'
import { fakeClock } from '../../clock.ts'

const dir = mkdtempSync(join(tmpdir(), 'fanfare-jive-'))
const clock = fakeClock()
let sqlite: Sqlite
let books: Books
let told: Message[] = []

beforeAll(async () => {
  sqlite = await openSqlite({ dir, dev: false, clock })
  await sqlite.store.start((messages) => told.push(...messages))
  books = jiveBooks(sqlite.thread)
})
afterAll(async () => {
  await sqlite.store.stop()
  rmSync(dir, { recursive: true })
})

let families = 0
/** A family nobody else has, one of its members, an outsider, and an account with 10.00 on it. */
async function household(balance = 1_000) {
  const family = `f${++families}`
  const ann: Asking = { user: `ann-${family}`, families: [family], at: clock.now() }
  const eve: Asking = { user: 'eve', families: ['elsewhere'], at: clock.now() }
  const wanted = { id: crypto.randomUUID(), family, name: 'Cash', currency: 'CNY', balance }
  const account = await books.createAccount(ann, wanted)
  told = []
  return { family, ann, eve, account }
}

function movement(account: string, fields: Partial<NewTransaction> = {}): NewTransaction {
  return {
    id: crypto.randomUUID(),
    account,
    amount: 250,
    description: 'Tea',
    payee: null,
    category: null,
    idempotency: null,
    ...fields,
  }
}

async function refused(work: Promise<unknown>, code: ErrorCode): Promise<void> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Refusal)
  expect((error as Refusal).code).toBe(code)
}

const types = () => told.map(({ type }) => type)

test('J10: a transaction, its balance and their messages are one change, told in this order', async () => {
  const { family, ann, account } = await household()
  const { id } = await books.createTransaction(ann, movement(account.id))
  expect((await books.account(ann, account.id)).balance).toBe(1_250)
  expect(
    told.map(({ type, channel, also }) => [type, channel, also?.map((one) => one.channel)]),
  ).toEqual([
    ['TransactionUpdate', `jive/family:${family}`, undefined],
    ['AccountBalanceUpdate', `jive/family:${family}`, [`jive/account:${account.id}`]],
  ])
  expect(JSON.parse(told[0]!.body)).toMatchObject({ transaction_id: id, action: 'created' })
  expect(told[1]!.body).toContain('"balance":12.50,')
})

test('a refused change leaves nothing behind: no row, no balance, no message', async () => {
  const { ann, account } = await household(Number.MAX_SAFE_INTEGER - 100)
  await refused(
    books.createTransaction(ann, movement(account.id, { amount: 101 })),
    'INVALID_AMOUNT',
  )
  expect((await books.account(ann, account.id)).balance).toBe(Number.MAX_SAFE_INTEGER - 100)
  const { items } = await books.transactions(ann, account.id, { after: null, limit: 10 })
  expect(items).toEqual([])
  expect(told).toEqual([])
  await books.createTransaction(ann, movement(account.id, { amount: 100 }))
  expect((await books.account(ann, account.id)).balance).toBe(Number.MAX_SAFE_INTEGER)
})

test('a balance below what is exact is refused as well, on every kind of change', async () => {
  const { ann, account } = await household(-Number.MAX_SAFE_INTEGER + 100)
  const { id } = await books.createTransaction(ann, movement(account.id, { amount: -50 }))
  await refused(books.updateTransaction(ann, id, { amount: -101 }), 'INVALID_AMOUNT')
  expect((await books.account(ann, account.id)).balance).toBe(-Number.MAX_SAFE_INTEGER + 50)
  expect((await books.transaction(ann, id)).amount).toBe(-50)
})

test('J9: an update moves the balance by the difference and tells it only when it is another', async () => {
  const { ann, account } = await household()
  const { id } = await books.createTransaction(ann, movement(account.id))
  told = []
  await books.updateTransaction(ann, id, { description: 'Green tea', category: 'food' })
  expect(types()).toEqual(['TransactionUpdate'])
  told = []
  const changed = await books.updateTransaction(ann, id, { amount: -100 })
  expect(changed).toMatchObject({ amount: -100, description: 'Green tea', category: 'food' })
  expect(types()).toEqual(['TransactionUpdate', 'AccountBalanceUpdate'])
  expect((await books.account(ann, account.id)).balance).toBe(900)
})

test('J9: a deleted transaction gives its amount back, tells its last state, and is gone', async () => {
  const { ann, account } = await household()
  const { id } = await books.createTransaction(ann, movement(account.id))
  told = []
  await books.deleteTransaction(ann, id)
  expect(types()).toEqual(['TransactionUpdate', 'AccountBalanceUpdate'])
  expect(JSON.parse(told[0]!.body)).toMatchObject({
    transaction_id: id,
    action: 'deleted',
    data: { id, amount: 2.5, description: 'Tea' },
  })
  expect((await books.account(ann, account.id)).balance).toBe(1_000)
  await refused(books.transaction(ann, id), 'NOT_FOUND')
  await refused(books.deleteTransaction(ann, id), 'NOT_FOUND')
  expect((await books.account(ann, account.id)).balance).toBe(1_000)
})

test('J5: to an outsider everything is as unknown as what does not exist, and nothing happens', async () => {
  const { family, ann, eve, account } = await household()
  const { id } = await books.createTransaction(ann, movement(account.id))
  const rule = { id: crypto.randomUUID(), family, contains: 'tea', category: 'food' }
  await books.createRule(ann, rule)
  told = []
  const attempts = (account_: string, transaction: string, rule_: string) => [
    books.account(eve, account_),
    books.createTransaction(eve, movement(account_)),
    books.transactions(eve, account_, { after: null, limit: 1 }),
    books.transaction(eve, transaction),
    books.updateTransaction(eve, transaction, { amount: 1 }),
    books.deleteTransaction(eve, transaction),
    books.executeRule(eve, rule_),
  ]
  const foreign = await Promise.allSettled(attempts(account.id, id, rule.id))
  const unknown = await Promise.allSettled(attempts('no', 'no', 'no'))
  const errors = (settled: readonly PromiseSettledResult<unknown>[]) =>
    settled.map((one) => one.status === 'rejected' && [one.reason.code, one.reason.message])
  expect(errors(foreign)).toEqual(errors(unknown))
  expect(errors(foreign).every((one) => one && one[0] === 'NOT_FOUND')).toBe(true)
  expect(told).toEqual([])
})

test('a repeated key gets the first answer and does nothing, even after the transaction changed', async () => {
  const { ann, account } = await household()
  const idempotency = { key: 'k1', fingerprint: 'a' }
  const first = await books.createTransaction(ann, movement(account.id, { idempotency }))
  await books.updateTransaction(ann, first.id, { amount: 1 })
  told = []
  const again = await books.createTransaction(ann, movement(account.id, { idempotency }))
  expect(again).toEqual(first)
  expect(told).toEqual([])
  expect((await books.account(ann, account.id)).balance).toBe(1_001)
  const other = { key: 'k1', fingerprint: 'b' }
  await refused(
    books.createTransaction(ann, movement(account.id, { idempotency: other })),
    'IDEMPOTENCY_CONFLICT',
  )
})

test('parallel repeats of one key make one transaction', async () => {
  const { ann, account } = await household()
  const idempotency = { key: 'parallel', fingerprint: 'a' }
  const all = await Promise.all(
    Array.from({ length: 20 }, () =>
      books.createTransaction(ann, movement(account.id, { idempotency })),
    ),
  )
  expect(new Set(all.map(({ id }) => id)).size).toBe(1)
  expect((await books.account(ann, account.id)).balance).toBe(1_250)
  expect(types()).toEqual(['TransactionUpdate', 'AccountBalanceUpdate'])
})

test('two users may use the same key without meeting', async () => {
  const { family, ann, account } = await household()
  const bob = { ...ann, user: `bob-${family}` }
  const idempotency = { key: 'shared', fingerprint: 'a' }
  const one = await books.createTransaction(ann, movement(account.id, { idempotency }))
  const other = await books.createTransaction(bob, movement(account.id, { idempotency }))
  expect(one.id).not.toBe(other.id)
})

test('J10: a like description suggests the payees the family uses most, best first, at most five', async () => {
  const { family, ann, account } = await household()
  const pay = (description: string, payee: string | null) =>
    books.createTransaction(ann, movement(account.id, { description, payee }))
  await pay('Taxi 12', 'Didi')
  expect(types()).not.toContain('PayeeSuggestion')
  for (const payee of ['A', 'B', 'C', 'D', 'E', 'Didi', 'Didi', 'E']) await pay('taxi', payee)
  told = []
  await pay('  TAXI 99 ', null)
  expect(types()).toEqual(['TransactionUpdate', 'AccountBalanceUpdate', 'PayeeSuggestion'])
  expect(told[2]!.channel).toBe(`jive/user:ann-${family}`)
  expect(JSON.parse(told[2]!.body)).toEqual({
    description: '  TAXI 99 ',
    suggestions: ['Didi', 'E', 'A', 'B', 'C'],
  })
  told = []
  await pay('Taxi to the airport', null)
  await pay('12345', null)
  await pay('678', null)
  expect(types()).not.toContain('PayeeSuggestion')
})

test('J10: suggestions forget what was deleted or renamed, and never cross families', async () => {
  const { ann, account } = await household()
  const other = await household()
  const taxi = { description: 'Taxi', payee: 'Didi' }
  const one = await books.createTransaction(ann, movement(account.id, taxi))
  const two = await books.createTransaction(ann, movement(account.id, taxi))
  await books.createTransaction(other.ann, movement(other.account.id, taxi))
  await books.deleteTransaction(ann, one.id)
  await books.updateTransaction(ann, two.id, { description: 'Bus' })
  told = []
  await books.createTransaction(ann, movement(account.id, { description: 'Taxi' }))
  expect(types()).not.toContain('PayeeSuggestion')
  await books.createTransaction(ann, movement(account.id, { description: 'bus 7' }))
  expect(JSON.parse(told.at(-1)!.body)).toEqual({ description: 'bus 7', suggestions: ['Didi'] })
})

test('J10: a rule sets the category of what matches in its family and tells only who ran it', async () => {
  const { family, ann, account } = await household()
  const other = await household()
  const make = (description: string) =>
    books.createTransaction(ann, movement(account.id, { description }))
  const coffee = await make('Big COFFEE, 50% off')
  const tea = await make('Tea')
  const gone = await make('coffee')
  await books.deleteTransaction(ann, gone.id)
  const foreign = await books.createTransaction(
    other.ann,
    movement(other.account.id, { description: 'coffee' }),
  )
  const rule = { id: crypto.randomUUID(), family, contains: 'Coffee', category: 'treats' }
  await books.createRule(ann, rule)
  const wild = { id: crypto.randomUUID(), family, contains: '%', category: 'percent' }
  await books.createRule(ann, wild)
  told = []
  expect(await books.executeRule(ann, rule.id)).toBe(1)
  expect(told.map(({ type, channel, body }) => [type, channel, body])).toEqual([
    [
      'RuleExecuted',
      `jive/user:ann-${family}`,
      JSON.stringify({ rule_id: rule.id, matched_count: 1 }),
    ],
  ])
  expect((await books.transaction(ann, coffee.id)).category).toBe('treats')
  expect((await books.transaction(ann, tea.id)).category).toBeNull()
  expect((await books.transaction(other.ann, foreign.id)).category).toBeNull()
  expect(await books.executeRule(ann, rule.id)).toBe(1)
  expect(await books.executeRule(ann, wild.id)).toBe(1)
})

test('lists go on where the part before ended, even at a transaction that was deleted since', async () => {
  const { ann, account } = await household()
  const ids: string[] = []
  for (let count = 0; count < 5; count++) {
    ids.push((await books.createTransaction(ann, movement(account.id))).id)
  }
  const first = await books.transactions(ann, account.id, { after: null, limit: 2 })
  expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2))
  expect(first.more).toBe(true)
  await books.deleteTransaction(ann, ids[1]!)
  const rest = await books.transactions(ann, account.id, { after: ids[1]!, limit: 3 })
  expect(rest.items.map(({ id }) => id)).toEqual(ids.slice(2))
  expect(rest.more).toBe(false)
  await refused(
    books.transactions(ann, account.id, { after: 'unknown', limit: 3 }),
    'INVALID_PARAMS',
  )
})

test('accounts are listed for all of somebody’s families and for nobody else', async () => {
  const one = await household()
  const two = await household()
  const both: Asking = { ...one.ann, families: [one.family, two.family] }
  const ids = async (asking: Asking, after: string | null, limit: number) => {
    const { items, more } = await books.accounts(asking, { after, limit })
    return [items.map(({ id }) => id), more]
  }
  expect(await ids(both, null, 10)).toEqual([[one.account.id, two.account.id], false])
  expect(await ids(both, null, 1)).toEqual([[one.account.id], true])
  expect(await ids(both, one.account.id, 10)).toEqual([[two.account.id], false])
  expect(await ids(one.eve, null, 10)).toEqual([[], false])
})

test('a transaction stays on its account', async () => {
  const { ann, account } = await household()
  const { id } = await books.createTransaction(ann, movement(account.id))
  await refused(books.updateTransaction(ann, id, { account: 'other' }), 'INVALID_REQUEST')
  expect(await books.updateTransaction(ann, id, { account: account.id })).toMatchObject({ id })
})

test('a family has a limit of accounts and rules, so that nothing grows without one', async () => {
  const { family, ann } = await household()
  const account = () => ({
    id: crypto.randomUUID(),
    family,
    name: 'x',
    currency: 'CNY',
    balance: 0,
  })
  await Promise.all(Array.from({ length: 999 }, () => books.createAccount(ann, account())))
  await refused(books.createAccount(ann, account()), 'CONFLICT')
  const rule = () => ({ id: crypto.randomUUID(), family, contains: 'x', category: 'y' })
  await Promise.all(Array.from({ length: 1_000 }, () => books.createRule(ann, rule())))
  await refused(books.createRule(ann, rule()), 'CONFLICT')
})

test('J10: the family of an account is found for the topic check, and nothing for an unknown one', async () => {
  const { family, account } = await household()
  expect(await books.familyOf(account.id)).toBe(family)
  expect(await books.familyOf(account.id)).toBe(family)
  expect(await books.familyOf('unknown')).toBeNull()
})

test('whatever happens to transactions, the balance is the start plus what is left, to the hundredth', async () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('create' as const),
      amount: fc.integer({ min: -1e9, max: 1e9 }),
    }),
    fc.record({
      kind: fc.constant('update' as const),
      at: fc.nat(),
      amount: fc.integer({ min: -1e9, max: 1e9 }),
    }),
    fc.record({ kind: fc.constant('delete' as const), at: fc.nat() }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const { ann, account } = await household()
      const left = new Map<string, number>()
      for (const one of steps) {
        const ids = [...left.keys()]
        const id = one.kind === 'create' ? undefined : ids[one.at % (ids.length || 1)]
        if (one.kind === 'create') {
          const wanted = movement(account.id, { amount: one.amount })
          await books.createTransaction(ann, wanted)
          left.set(wanted.id, one.amount)
        } else if (id !== undefined && one.kind === 'update') {
          await books.updateTransaction(ann, id, { amount: one.amount })
          left.set(id, one.amount)
        } else if (id !== undefined) {
          await books.deleteTransaction(ann, id)
          left.delete(id)
        }
      }
      const sum = [...left.values()].reduce((total, amount) => total + amount, 1_000)
      expect((await books.account(ann, account.id)).balance).toBe(sum)
      const last = told.findLast(({ type }) => type === 'AccountBalanceUpdate')
      if (last !== undefined) expect(JSON.parse(last.body).balance).toBeCloseTo(sum / 100, 2)
    }),
    { numRuns: 30 },
  )
})
