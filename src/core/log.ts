import type { Clock } from './clock.ts'
import { createTail, type Entry, type Fault, type Tail } from './tail.ts'

/** What an entry says beside its event. */
export type Fields = Readonly<Record<string, string | number | boolean | null | undefined>>

/** Writes one line an entry. Never give it a token, a secret, a query string or a card number. */
export interface Log {
  trace(event: string, fields?: Fields): void
  debug(event: string, fields?: Fields): void
  info(event: string, fields?: Fields): void
  warn(event: string, fields?: Fields): void
  /** `error` is logged with its stack. */
  error(event: string, error: unknown, fields?: Fields): void
  /** How many warnings and errors there were so far, whichever of them are written. */
  readonly troubles: { readonly warn: number; readonly error: number }
  /** What was written last, and what is written from now on. */
  readonly tail: Pick<Tail, 'last' | 'follow'>
}

/** From the most talkative to the quietest. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const
/** One of them. */
export type LogLevel = (typeof logLevels)[number]

/** How entries are written and where to. */
export interface LogOptions {
  /** Entries below it are not written. */
  readonly level: LogLevel
  /** `json`: one object a line. `text`: for a terminal, in local time; a stack follows on indented lines. */
  readonly format: 'json' | 'text'
  /** Gets each entry with its line end. */
  readonly write: (line: string) => void
  readonly clock: Clock
}

/** A log whose lines stay apart whatever the strings in them hold. */
export function createLog({ level, format, write, clock }: LogOptions): Log {
  const line = format === 'json' ? jsonLine : textLine
  const least = logLevels.indexOf(level)
  const troubles = { warn: 0, error: 0 }
  const tail = createTail()
  const warn = writer('warn')
  function writer(of: LogLevel): (event: string, fields?: Fields) => void {
    if (logLevels.indexOf(of) < least) return () => {}
    return (event, fields) => put({ at: clock.now(), level: of, event, fields })
  }
  function put(entry: Entry): void {
    const { at, level: of, event, fields, fault } = entry
    write(line(at, of, event, fields, fault))
    tail.put(entry)
  }
  return {
    trace: writer('trace'),
    debug: writer('debug'),
    info: writer('info'),
    warn(event, fields) {
      troubles.warn++
      warn(event, fields)
    },
    error(event, error, fields) {
      troubles.error++
      put({ at: clock.now(), level: 'error', event, fields, fault: faultOf(error) })
    },
    troubles,
    tail,
  }
}

/** Never throws: what was thrown may be anything at all. */
function faultOf(error: unknown, causes = 3): Fault {
  try {
    if (!(error instanceof Error)) return { message: String(error) }
    const message = `${error.name}: ${error.message}`
    const { cause, stack } = error
    const more = cause === undefined || causes === 0 ? '' : faultOf(cause, causes - 1).message
    return {
      message: more === '' ? message : `${message}; cause: ${more}`,
      ...(stack && { stack }),
    }
  } catch {
    return { message: 'Something that has no text was thrown' }
  }
}

function jsonLine(
  at: number,
  level: string,
  event: string,
  fields?: Fields,
  fault?: Fault,
): string {
  const entry: Record<string, unknown> = {
    at: new Date(at).toISOString(),
    level,
    event: cut(event),
  }
  for (const key in fields) {
    entry[reserved.has(key) ? `${key}_` : key] = cut(fields[key])
  }
  if (fault !== undefined) entry['error'] = cut(fault.message)
  if (fault?.stack !== undefined) entry['stack'] = cut(fault.stack, longestStack)
  return `${safe(JSON.stringify(entry))}\n`
}

/** Two equal keys would make readers disagree on what an entry says. */
const reserved = new Set(['at', 'level', 'event', 'error', 'stack'])

function textLine(
  at: number,
  level: string,
  event: string,
  fields?: Fields,
  fault?: Fault,
): string {
  let line = `${timeOfDay(at)} ${level.padEnd(5)} ${quoted(event).slice(1, -1)}`
  for (const [key, value] of Object.entries({ ...fields, error: fault?.message })) {
    if (value === undefined || value === null) continue
    const bare = typeof value !== 'string' || /^[\w.:/@+-]{1,200}$/.test(value)
    line += ` ${quoted(key).slice(1, -1)}=${bare ? value : quoted(value)}`
  }
  const frames = fault?.stack?.slice(0, longestStack).match(/^\s+at .+$/gm) ?? []
  const below = frames.map((frame) => `    ${quoted(frame.trim()).slice(1, -1)}`)
  return safe([line, ...below, ''].join('\n'))
}

function timeOfDay(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  const ms = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`
}

const longestString = 2_000
const longestStack = 8_000

/** What JSON leaves as it is, but ends a line, steers a terminal or turns the reading direction. */
const unsafe = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g

function quoted(value: string | number | boolean | null, longest = longestString): string {
  return JSON.stringify(cut(value, longest))
}

function cut<T>(value: T, longest = longestString): T | string {
  const long = typeof value === 'string' && value.length > longest
  return long ? `${value.slice(0, longest)}…` : value
}

function safe(line: string): string {
  return line.replace(
    unsafe,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
