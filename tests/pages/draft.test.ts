import { expect, test } from 'bun:test'
import {
  emptyDraft,
  jsonOf,
  shapeOf,
  type Draft,
  type Schema,
} from '../../src/pages/common/draft.ts'

const text = (value: string): Draft => ({ kind: 'text', text: value })
const object = (members: Readonly<Record<string, Draft>>): Draft => ({ kind: 'object', members })

const schema: Schema = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    note: { type: 'string', maxLength: 20 },
    payee: { type: ['string', 'null'] },
    amount: { type: 'number' },
    level: { enum: ['info', 'warning'], type: 'string' },
    urgent: { type: 'boolean' },
    tags: { type: 'array', items: { type: 'string' } },
    place: { type: 'object', properties: { town: { type: 'string' } } },
    more: {},
  },
  required: ['name', 'payee', 'amount'],
}

test('an empty form leaves out what is optional, so that a server gets only what somebody meant', () => {
  expect(jsonOf(schema, emptyDraft(schema))).toBe('{"name":"","payee":null,"amount":null}')
})

test('a form writes every kind of value, and numbers as they were typed, since 1000.00 is not 1000', () => {
  const filled = object({
    name: text('An "n"'),
    note: text('12'),
    payee: text('Bob'),
    amount: text('1000.00'),
    level: text('"info"'),
    urgent: text('true'),
    tags: { kind: 'list', items: [text('a'), text('')] },
    place: object({ town: text('Ulm') }),
    more: text('{"x":[1]}'),
  })
  expect(jsonOf(schema, filled)).toBe(
    '{"name":"An \\"n\\"","note":"12","payee":"Bob","amount":1000.00,"level":"info","urgent":true,"tags":["a",""],"place":{"town":"Ulm"},"more":{"x":[1]}}',
  )
})

test('what is no number and no JSON still makes a body that can be read, so that the server tells the fault', () => {
  const wrong = object({ ...emptyMembers(), amount: text('1,5'), more: text('{') })
  expect(JSON.parse(jsonOf(schema, wrong)!)).toMatchObject({ amount: '1,5', more: '{' })
})

test('a choice asks for what was chosen, and what can have one value only has it', () => {
  const choice: Schema = {
    oneOf: [
      { type: 'object', properties: { kind: { const: 'a' } }, required: ['kind'] },
      { type: 'integer' },
    ],
  }
  expect(shapeOf(choice)).toBe('choice')
  expect(jsonOf(choice, emptyDraft(choice))).toBe('{"kind":"a"}')
  expect(jsonOf(choice, { kind: 'choice', index: 1, of: text('7') })).toBe('7')
})

function emptyMembers(): Readonly<Record<string, Draft>> {
  const draft = emptyDraft(schema)
  return draft.kind === 'object' ? draft.members : {}
}
