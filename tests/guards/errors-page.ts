import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The text of docs/errors.md. */
export const page = readFileSync(join(import.meta.dir, '../../docs/errors.md'), 'utf8')

/** The rows of the table under a heading, without its head, each as its cells. */
export function rowsUnder(heading: string): readonly (readonly string[])[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? ''
  const rows = section.split('\n').filter((line) => line.startsWith('|') && !/^\|[-|]+$/.test(line))
  return rows.slice(1).map((row) =>
    row
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  )
}

/** The statuses that the page tells for each code. */
export const statusesOf: ReadonlyMap<string, readonly number[]> = new Map(
  rowsUnder('Codes').map(([code = '', statuses = '']) => [
    code.replaceAll('`', ''),
    statuses.split(', ').map(Number),
  ]),
)
