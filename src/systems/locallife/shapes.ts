import * as v from 'valibot'
import { idPattern } from './people.ts'

/** The id of a user, a merchant, a region or an order. */
export const Id = v.pipe(v.string(), v.regex(idPattern, 'Expected an id'))
