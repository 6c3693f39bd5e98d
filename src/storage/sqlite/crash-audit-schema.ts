import { Database } from 'bun:sqlite'
import type { Report } from './crash-audit.ts'
import { ledgerSchema } from './migrate.ts'

/** A table, index or trigger, and what made it. */
interface Part {
  readonly type: string
  readonly name: string
  readonly sql: string
}

const parts =
  "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"

/** Whether tables, indexes and triggers are as they were made, and every row holds to what its table demands: whoever can write to the file can also lift that. */
export function auditSchema(db: Database, report: Report): void {
  const made = partsAsMade()
  const found = new Map(
    db
      .query<Part, []>(parts)
      .all()
      .map((part) => [nameOf(part), part.sql]),
  )
  for (const part of made) {
    const name = nameOf(part)
    const sql = found.get(name)
    found.delete(name)
    if (sql === undefined) report(name, 'Expected it as it was made, found none')
    else if (sql !== part.sql) report(name, 'Expected it as it was made, found another')
  }
  for (const name of found.keys()) report(name, 'Expected no such thing')
  for (const { line } of db
    .query<{ line: string }, []>('SELECT integrity_check AS line FROM pragma_integrity_check')
    .all())
    if (line !== 'ok') report('database', `Expected it to be whole, found "${line}"`)
  for (const part of made)
    if (part.sql.includes('id INTEGER PRIMARY KEY')) auditRows(db, part, report)
}

function nameOf({ type, name }: Part): string {
  return `${type} ${name}`
}

let known: readonly Part[] | null = null

function partsAsMade(): readonly Part[] {
  if (known !== null) return known
  using db = new Database(':memory:')
  for (const step of ledgerSchema.steps) db.run(step)
  return (known = db.query<Part, []>(parts).all())
}

/** So many rows are judged at once. */
const sliceRows = 10_000

/** Puts the rows into a table with the rules as they were made: a connection that only reads knows no CHECKs. */
function auditRows(db: Database, { name, sql }: Part, report: Report): void {
  const judge = `judge_${name}`
  db.run(sql.replace(`CREATE TABLE ${name}`, `CREATE TEMP TABLE ${judge}`))
  try {
    const put = db.query<unknown, [number, number]>(
      `INSERT OR IGNORE INTO ${judge} SELECT * FROM ${name} WHERE id > ? ORDER BY id LIMIT ?`,
    )
    const slice = `SELECT id FROM ${name} WHERE id > ? ORDER BY id LIMIT ?`
    const lastOf = db.query<{ last: number | null }, [number, number]>(
      `SELECT max(id) AS last FROM (${slice})`,
    )
    const refused = db.query<{ id: number }, [number, number]>(
      `SELECT id FROM (${slice}) WHERE id NOT IN (SELECT id FROM ${judge})`,
    )
    for (let from: number | null = -1; from !== null;) {
      put.run(from, sliceRows)
      for (const { id } of refused.all(from, sliceRows))
        report(`${name} ${id}`, reasonOf(db, name, id))
      db.run(`DELETE FROM ${judge}`)
      from = lastOf.get(from, sliceRows)!.last
    }
  } catch (error) {
    report(`table ${name}`, `Expected rows that fit, found: ${oneLine(error)}`)
  } finally {
    db.run(`DROP TABLE temp.${judge}`)
  }
}

function reasonOf(db: Database, name: string, id: number): string {
  try {
    db.query(`INSERT INTO judge_${name} SELECT * FROM ${name} WHERE id = ?`).run(id)
    return 'Expected a row of its own'
  } catch (error) {
    return `Expected a row that its table takes, found: ${oneLine(error)}`
  }
}

function oneLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ')
}
