import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { Refusal } from '../../src/core/errors.ts'
import {
  canonicalJson,
  maxDepth,
  parseExactJson,
  parseJson,
  tooDeep,
  wellFormed,
} from '../../src/core/json.ts'

/** The plain recursive definition, which a hostile text would overflow. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

function refusalOf(run: () => unknown): Refusal {
  try {
    run()
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('Nothing was refused')
}

const brackets = fc.string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', 'é') })

describe('depth', () => {
  test('is what walking the parsed value finds, brackets in strings and keys not counted', () => {
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'max', maxDepth: 12, withCrossShrink: true },
        brackets,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(brackets, tie('node'), { maxKeys: 3 }),
      ),
    })).node
    fc.assert(
      fc.property(tree, fc.nat(8), (value, limit) => {
        expect(tooDeep(JSON.stringify(value), limit)).toBe(depthOf(value) > limit)
      }),
    )
  })

  test('allows exactly the limit, because 32 is what the documents promise', () => {
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
    ] as const) {
      const nested = (depth: number) => `${open.repeat(depth)}1${close.repeat(depth)}`
      expect(tooDeep(nested(32), 32)).toBe(false)
      expect(tooDeep(nested(33), 32)).toBe(true)
      expect(parseJson(nested(32))).toBeDefined()
      expect(refusalOf(() => parseJson(nested(33))).message).toContain('32')
    }
  })

  test('does not mistake many brackets side by side for deep ones', () => {
    expect(tooDeep(`[${'[],{},'.repeat(1_000)}0]`, 2)).toBe(false)
  })

  test('never stays behind a parser, even on text that is no JSON', () => {
    fc.assert(
      fc.property(brackets, fc.nat(4), (text, limit) => {
        const hostile = `${text}${'['.repeat(100)}`
        let inString = false
        for (let at = 0; at < text.length; at++) {
          if (text[at] === '\\' && inString) at++
          else if (text[at] === '"') inString = !inString
        }
        // A string left open swallows the rest, for a parser as well.
        const balance = [...text].filter((c) => c === ']' || c === '}').length
        if (!inString && !text.endsWith('\\') && balance < 90) {
          expect(tooDeep(hostile, limit)).toBe(true)
        }
      }),
    )
  })

  test('a hundred thousand levels are refused and not walked, since that would stall everybody', () => {
    const refusal = refusalOf(() => parseJson('['.repeat(100_000), [], 'BAD_FRAME'))
    expect(refusal.code).toBe('BAD_FRAME')
    expect(refusal.message).toContain(String(maxDepth))
  })
})

describe('parsing', () => {
  test('gives what JSON.parse gives when no key is named', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(parseJson(text)).toEqual(JSON.parse(text))
      }),
    )
  })

  test('gives numbers under a named key as they were written, wherever they stand', () => {
    const text =
      '{"amount":100.00,"n":1.50,"deep":[{"amount":-0.10,"amounts":2.0}],"x":{"amount":1e2}}'
    expect(parseJson(text, ['amount'])).toEqual({
      amount: '100.00',
      n: 1.5,
      deep: [{ amount: '-0.10', amounts: 2 }],
      x: { amount: '1e2' },
    })
  })

  test('finds a named key that is written with escapes, because money must not depend on spelling', () => {
    expect(parseJson('{"\\u0061mount":1.10}', ['amount'])).toEqual({ amount: '1.10' })
  })

  test('keeps every digit under a named key, which a number would lose', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.nat(999), (whole, fraction) => {
        const written = `${whole}.${String(fraction).padStart(3, '0')}`
        expect(parseJson(`{"a":${written}}`, ['a'])).toEqual({ a: written })
      }),
    )
  })

  test('leaves strings, null and objects under a named key alone', () => {
    const text = '{"a":"1.0","b":{"a":null},"c":{"a":{"b":1.0}}}'
    expect(parseJson(text, ['a'])).toEqual(JSON.parse(text))
  })

  test('refuses what is no JSON with the asked code and without quoting it', () => {
    for (const text of ['', '{', 'undefined', "{'a':1}", '{"a":01}', '[1,]', 'NaN', '\u{feff}{}']) {
      const refusal = refusalOf(() => parseJson(text, ['a'], 'BAD_FRAME'))
      expect(refusal.code).toBe('BAD_FRAME')
      expect(refusal.message).toBe('Not valid JSON')
    }
    expect(refusalOf(() => parseJson('{')).code).toBe('INVALID_REQUEST')
  })

  test('a __proto__ key changes no prototype, with and without literal numbers', () => {
    const text = '{"__proto__":{"admin":true,"amount":1.0},"constructor":{"prototype":{"admin":1}}}'
    for (const keys of [[], ['amount']]) {
      const value = parseJson(text, keys) as { admin?: unknown }
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
      expect(value.admin).toBeUndefined()
      expect(({} as { admin?: unknown }).admin).toBeUndefined()
    }
  })
})

describe('well-formed JSON', () => {
  const cases = {
    '"\\ud83d\\ude00"': '😀',
    '"😀"': '😀',
    '"\\ud83d"': '\ufffd',
    '"\\uDE00\\uD83D"': '\ufffd\ufffd',
    '"\\ud83d\\ud83d\\ude00"': '\ufffd😀',
    '"\\ud83dx\\ude00"': '\ufffdx\ufffd',
    '"\\\\ud83d"': '\\ud83d',
    '"\\\\\\ud83d"': '\\\ufffd',
    '"\\u00e9\\n"': 'é\n',
  }
  test('has no half characters: strict parsers would refuse the whole frame that one is told in', () => {
    for (const [text, expected] of Object.entries(cases)) {
      expect([text, JSON.parse(wellFormed(text))]).toEqual([text, expected])
    }
  })

  test('is as well formed as JavaScript makes it, whatever the text', () => {
    const unit = fc.constantFrom('\ud83d', '\ude00', '\\', 'u', 'd83d', '"', 'é', '\n', '😀', 'x')
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        expect(JSON.parse(wellFormed(JSON.stringify(text)))).toBe(text.toWellFormed())
      }),
    )
  })

  test('stays what it is when it is no JSON', () => {
    for (const text of ['"\\ud8zz"', '"\\ud83', '\\', '"\\ud83d']) {
      expect(() => JSON.parse(wellFormed(text))).toThrow()
    }
  })
})

describe('exact JSON', () => {
  const again = (text: string, keys?: readonly string[]) =>
    JSON.stringify(parseExactJson(text, keys))

  test('is written with the digits it was read with, since a double would lose the last ones', () => {
    for (const number of [
      '9007199254740993',
      '-1234567890123456789012',
      '0.12345678901234567890',
    ]) {
      const text = `{"a":[{"b":${number}}]}`
      expect(again(text)).toBe(text)
      expect(again(number)).toBe(number)
    }
  })

  test('is the usual value wherever a double holds the number, so that shapes can judge it', () => {
    const text =
      '{"a":1.50,"b":-0,"c":1e3,"d":123456789012345,"e":"12345678901234567890","f":0.000000000000000001}'
    expect(parseExactJson(text)).toEqual(JSON.parse(text))
  })

  test('never changes a value that is no long number, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value)
        expect(JSON.parse(again(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  test('has no number beyond all doubles: it would be told as null', () => {
    for (const number of ['1e400', '-1e400', '1E+0400', '9'.repeat(400)]) {
      for (const keys of [[], ['a']]) {
        expect(() => parseExactJson(`{"a":${number}}`, keys)).toThrow('beyond')
      }
    }
  })

  test('gives numbers under literal keys as their text, long ones too', () => {
    const text = '{"a":1.50,"b":12345678901234567890}'
    expect(parseExactJson(text, ['a', 'b'])).toEqual({ a: '1.50', b: '12345678901234567890' })
  })
})

describe('canonical JSON', () => {
  const json = fc.jsonValue({ maxDepth: 4 })

  function shuffled(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(shuffled)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, member]) => [key, shuffled(member)]),
    )
  }

  test('is the same for the same value in any order of keys, because a retry may reorder them', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value))
      }),
    )
  })

  test('keeps the value, so that two different requests never share a fingerprint', () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value)
        expect(JSON.parse(canonicalJson(JSON.parse(text)))).toEqual(JSON.parse(text))
      }),
    )
  })

  test('sorts keys, keeps the order of lists and drops what JSON cannot say', () => {
    const value = { b: [2, 1], a: { d: undefined, c: 'x' }, é: null, '10': 1, '9': 2 }
    expect(canonicalJson(value)).toBe('{"10":1,"9":2,"a":{"c":"x"},"b":[2,1],"é":null}')
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1},"a":1}'))).toBe(
      '{"__proto__":{"a":1},"a":1}',
    )
    expect(canonicalJson(undefined)).toBe('null')
  })
})
