import { expect, test } from 'bun:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { parseJson } from '../../../src/core/json.ts'
import { events, literalNumbers } from '../../../src/systems/jive/channels.ts'
import { balanceUpdate, transactionUpdate } from '../../../src/systems/jive/events.ts'
import { masked } from '../../../src/systems/jive/masking.ts'
import type { Transaction } from '../../../src/systems/jive/books.ts'

const transaction: Transaction = {
  id: 't1',
  account: 'a1',
  amount: -1_250,
  description: 'Tea "to go"',
  payee: null,
  category: null,
  createdBy: 'ann',
  createdAt: 0,
  updatedAt: 1_000,
}

/** What a backend publishes, as the clients get it; throws when it is refused. */
function published(type: string, data: string): string {
  const { schema, encode } = events[type]!
  return (encode ?? JSON.stringify)(v.parse(schema, parseJson(data, literalNumbers)) as never)
}

test('J25: every sum is a number with two decimals, since the client casts it to a double', () => {
  expect(balanceUpdate({ id: 'a1', balance: 100_000 }).body).toBe(
    '{"account_id":"a1","balance":1000.00,"available_balance":1000.00}',
  )
  expect(balanceUpdate({ id: 'a1', balance: -5 }).body).toContain('"balance":-0.05,')
  expect(transactionUpdate('created', transaction).body).toContain('"amount":-12.50,')
})

test('J7: TransactionUpdate carries the whole transaction under data', () => {
  expect(JSON.parse(transactionUpdate('updated', transaction).body)).toEqual({
    transaction_id: 't1',
    action: 'updated',
    data: {
      id: 't1',
      account_id: 'a1',
      amount: -12.5,
      description: 'Tea "to go"',
      payee: null,
      category: null,
      created_by: 'ann',
      created_at: '1970-01-01T00:00:00.000Z',
      updated_at: '1970-01-01T00:00:01.000Z',
    },
  })
})

test('J25: every balance in whole hundredths reads back as what it was', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (balance) => {
      const [, text = ''] =
        /"balance":([^,]+),/.exec(balanceUpdate({ id: 'a', balance }).body) ?? []
      expect(text).toMatch(/^-?\d+\.\d\d$/)
      expect(BigInt(text.replace('.', ''))).toBe(BigInt(balance))
    }),
  )
})

test.each(['1000', '1000.0', '1000.00', '"1000"', '"1000.00"'])(
  'J25: a balance published as %s is written 1000.00',
  (balance) => {
    expect(published('AccountBalanceUpdate', `{"account_id":"a1","balance":${balance}}`)).toBe(
      '{"account_id":"a1","balance":1000.00}',
    )
  },
)

test.each(['1e3', '0.001', '"1,000"', 'true', 'null', '"0x10"', '99999999999999.99', '"NaN"'])(
  'a balance published as %s is refused, so that nothing inexact reaches a client',
  (balance) => {
    expect(() =>
      published('AccountBalanceUpdate', `{"account_id":"a1","balance":${balance}}`),
    ).toThrow()
  },
)

test('a published transaction keeps fields we do not know, and writes money at any depth', () => {
  const data =
    '{"amount":5,"note":"n","tags":[1,null,true],"split":[{"amount":2.5},{"amount":"2.50"}],' +
    '"rate":{"amount":1.234,"balance":"open"}}'
  const body = published(
    'TransactionUpdate',
    `{"transaction_id":"t1","action":"created","data":${data},"role":"admin"}`,
  )
  const start = '{"transaction_id":"t1","action":"created","data":'
  expect(body.startsWith(start)).toBe(true)
  expect(body).toContain('"amount":5.00')
  expect(body).toContain('"split":[{"amount":2.50},{"amount":2.50}]')
  expect(body).toContain('"rate":{"amount":1.234,"balance":"open"}')
  expect(body).toContain('"tags":[1,null,true]')
  expect(body).not.toContain('admin')
})

test('whatever a backend puts into a transaction is valid JSON again', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (extra) => {
      const { amount: _, description: __, payee: ___, ...data } = extra
      const given = JSON.stringify({ transaction_id: 't', action: 'deleted', data })
      const body = published('TransactionUpdate', given)
      expect(Object.keys(JSON.parse(body).data).sort()).toEqual(
        Object.keys(data)
          .filter((key) => key !== '__proto__' && key !== 'prototype' && key !== 'constructor')
          .sort(),
      )
    }),
  )
})

test.each([
  ['action', '{"transaction_id":"t1","action":"removed","data":{}}'],
  ['id', '{"transaction_id":"../t1","action":"created","data":{}}'],
  ['data', '{"transaction_id":"t1","action":"created","data":[]}'],
  ['amount', '{"transaction_id":"t1","action":"created","data":{"amount":"much"}}'],
])('a published TransactionUpdate with a wrong %s is refused', (_, data) => {
  expect(() => published('TransactionUpdate', data)).toThrow()
})

test.each([
  ['6222021234567890128', '**** **** **** 0128'],
  ['card 4111 1111 1111 1111, thanks', 'card **** **** **** 1111, thanks'],
  ['4111-1111-1111-1111', '**** **** **** 1111'],
])('J21: the card number in "%s" is masked', (text, expected) => {
  expect(masked(text)).toBe(expected)
})

test.each([
  '4111111111111112',
  'at 1795216189765 ms',
  '2026-01-02 12:30',
  'order 12345',
  '+86 138 0013 8000',
])('J21: "%s" is no card number and stays', (text) => {
  expect(masked(text)).toBe(text)
})
