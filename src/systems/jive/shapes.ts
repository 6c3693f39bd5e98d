import * as v from 'valibot'
import { amount } from '../../core/money.ts'
import { masked } from './masking.ts'
import { idPattern } from './topics.ts'

/** The id of a family, a user, an account or whatever else has one. */
export const Id = v.pipe(v.string(), v.regex(idPattern, 'Expected an id'))

/** A sum in hundredths, also zero or below (J25). */
export const Sum = amount({ decimals: 2, signed: true, zero: true, numbers: true })

/** Text of at most so many characters, card numbers masked (J21). */
export function text(most: number) {
  return v.pipe(v.string(), v.maxLength(most), v.transform(masked))
}
