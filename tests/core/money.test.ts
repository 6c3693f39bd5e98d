import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import * as v from 'valibot'
import { Refusal } from '../../src/core/errors.ts'
import { parseJson } from '../../src/core/json.ts'
import { amount, formatAmount, parseAmount } from '../../src/core/money.ts'

const decimals = fc.integer({ min: 0, max: 8 })
/** Minor units of at most 15 digits. */
const minors = fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 })
const anything = { signed: true, zero: true }

function refused(
  text: string,
  rules = { decimals: 2, ...anything } as Parameters<typeof parseAmount>[1],
) {
  try {
    return `taken as ${parseAmount(text, rules)}`
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

describe('amounts', () => {
  test('come back exactly when they are written and read again', () => {
    fc.assert(
      fc.property(minors, decimals, (minor, places) => {
        const text = formatAmount(minor, places)
        expect(parseAmount(text, { decimals: places, ...anything })).toBe(minor === 0 ? 0 : minor)
      }),
    )
  })

  test('are what exact arithmetic says, never off by one as with floats', () => {
    const digits = fc.tuple(fc.bigInt({ min: 0n, max: 9_999_999_999_999n }), fc.nat(99), fc.nat(2))
    fc.assert(
      fc.property(digits, ([whole, cents, places]) => {
        const fraction = String(cents).padStart(2, '0').slice(0, places)
        const text = places === 0 ? `${whole}` : `${whole}.${fraction}`
        const exact = whole * 100n + BigInt(fraction.padEnd(2, '0'))
        expect(BigInt(parseAmount(text, { decimals: 2, zero: true }))).toBe(exact)
      }),
    )
    expect(parseAmount('1.15', { decimals: 2 })).toBe(115)
    expect(parseAmount('0.29', { decimals: 2 })).toBe(29)
    expect(parseAmount('9999999999999.99', { decimals: 2 })).toBe(999_999_999_999_999)
  })

  test('are only taken in the one grammar, because Number() would take much more', () => {
    for (const text of [
      '',
      ' ',
      '1e3',
      '1E3',
      '0x10',
      '0b1',
      ' 5',
      '5 ',
      '5\n',
      '5.',
      '.5',
      '00.5',
      '01',
      '1.005',
      '٣',
      '５',
      'NaN',
      'Infinity',
      '-Infinity',
      '+5',
      '--5',
      '-',
      '-.5',
      '1,000.00',
      '1_000',
      '1.0.0',
      '5n',
      '1.-5',
      '1e400',
      'null',
      '[5]',
      '1 000',
      '0.001',
      '\u{feff}5',
      '5\0',
    ]) {
      expect({ text, code: refused(text) }).toEqual({ text, code: 'INVALID_AMOUNT' })
    }
  })

  test('no other text is taken, whatever it is made of', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789.-+eE x_,٣') })
    fc.assert(
      fc.property(text, (candidate) => {
        const fits = /^-?(0|[1-9][0-9]*)(\.[0-9]{1,2})?$/.test(candidate)
        const short = candidate.replace(/\D/g, '').length <= 15
        const safe = Number.isSafeInteger(Math.round(Number(candidate) * 100))
        if (fits && short && safe) expect(refused(candidate)).toStartWith('taken')
        else expect(refused(candidate)).toBe('INVALID_AMOUNT')
      }),
      { numRuns: 1_000 },
    )
  })

  test('have at most 15 digits and never more than a safe integer holds', () => {
    expect(parseAmount('999999999999999', { decimals: 0 })).toBe(999_999_999_999_999)
    for (const [text, places] of [
      ['1000000000000000', 0],
      ['99999999999999.99', 2],
      ['999999999999999', 2],
      ['99999999999999999999999999', 2],
      [`1${'0'.repeat(1_000_000)}`, 2],
      ['0.1234567890123456', 20],
    ] as const) {
      expect(refused(text, { decimals: places })).toBe('INVALID_AMOUNT')
    }
  })

  test('are below zero or zero only where that is meant', () => {
    expect(refused('-5', { decimals: 2 })).toBe('INVALID_AMOUNT')
    expect(refused('0', { decimals: 2, signed: true })).toBe('INVALID_AMOUNT')
    expect(refused('-0.00', { decimals: 2, signed: true })).toBe('INVALID_AMOUNT')
    expect(parseAmount('-0.50', { decimals: 2, signed: true })).toBe(-50)
    expect(Object.is(parseAmount('-0.00', { decimals: 2, ...anything }), 0)).toBe(true)
  })

  test('have no decimals in a currency without any', () => {
    expect(parseAmount('12', { decimals: 0 })).toBe(12)
    expect(refused('12.0', { decimals: 0 })).toBe('INVALID_AMOUNT')
    expect(formatAmount(-12, 0)).toBe('-12')
    expect(formatAmount(0, 0)).toBe('0')
  })
})

describe('written amounts', () => {
  test('have all their decimals, because a client that casts to double needs the point (J25)', () => {
    expect([100_000, 5, -50, 0, -100].map((minor) => formatAmount(minor, 2))).toEqual([
      '1000.00',
      '0.05',
      '-0.50',
      '0.00',
      '-1.00',
    ])
  })

  test('are JSON number literals of the same value', () => {
    fc.assert(
      fc.property(minors, (minor) => {
        const text = formatAmount(minor, 2)
        expect(Math.round((JSON.parse(text) as number) * 100)).toBe(minor === 0 ? 0 : minor)
      }),
    )
  })

  test('no fraction of a minor unit is ever written, since it would be money from nowhere', () => {
    for (const wrong of [0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => formatAmount(wrong, 2)).toThrow(RangeError)
    }
  })
})

describe('the shape of an amount', () => {
  const shape = v.object({ amount: amount({ decimals: 2, signed: true }) })

  test('takes strings, and JSON numbers by what was written', () => {
    const read = (text: string) => v.safeParse(shape, parseJson(text, ['amount']))
    expect(read('{"amount":"100.00"}').output).toEqual({ amount: 10_000 })
    expect(read('{"amount":100.00}').output).toEqual({ amount: 10_000 })
    expect(read('{"amount":-12.5}').output).toEqual({ amount: -1_250 })
    for (const bad of [
      '1e2',
      '1.005',
      '0',
      'null',
      '"1e2"',
      '100000000000000000000.5',
      '[1]',
      'true',
    ]) {
      expect(read(`{"amount":${bad}}`).success).toBe(false)
    }
  })

  test('refuses a number whose text is lost, because 0.1 + 0.2 is one too', () => {
    expect(v.safeParse(shape, { amount: 100 }).success).toBe(false)
  })

  test('says what is wrong, at the field', () => {
    const parsed = v.safeParse(shape, { amount: '1.005' })
    expect(parsed.issues?.map((issue) => [v.getDotPath(issue), issue.message])).toEqual([
      ['amount', 'An amount has at most 2 decimals'],
    ])
  })
})
