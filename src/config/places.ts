/** Where something stands in a file, both from 1. */
export interface Place {
  readonly line: number
  readonly column: number
}

/**
 * Finds where every key and list entry of a TOML text stands, by path (`limits.max_frame`, `listen.0`).
 * The text has to be valid TOML: a parser says so first, this only looks for the places.
 */
export function keyPlaces(text: string): Map<string, Place> {
  const scanner: Scanner = { text, at: 0, places: new Map() }
  const counts = new Map<string, number>()
  let table: string[] = []
  for (skip(scanner, space); scanner.at < text.length; skip(scanner, space)) {
    if (text[scanner.at] !== '[') {
      pair(scanner, table)
      continue
    }
    const start = scanner.at
    const many = text[start + 1] === '['
    scanner.at += many ? 2 : 1
    table = key(scanner)
    if (many) {
      const path = table.join('.')
      counts.set(path, (counts.get(path) ?? -1) + 1)
      table.push(String(counts.get(path)))
    }
    mark(scanner, table, start)
    scanner.at += many ? 2 : 1
  }
  return scanner.places
}

interface Scanner {
  readonly text: string
  at: number
  readonly places: Map<string, Place>
}

const blank = /[ \t]*/y
const space = /(?:[ \t\r\n]|#[^\n]*)*/y
const between = /(?:[ \t\r\n,]|#[^\n]*)*/y
const bareValue = /[^,\]}#\r\n]+/y
const bareKey = /[^\s.=\]"']+/y
// The longer quotes first: `"""` begins a text over several lines, `""` is an empty one.
const quotedText = /"""(?:\\[^]|[^\\])*?"{3,5}|'''[^]*?'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'/y

function skip(scanner: Scanner, pattern: RegExp): string {
  pattern.lastIndex = scanner.at
  const found = pattern.exec(scanner.text)?.[0] ?? ''
  scanner.at += found.length
  return found
}

function mark({ text, places }: Scanner, path: readonly string[], start: number): void {
  const before = text.slice(0, start)
  const line = before.split('\n').length
  places.set(path.join('.'), { line, column: start - before.lastIndexOf('\n') })
}

/** A key with its parts, the blanks around it included. */
function key(scanner: Scanner): string[] {
  const parts: string[] = []
  do {
    if (parts.length > 0) scanner.at++
    skip(scanner, blank)
    const quotes = skip(scanner, quotedText)
    parts.push(quotes === '' ? skip(scanner, bareKey) : quotes.slice(1, -1))
    skip(scanner, blank)
  } while (scanner.text[scanner.at] === '.')
  return parts
}

function pair(scanner: Scanner, table: readonly string[]): void {
  const start = scanner.at
  const path = [...table, ...key(scanner)]
  mark(scanner, path, start)
  scanner.at++
  value(scanner, path)
}

function value(scanner: Scanner, path: readonly string[]): void {
  skip(scanner, blank)
  const first = scanner.text[scanner.at]
  if (first === '[' || first === '{') {
    scanner.at++
    inside(scanner, path, first === '[' ? ']' : '}')
  } else if (skip(scanner, quotedText) === '' && skip(scanner, bareValue) === '') {
    scanner.at++
  }
}

/** The entries of a list or an inline table up to its end. */
function inside(scanner: Scanner, path: readonly string[], end: string): void {
  for (let index = 0; ; index++) {
    skip(scanner, between)
    const next = scanner.text[scanner.at]
    if (next === end || next === undefined) break
    if (end === '}') pair(scanner, path)
    else {
      mark(scanner, [...path, String(index)], scanner.at)
      value(scanner, [...path, String(index)])
    }
  }
  scanner.at++
}
