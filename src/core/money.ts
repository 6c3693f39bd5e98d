import * as v from 'valibot'
import { Refusal } from './errors.ts'

/** Which amounts are taken: how many decimals the currency has, whether below zero, whether zero. */
export interface AmountRules {
  readonly decimals: number
  readonly signed?: boolean
  readonly zero?: boolean
  /** Whether JSON numbers are taken too, for the documents: whoever reads them with `literalKeys` says so. */
  readonly numbers?: boolean
}

/** Reads a decimal amount into minor units, exactly (`"1000.00"` → 100000); refuses with INVALID_AMOUNT whatever is written otherwise (X6). */
export function parseAmount(text: string, rules: AmountRules): number {
  const minor = read(text, rules)
  if (typeof minor === 'string') throw new Refusal('INVALID_AMOUNT', minor)
  return minor
}

/** Writes minor units with all their decimals: 100000 → `"1000.00"`, −50 → `"-0.50"`; also a raw JSON number literal. */
export function formatAmount(minor: number, decimals: number): string {
  if (!Number.isSafeInteger(minor)) throw new RangeError(`${minor} is no amount of minor units`)
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0')
  const sign = minor < 0 ? '-' : ''
  if (decimals === 0) return sign + digits
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

/** The shape of an amount: a decimal string, or a JSON number that arrives as its literal text (`parseJson`, `literalKeys`); minor units from here on. */
export function amount(rules: AmountRules) {
  return v.pipe(
    v.string('An amount is a decimal string'),
    v.metadata({
      pattern: amountPattern(rules),
      ...(rules.numbers && { type: ['string', 'number'] }),
    }),
    v.rawTransform<string, number>(({ dataset, addIssue, NEVER }) => {
      const minor = read(dataset.value, rules)
      if (typeof minor === 'number') return minor
      addIssue({ message: minor })
      return NEVER
    }),
  )
}

const grammar = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/
const mostDigits = 15

/** The amounts that are taken under some rules, as the pattern of a regular expression. */
export function amountPattern({ decimals, signed = false, zero = false }: AmountRules): string {
  const fraction = decimals === 0 ? '' : `(\\.[0-9]{1,${decimals}})?`
  const notZero = zero ? '' : '(?!0(\\.0*)?$)'
  const short = `(?!(\\.?[0-9]){${mostDigits + 1}})`
  return `^${signed ? '-?' : ''}${notZero}${short}(0|[1-9][0-9]*)${fraction}$`
}

/** The minor units, or what is wrong with the text. */
function read(
  text: string,
  { decimals, signed = false, zero = false }: AmountRules,
): number | string {
  // The length comes first: nobody may make us match a megabyte.
  const match = text.length > 2 * mostDigits ? null : grammar.exec(text)
  if (match === null) return `"${text.slice(0, 32)}" is no decimal amount`
  const [, sign = '', whole = '', fraction = ''] = match
  if (sign !== '' && !signed) return 'An amount must not be below zero'
  if (fraction.length > decimals) return `An amount has at most ${decimals} decimals`
  const minor = Number(whole + fraction.padEnd(decimals, '0'))
  if (whole.length + fraction.length > mostDigits || !Number.isSafeInteger(minor)) {
    return `An amount has at most ${mostDigits} digits`
  }
  if (minor === 0) return zero ? 0 : 'An amount must not be zero'
  return sign === '' ? minor : -minor
}
