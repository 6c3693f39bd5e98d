import type { Database } from 'bun:sqlite'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { auditLedger, type Audit } from './crash-audit.ts'
import { leaveChains } from './crash-chains.ts'
import { ledgerPath } from './crash-open.ts'
import { codeOf, StorageError } from './failure.ts'
import { inspect, modeOf, unusable, type Mode } from './inspect.ts'
import { backUp, ledgerSchema, mainSchema, versionOf, type Schema } from './migrate.ts'
import { databasePath, openFile, openReader, openWriter } from './open.ts'

/** A copy of one database of a data folder. */
export interface Copy {
  /** Its name in the data folder. */
  readonly name: string
  readonly bytes: number
  /** Steps of its schema it has taken. */
  readonly version: number
}

/** The databases of a data folder by their names in it; the first is in every folder. */
export const databases: Readonly<Record<string, Schema>> = {
  'fanfare.db': mainSchema,
  'crash.db': ledgerSchema,
}

/** The databases of a data folder in another folder. */
export interface Copies {
  /** What the data folder was made for. */
  readonly mode: Mode
  readonly files: readonly Copy[]
}

/** Copies each database of a data folder into another folder, each as it stands at one instant, beside a running server or alone; throws StorageError when there is none or one cannot be used. */
export function copyDatabases(folder: string, into: string): Copies {
  const mode = modeOf(databasePath(folder), mainSchema)
  if (mode === null) throw new StorageError(`There is no database in the data folder "${folder}"`)
  const files = existing(folder).map(([name, schema]) => {
    const path = join(folder, name)
    inspect(path, null, schema)
    using db = openReader(path)
    const copy = join(into, name)
    backUp(db, copy)
    return { name, bytes: statSync(copy).size, version: versionOf(db) }
  })
  return { mode, files }
}

/** What a data folder holds of databases, whatever state they are in. */
export function namesIn(folder: string): readonly string[] {
  return existing(folder).map(([name]) => name)
}

/** Looks through the databases of a folder that nobody uses, brings them to the newest schema, and audits the ledger, null when there is none; throws StorageError for one that is damaged, foreign, newer than this program or made for another mode. */
export function checkDatabases(folder: string, mode: Mode): Audit | null {
  let audit: Audit | null = null
  for (const [name, schema] of existing(folder)) {
    const path = join(folder, name)
    openFile(path, schema, mode === 'dev').close(true)
    using db = openReader(path)
    sound(db, path)
    if (schema === ledgerSchema) audit = auditLedger(db)
  }
  return audit
}

/** Leaves the chains of a restored ledger that was checked: rounds that were played after the copy was made are known, and would come again. Gives how many there were. */
export function leaveBehind(folder: string, at: number): number {
  const path = ledgerPath(folder)
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return 0
  const db = openWriter(path)
  try {
    return leaveChains(db, at)
  } finally {
    db.close(true)
  }
}

/** Throws unless every page, index and reference is right. */
function sound(db: Database, path: string): void {
  const told = (found: string) => new StorageError(`The database "${path}" is damaged: ${found}`)
  try {
    const { integrity_check: found } = db
      .query<{ integrity_check: string }, []>('PRAGMA integrity_check(1)')
      .get()!
    if (found !== 'ok') throw told(found.replaceAll(/\s+/g, ' '))
    const broken = db.query<{ table: string }, []>('PRAGMA foreign_key_check').get()
    if (broken !== null) throw told(`a row of "${broken.table}" refers to one that is not there`)
  } catch (error) {
    throw codeOf(error) === null ? error : unusable(path, error)
  }
}

function existing(folder: string): readonly (readonly [name: string, schema: Schema])[] {
  const there = (name: string) =>
    statSync(join(folder, name), { throwIfNoEntry: false }) !== undefined
  return Object.entries(databases).filter(([name]) => there(name))
}
