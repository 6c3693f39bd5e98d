import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { amount, parseAmount, type AmountRules } from '../../src/core/money.ts'
import { jsonSchema } from '../../src/documents/json-schema.ts'

describe('the JSON Schema of a schema', () => {
  test('says of an object what it must and may have, so that a client can be made from it', () => {
    const schema = v.object({
      name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(9)),
      kind: v.optional(v.picklist(['a', 'b']), 'a'),
      note: v.exactOptional(v.nullable(v.string())),
      further: v.nullish(v.picklist(['x'])),
      any: v.unknown(),
    })
    expect(jsonSchema(schema, 'input')).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', minLength: 1, maxLength: 100 },
        count: { type: 'integer', minimum: 1, maximum: 9 },
        kind: { type: 'string', enum: ['a', 'b'], default: 'a' },
        note: { type: ['string', 'null'] },
        further: { anyOf: [{ type: 'string', enum: ['x'] }, { type: 'null' }] },
        any: {},
      },
      required: ['name', 'count', 'any'],
    })
  })

  test('tells of the wire alone where a pipe makes something else of it, since clients write the wire', () => {
    const schema = v.object({
      limit: v.pipe(v.string(), v.regex(/^\d{1,4}$/), v.transform(Number), v.maxValue(1_000)),
      list: v.array(v.pipe(v.string(), v.maxLength(5), v.transform(Number))),
    })
    expect(jsonSchema(schema, 'input')).toEqual({
      type: 'object',
      properties: {
        limit: { type: 'string', pattern: '^\\d{1,4}$' },
        list: { type: 'array', items: { type: 'string', maxLength: 5 } },
      },
      required: ['limit', 'list'],
    })
    const made = v.pipe(v.string(), v.transform(Number), v.number(), v.maxValue(9))
    expect(jsonSchema(made, 'output')).toEqual({ type: 'number', maximum: 9 })
  })

  test('takes the shapes of one pipe together, because all of them judge what came in', () => {
    const schema = v.pipe(
      v.custom<Record<string, unknown>>((value) => !Array.isArray(value), 'Expected an object'),
      v.looseObject({ id: v.string() }),
      v.check(() => true, 'Nothing to change'),
    )
    expect(jsonSchema(schema, 'input')).toEqual({
      type: 'object',
      properties: { id: { type: 'string' } },
      required: ['id'],
      description: 'Expected an object. Nothing to change',
    })
  })

  test('says in words what a keyword cannot, and takes too much rather than too little', () => {
    const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]{2}$/i, 'Expected hex digits'))
    expect(jsonSchema(hex, 'input')).toEqual({ type: 'string', description: 'Expected hex digits' })
    const twice = v.pipe(v.string(), v.regex(/^a/), v.regex(/b$/, 'Expected a b at the end'))
    expect(jsonSchema(twice, 'input')).toEqual({
      type: 'string',
      pattern: '^a',
      description: 'Expected a b at the end',
    })
    expect(jsonSchema(v.map(v.string(), v.bigint()), 'input')).toEqual({})
    expect(jsonSchema(v.pipe(v.string(), v.mapItems(String) as never), 'output')).toEqual({
      type: 'string',
    })
  })

  test('keeps what a schema says of itself, and leaves the schema as it was', () => {
    const schema = v.pipe(v.object({ a: v.string() }), v.title('A'), v.metadata({ examples: [{}] }))
    const before = schema.pipe.length
    expect(jsonSchema(schema, 'input')).toMatchObject({ title: 'A', examples: [{}] })
    expect(schema.pipe.length).toBe(before)
    expect(v.parse(schema, { a: 'x' })).toEqual({ a: 'x' })
  })
})

describe('the pattern of an amount', () => {
  const text = fc.oneof(
    fc.stringMatching(/^-?\d{0,17}(\.\d{0,10})?$/),
    fc.constantFrom(
      '0',
      '-0',
      '0.00',
      '00',
      '1.',
      '.5',
      '1e3',
      '+1',
      '1.000',
      '-0.01',
      ' 1',
      '1\n',
    ),
  )
  const rules = fc.record({
    decimals: fc.integer({ min: 0, max: 8 }),
    signed: fc.boolean(),
    zero: fc.boolean(),
  })
  const taken = (written: string, of: AmountRules) => {
    try {
      parseAmount(written, of)
      return true
    } catch {
      return false
    }
  }

  test('takes what the code takes and nothing else, so that no document promises a refused sum', () => {
    fc.assert(
      fc.property(text, rules, (written, of) => {
        const { type, pattern } = jsonSchema(amount(of), 'input')
        expect(type).toBe('string')
        const matches = new RegExp(pattern as string, 'u').test(written)
        // What is too large for exact minor units is no matter of a pattern.
        const small = /^-?\d*/.exec(written)![0].length + of.decimals <= 15
        if (small || !matches) expect(matches).toBe(taken(written, of))
      }),
      { numRuns: 2_000 },
    )
  })

  test('lets numbers through where the text of numbers is read', () => {
    const of = { decimals: 2, numbers: true }
    expect(jsonSchema(amount(of), 'input')).toMatchObject({ type: ['string', 'number'] })
  })
})
