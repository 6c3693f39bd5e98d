import { Refusal } from '../../core/errors.ts'

/** The refusal of a route that lacks a setting, with its key. */
export function notConfigured(key: string): Refusal {
  return new Refusal('NOT_CONFIGURED', `Not configured: set "${key}"`, { key })
}
