import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { Refusal } from '../../../src/core/errors.ts'
import { parseJson } from '../../../src/core/json.ts'
import { NewTransactionBody } from '../../../src/systems/jive/bodies.ts'
import { events, literalNumbers } from '../../../src/systems/jive/channels.ts'
import { codec, frame, ping, pong } from '../../../src/systems/jive/codec.ts'
import {
  balanceEvent,
  connected,
  payeeSuggestion,
  ruleExecuted,
} from '../../../src/systems/jive/events.ts'

const golden = (name: string) =>
  readFileSync(join(import.meta.dir, 'golden', `${name}.json`), 'utf8')

/** The sample without the white space between its tokens: numbers keep how they are written. */
function compact(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, text: string | undefined) => text ?? '')
}

const family = 'family:550e8400-e29b-41d4-a716-446655440001'

test.each([
  ['subscribe', 'Subscribe', { topic: family }],
  ['unsubscribe', 'Unsubscribe', { topic: family }],
  ['request', 'Request', { resource: 'account_balance', params: { account_id: 'uuid' } }],
  ['ping-command', 'Ping', undefined],
])('J6: the sample %s is read as the command it shows', (sample, name, data) => {
  expect(codec.decode(golden(sample))).toEqual({ id: null, name, data })
})

test.each([
  'connected',
  'transaction-update',
  'account-balance-update',
  'rule-executed',
  'payee-suggestion',
  'notification',
  'error',
])(
  'J7: what a backend publishes as in the sample %s leaves as the sample, to the digit',
  (name) => {
    const sample = golden(name)
    const { type, data } = parseJson(sample, literalNumbers) as { type: string; data: unknown }
    const event = events[type]!
    const body = (event.encode ?? JSON.stringify)(v.parse(event.schema, data) as never)
    expect(codec.message({ id: '', channel: 'jive/x', type, body, at: 0 }, '')).toBe(
      compact(sample),
    )
  },
)

test('J7: our own events leave as the samples', () => {
  expect(frame(connected('uuid'))).toBe(compact(golden('connected')))
  expect(frame(balanceEvent('uuid', '1000.00', '900.00'))).toBe(
    compact(golden('account-balance-update')),
  )
  expect(frame(ruleExecuted('uuid', 3))).toBe(compact(golden('rule-executed')))
  expect(frame(payeeSuggestion('Test transaction', ['uuid', 'Another']))).toBe(
    compact(golden('payee-suggestion')),
  )
  const refusal = new Refusal('FORBIDDEN', 'No access to "family:f2"')
  expect(codec.refusal(refusal, null, 0)).toBe(compact(golden('error')))
})

test('J8: Ping and Pong are tagged by their type alone, since the client has no case for data there', () => {
  expect(ping).toBe(compact(golden('ping')))
  expect(pong).toBe(compact(golden('pong')))
})

test('J18: the body of the curl line is read, its amount exactly', () => {
  const body = parseJson(golden('create-transaction'), literalNumbers)
  expect(v.parse(NewTransactionBody, body)).toEqual({
    account_id: 'uuid',
    amount: 10_000,
    description: 'Test transaction',
    payee: null,
    category: null,
  })
})

test('a sample that is written otherwise is told apart, so that the comparison above can fail', () => {
  expect(compact('{ "a b": 1000.00 }')).toBe('{"a b":1000.00}')
  expect(compact('{ "a b": 1000.0 }')).not.toBe(compact('{ "a b": 1000.00 }'))
})
