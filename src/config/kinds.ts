import * as v from 'valibot'

/** What a setting is written as; decides how the environment is read and what the schema says. */
export type Kind =
  | 'text'
  | 'pem'
  | 'duration'
  | 'size'
  | 'count'
  | 'switch'
  | 'choice'
  | 'list'
  | 'listeners'
  | 'table'

/** What is known of a setting besides its default and its sentence. */
export interface Traits {
  readonly kind: Kind
  /** Never shown, and `file:/path` stands for the contents of that file. */
  readonly secret?: boolean
  readonly choices?: readonly string[]
  readonly pattern?: string
  /** Bounds of a number. */
  readonly least?: number
  readonly most?: number
}

/** What is wrong with a value; `at` is the place inside it: an index or a key. */
export class Fault extends Error {
  constructor(
    message: string,
    readonly at?: string | number,
  ) {
    super(message)
  }
}

/** Tells a fault inside a value and goes on looking for more. */
export type Tell = (message: string, at: string | number) => void

/** A setting: `parse` turns what is written, or the default, into its value or throws a Fault; it never sees undefined. */
export function setting<Output>(
  traits: Traits,
  fallback: unknown,
  description: string,
  parse: (value: unknown, tell: Tell) => Output,
) {
  const checked = v.pipe(
    v.unknown(),
    v.rawTransform<unknown, Output>(({ dataset: { value }, addIssue, NEVER }) => {
      let faults = 0
      function tell(message: string, at?: string | number): void {
        faults++
        const inside = { type: 'unknown', origin: 'value', input: value, key: at, value: null }
        addIssue({ message, ...(at !== undefined && { path: [inside as v.UnknownPathItem] }) })
      }
      try {
        const parsed = parse(value, tell)
        return faults === 0 ? parsed : NEVER
      } catch (error) {
        if (!(error instanceof Fault)) throw error
        tell(error.message, error.at)
        return NEVER
      }
    }),
  )
  return v.pipe(
    v.optional(checked, fallback as {}),
    v.description(description),
    v.metadata(traits as Traits & Record<string, unknown>),
  )
}

/** Writes a value into an error message: text in quotes, the rest as JSON. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value))
}

const durationUnits: Record<string, number> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Reads `"100ms"`, `"30s"`, `"5m"`, `"1h"`, `"30d"` as ms; undefined when it is none of these. */
export function parseDuration(value: unknown): number | undefined {
  const match = typeof value === 'string' ? /^(\d{1,9})(ms|s|m|h|d)$/.exec(value) : null
  if (match === null) return undefined
  return Number(match[1]) * durationUnits[match[2]!]!
}

/** A span of time, in ms; what a timer runs on stays under a day. */
export function duration(fallback: string, description: string, least = '100ms', most = '1d') {
  const traits = { kind: 'duration', pattern: '^[0-9]{1,9}(ms|s|m|h|d)$' } as const
  return setting(traits, fallback, description, (value) => {
    const ms = parseDuration(value)
    if (ms === undefined) {
      throw new Fault(`Expected a duration such as ${quoted(fallback)}, got ${quoted(value)}`)
    }
    if (ms < parseDuration(least)! || ms > parseDuration(most)!) {
      throw new Fault(`Expected ${quoted(least)} to ${quoted(most)}, got ${quoted(value)}`)
    }
    return ms
  })
}

const sizeUnits: Record<string, number> = { B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 }

/** An amount of memory, in bytes; `"1MB"` is 1,048,576, a plain number is bytes. */
export function size(fallback: string, description: string, least: number, most: number) {
  const traits = { kind: 'size', pattern: '^[0-9]{1,15}(B|KB|MB|GB)?$', least, most } as const
  return setting(traits, fallback, description, (value) => {
    const match = /^(\d{1,15})(B|KB|MB|GB)?$/.exec(
      typeof value === 'number' ? `${value}` : textOf(value),
    )
    if (match === null) {
      throw new Fault(`Expected a size such as ${quoted(fallback)}, got ${quoted(value)}`)
    }
    const bytes = Number(match[1]) * sizeUnits[match[2] ?? 'B']!
    if (bytes >= least && bytes <= most) return bytes
    throw new Fault(`Expected ${least} to ${most} bytes, got ${quoted(value)}`)
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** A whole number. */
export function count(fallback: number, description: string, least = 1, most = 1_000_000_000) {
  return setting({ kind: 'count', least, most }, fallback, description, (value) => {
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) {
      return value as number
    }
    throw new Fault(`Expected a whole number from ${least} to ${most}, got ${quoted(value)}`)
  })
}

/** True or false. */
export function toggle(fallback: boolean, description: string) {
  return setting({ kind: 'switch' }, fallback, description, (value) => {
    if (typeof value === 'boolean') return value
    throw new Fault(`Expected true or false, got ${quoted(value)}`)
  })
}

/** One of the named words. */
export function choice<const Word extends string>(
  choices: readonly Word[],
  fallback: Word,
  description: string,
) {
  return setting({ kind: 'choice', choices }, fallback, description, (value) => {
    const found = choices.find((word) => word === value)
    if (found !== undefined) return found
    throw new Fault(`Expected one of ${choices.map(quoted).join(', ')}, got ${quoted(value)}`)
  })
}

/** Texts of one form. */
export function list(
  description: string,
  fits: (entry: string) => boolean,
  example: string,
  fallback: readonly string[] = [],
) {
  return setting({ kind: 'list' }, fallback, description, (value, tell) => {
    if (!Array.isArray(value)) throw new Fault(`Expected a list, got ${quoted(value)}`)
    value.forEach((entry: unknown, index) => {
      if (typeof entry === 'string' && fits(entry)) return
      tell(`Expected an entry such as ${quoted(example)}, got ${quoted(entry)}`, index)
    })
    return value as readonly string[]
  })
}

/** Text of a form. */
export function text(fallback: string, description: string, form: RegExp) {
  return setting({ kind: 'text', pattern: form.source }, fallback, description, (value): string => {
    if (typeof value === 'string' && form.test(value)) return value
    throw new Fault(`Expected text such as ${quoted(fallback)}, got ${quoted(value)}`)
  })
}

/** Text that may be left out (undefined); empty text leaves it out too. */
export function optionalText(description: string, form: RegExp, example: string) {
  const traits = { kind: 'text', pattern: form.source } as const
  return setting(traits, undefined, description, (value): string | undefined => {
    if (value === '') return undefined
    if (typeof value === 'string' && form.test(value)) return value
    throw new Fault(`Expected text such as ${quoted(example)}, got ${quoted(value)}`)
  })
}
