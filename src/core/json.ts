import { readBytes } from './bytes.ts'
import { Refusal, type ErrorCode } from './errors.ts'

/** Deepest nesting of objects and arrays that JSON from outside may have. */
export const maxDepth = 32

/** Parses JSON text nested at most 32 deep; numbers under `literalKeys` come back as the text they were written with (`1.50` → `"1.50"`). Refuses anything else with `code`. */
export function parseJson(
  text: string,
  literalKeys: readonly string[] = [],
  code: ErrorCode = 'INVALID_REQUEST',
): unknown {
  return parsed(text, mayHold(text, literalKeys) ? literals(literalKeys) : undefined, code)
}

/** Like `parseJson`, for what goes on to others as it is: a number of more digits than a double holds comes back as raw JSON, which is written as it was read, and one beyond all doubles is refused. */
export function parseExactJson(text: string, literalKeys: readonly string[] = []): unknown {
  if (!longNumber.test(text)) return parseJson(text, literalKeys)
  const read = literals(literalKeys)
  const exact: Reviver = (key, value, context) => {
    mustBeFinite(value)
    return exactly(read(key, value, context), context)
  }
  return parsed(text, exact, 'INVALID_REQUEST')
}

/** Reads the JSON body of a request like `readText` and `parseJson` do; a list is refused. */
export async function readJson(
  request: Request,
  literalKeys: readonly string[] = [],
  mostBytes = Infinity,
): Promise<unknown> {
  const body = parseJson(await readText(request, mostBytes), literalKeys)
  // A shape whose fields may all be absent takes a list for an object without any.
  if (Array.isArray(body)) {
    const message = 'Expected an object, got a list'
    throw new Refusal('INVALID_REQUEST', message, [{ path: '', message }])
  }
  return body
}

/** Reads the body of a request, at most `mostBytes` of it (PAYLOAD_TOO_LARGE); one that breaks off or outgrows the listener's limit is the caller's fault and no bug of ours. */
export async function readText(request: Request, mostBytes = Infinity): Promise<string> {
  const told = request.headers.get('content-length')
  if (Number(told) > mostBytes) throw tooLarge(mostBytes)
  // Only a body that comes in chunks may be longer than it says.
  const whole = told !== null || mostBytes === Infinity
  const text = (whole ? request.text() : counted(request, mostBytes)).catch((error: unknown) => {
    if (error instanceof Refusal) throw error
    throw new Refusal('INVALID_REQUEST', 'The body did not arrive whole')
  })
  return wellFormed(await text)
}

async function counted(request: Request, mostBytes: number): Promise<string> {
  const bytes = await readBytes(request, mostBytes)
  if (bytes === null) throw tooLarge(mostBytes)
  return bytes.toString()
}

/** JSON text without half characters, which become the mark that bytes without meaning become: parsers of other languages refuse a whole frame for one, so whoever sent it would cut off everybody it is told to. */
export function wellFormed(json: string): string {
  return surrogate.test(json)
    ? json.replace(escapes, (text) => (half.test(text) ? '\\ufffd' : text))
    : json
}

/** Bytes make no half characters; only escapes do. */
const surrogate = /\\u[dD][89a-fA-F]/
/** Whole pairs first, so that what is left are halves; of other escapes the letter, so that none begins in the middle of one. */
const escapes =
  /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[dD][89a-fA-F][\da-fA-F]{2}|\\[^]/g
const half = /^\\u[dD][89a-fA-F][\da-fA-F]{2}$/

function tooLarge(limit: number): Refusal {
  return new Refusal('PAYLOAD_TOO_LARGE', `A body has at most ${limit} bytes here`, { limit })
}

/** Whether objects and arrays in the JSON text are nested deeper than `limit`; for text that is no JSON: whether a parser would get that deep. */
export function tooDeep(text: string, limit: number): boolean {
  if (!opensMoreThan(text, limit)) return false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === quote) at = endOfString(text, at)
    else if (character === openBrace || character === openBracket) {
      if (++depth > limit) return true
    } else if (character === closeBrace || character === closeBracket) depth--
  }
  return false
}

/** The same JSON text for equal values, whatever the order of their keys: for fingerprints. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const record = value as Readonly<Record<string, unknown>>
  const members = Object.keys(record)
    .filter((key) => record[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key])}`)
  return `{${members.join(',')}}`
}

const quote = 0x22
const backslash = 0x5c
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

/** Most texts open few brackets, and the engine finds them faster than a loop. */
function opensMoreThan(text: string, limit: number): boolean {
  let count = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++count > limit) return true
    }
  }
  return false
}

/** Index of the quote that ends the string begun at `at`, or the end of the text. */
function endOfString(text: string, at: number): number {
  for (at++; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === quote) return at
    if (character === backslash) at++
  }
  return at
}

/** A key may also be written with escapes, which only the parser undoes. */
function mayHold(text: string, keys: readonly string[]): boolean {
  if (keys.length === 0) return false
  return keys.some((key) => text.includes(`"${key}"`)) || text.includes('\\')
}

type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown

function parsed(text: string, reviver: Reviver | undefined, code: ErrorCode): unknown {
  if (tooDeep(text, maxDepth)) {
    throw new Refusal(code, `JSON nested deeper than ${maxDepth} levels`)
  }
  try {
    return JSON.parse(text, reviver)
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(code, 'Not valid JSON')
  }
}

function literals(keys: readonly string[]): Reviver {
  return (key, value, context) =>
    typeof value === 'number' && keys.includes(key) ? (context?.source ?? value) : value
}

/** What may be a number that a double does not hold; few texts have one, and the parser is fastest when nobody looks over its shoulder. */
const longNumber = /\d{16}|[\d.]{17}|\d[eE]\+?\d{3}/
/** So many digits a double always holds. */
const exactDigits = 15
const { rawJSON } = JSON as unknown as { rawJSON(text: string): object }

function mustBeFinite(value: unknown): void {
  if (typeof value !== 'number' || Number.isFinite(value)) return
  throw new Refusal('INVALID_REQUEST', 'A number is beyond all that can be read')
}

function exactly(value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number') return value
  const source = context?.source ?? ''
  const digits = source
    .replace(/[eE].*/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '')
  return digits.length > exactDigits ? rawJSON(source) : value
}
