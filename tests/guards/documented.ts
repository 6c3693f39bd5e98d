import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the page of a system says may come over its wire. */
export interface Documented {
  /** Codes of refusals in frames. */
  readonly codes: ReadonlySet<string>
  /** Codes that connections are closed with. */
  readonly closes: ReadonlySet<string>
}

/** Reads the tables of docs/systems/SYSTEM.md. */
export function documentedOf(system: string): Documented {
  const page = readFileSync(join(import.meta.dir, `../../docs/systems/${system}.md`), 'utf8')
  const errors = page.split(/^## /m).find((section) => section.startsWith('Errors\n')) ?? ''
  const closes = page.split('| close code | why |')[1]?.split('\n\n')[0] ?? ''
  return { codes: firstCells(errors, /[A-Z][A-Z_]{3,}/g), closes: firstCells(closes, /\d{4}/g) }
}

function firstCells(text: string, name: RegExp): ReadonlySet<string> {
  const cells = text.split('\n').map((line) => line.split('|')[1] ?? '')
  return new Set(cells.flatMap((cell) => cell.match(name) ?? []))
}
