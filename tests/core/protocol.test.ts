import { describe, expect, test } from 'bun:test'
import * as v from 'valibot'
import type { Connection } from '../../src/core/connection.ts'
import { command, shapeRefusal, type Request } from '../../src/core/protocol.ts'

const Subscribe = v.object({
  topic: v.pipe(v.string('A topic is text'), v.maxLength(8, 'Too long')),
})

describe('a command', () => {
  test('hands its handler data in domain units, with the request', () => {
    const seen: unknown[] = []
    const bet = command(
      v.object({ amount: v.pipe(v.string(), v.transform(Number)) }),
      { rate: 'bet' },
      (connection, { amount }, request) => {
        seen.push(connection, amount, request)
        return amount * 2
      },
    )
    const parsed = bet.parse({ amount: '21' })
    if (!parsed.ok) throw parsed.refusal
    const connection = {} as Connection
    const request: Request = { id: '1', name: 'BET', data: { amount: '21' }, receivedAt: 5 }
    expect(bet.run(connection, parsed.data as never, request)).toBe(42)
    expect(seen).toEqual([connection, 21, request])
    expect(bet.rate).toBe('bet')
  })

  test('counts as "other" and refuses as INVALID_REQUEST unless it says otherwise', () => {
    const plain = command(Subscribe, {}, () => undefined)
    const own = command(Subscribe, { code: 'INVALID_TOPIC' }, () => undefined)
    expect(plain.rate).toBe('other')
    expect(plain.parse({})).toMatchObject({ ok: false, refusal: { code: 'INVALID_REQUEST' } })
    expect(own.parse({})).toMatchObject({ ok: false, refusal: { code: 'INVALID_TOPIC' } })
  })

  test('drops fields it does not know, so that nobody slips in a role or a balance', () => {
    const parsed = command(Subscribe, {}, () => undefined).parse(
      JSON.parse('{"topic":"a","role":"admin","__proto__":{"balance":1}}'),
    )
    expect(parsed).toEqual({ ok: true, data: { topic: 'a' } })
    if (!parsed.ok) throw parsed.refusal
    expect((parsed.data as { balance?: unknown }).balance).toBeUndefined()
  })
})

describe('a refused shape', () => {
  function refusal(schema: v.GenericSchema, data: unknown, prefix?: string) {
    const parsed = v.safeParse(schema, data)
    if (parsed.success) throw new Error('The data fits')
    return shapeRefusal(parsed.issues, 'INVALID_REQUEST', prefix)
  }

  test('quotes little of what it was given, and no half of a letter: a megabyte came back twice', () => {
    const Flag = v.object({ flag: v.boolean(), names: v.record(v.string(), v.number()) })
    const long = `${'x'.repeat(166)}${'😀'.repeat(100_000)}`
    const { message, details } = refusal(Flag, { flag: long, names: { [long]: '' } })
    expect(message.length).toBeLessThan(250)
    expect(message.isWellFormed()).toBe(true)
    const faults = details as { path: string; message: string }[]
    expect(faults.map(({ path }) => path.slice(0, 8))).toEqual(['flag', 'names.xx'])
    for (const fault of faults) expect(`${fault.path}${fault.message}`.length).toBeLessThan(300)
  })

  test('names the path of each fault, and the first one in its message', () => {
    const List = v.object({ items: v.array(Subscribe) })
    const told = refusal(List, { items: [{ topic: 'ok' }, { topic: 5 }, { topic: '123456789' }] })
    expect(told.message).toBe('items.1.topic: A topic is text')
    expect(told.details).toEqual([
      { path: 'items.1.topic', message: 'A topic is text' },
      { path: 'items.2.topic', message: 'Too long' },
    ])
  })

  test('puts a prefix before each path, as a batch does with `messages.1`', () => {
    const told = refusal(Subscribe, { topic: 5 }, 'messages.1.data')
    expect(told.message).toBe('messages.1.data.topic: A topic is text')
  })

  test('of the whole data has the prefix alone as its path, or none', () => {
    expect(refusal(v.string('Text needed'), 5).message).toBe('Text needed')
    expect(refusal(v.string('Text needed'), 5, 'data').message).toBe('data: Text needed')
  })

  test('tells ten faults at most, because the answer may not grow with the request', () => {
    const told = refusal(
      v.array(v.string()),
      Array.from({ length: 1_000 }, (_, n) => n),
    )
    expect(told.details).toHaveLength(10)
  })
})

test('a missing field and a wrong type are told in words of people, not of a library', () => {
  const shape = v.object({
    title: v.string(),
    level: v.string(),
    sum: v.string('A sum is text'),
    name: v.pipe(v.string(), v.maxLength(2)),
    limit: v.pipe(v.number(), v.maxValue(9)),
  })
  const { issues = [] } = v.safeParse(shape, { level: 7, name: 'abc', limit: 10 })
  expect(shapeRefusal(issues).details).toEqual([
    { path: 'title', message: 'Missing' },
    { path: 'level', message: 'Expected string, got 7' },
    { path: 'sum', message: 'Missing' },
    { path: 'name', message: 'Expected a length of at most 2, got 3' },
    { path: 'limit', message: 'Expected <=9, got 10' },
  ])
})
