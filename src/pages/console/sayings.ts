import type { Reason } from './api.ts'
import type { Reasons } from './reports.ts'

/** What the server says in English, in the language of a page. */
export interface Sayings {
  /** By the name of a reason. */
  readonly reasons: { readonly [Name in keyof Reasons]: (about: Reasons[Name]) => string }
  /** By the code of a refusal; `HTTP` is an answer of somebody between, `NONE` no answer at all. */
  readonly refusals: Readonly<Record<string, string>>
  /** What settings mean, by path. */
  readonly settings: Readonly<Record<string, string>>
  /** Where settings come from, by the first word of it. */
  readonly origins: Readonly<Record<string, string>>
  /** Names of checks but for those of systems. */
  readonly checks: Readonly<Record<string, string>>
  /** States of checks, and why no round begins, by their form; what has none here is free text. */
  readonly states: readonly (readonly [RegExp, (...parts: string[]) => string])[]
}

/** What a reason says; without sayings what the server said. */
export function reasonText(sayings: Sayings | null, { reason, about, why }: Reason): string {
  // The compiler does not see that name and values are of one reason.
  const say = sayings?.reasons[reason] as ((values: typeof about) => string) | undefined
  return say?.(about) ?? why
}

/** What the code of a refusal says; null where the page has no words of its own for it. */
export function refusalText(sayings: Sayings | null, code: string): string | null {
  const known = /^HTTP_\d+$/.test(code) ? 'HTTP' : code
  return sayings?.refusals[known] ?? null
}

/** What a setting means. */
export function meaningOf(sayings: Sayings | null, path: string, description: string): string {
  return sayings?.settings[path] ?? description
}

/** Where a setting comes from: `environment FANFARE_LISTEN`, `fanfare.toml:3:1`. */
export function originText(sayings: Sayings | null, origin: string): string {
  const [first = '', ...rest] = origin.split(' ')
  return [sayings?.origins[first] ?? first, ...rest].join(' ')
}

/** How a check stands, or why no round begins; null where that is free text, which stays as it is. */
export function stateText(sayings: Sayings | null, state: string): string | null {
  for (const [form, say] of sayings?.states ?? []) {
    const [, ...parts] = form.exec(state) ?? []
    if (form.test(state)) return say(...parts)
  }
  return null
}
