import type { Database } from 'bun:sqlite'

/** The newest place of a channel, as an append needs it. */
export interface Head {
  readonly id: number
  readonly version: number
  /** Rows of the version's prefixes, see skip.ts. */
  readonly spine: readonly number[]
}

/** Where the next messages go: only the writer has one, since it alone moves heads. */
export interface Tail {
  /** Gives out message rows, rising for ever; rows of what was rolled back are not given again. */
  next(): number
  /** The highest row given out so far. */
  last(): number
  /** The head of a channel, null when nothing was ever recorded in it. */
  head(name: string): Head | null
  /** The head that was just written. */
  moved(name: string, head: Head): void
  /** Something was rolled back: heads are read anew. */
  forget(): void
}

/** Most heads that are remembered; one takes about 300 bytes. */
const headsKnown = 20_000

/** Continues after the highest row that was ever kept in this database. */
export function tailOf(db: Database): Tail {
  let last = lastRow(db)
  const heads = new Map<string, Head>()
  return {
    next: () => ++last,
    last: () => last,
    head: (name) => heads.get(name) ?? readHead(db, name),
    moved(name, head) {
      if (heads.size >= headsKnown) heads.clear()
      heads.set(name, head)
    },
    forget: () => heads.clear(),
  }
}

/** The highest message row that was ever kept, pruned ones included; 0 when there was none. */
export function lastRow(db: Database): number {
  const { last } = db
    .query<{ last: number }, []>(
      `SELECT max(coalesce((SELECT max(row) FROM message), 0),
         coalesce((SELECT CAST(value AS INTEGER) FROM setting WHERE name = 'pruned'), 0)) AS last`,
    )
    .get()!
  return last
}

function readHead(db: Database, name: string): Head | null {
  const row = db
    .query<{ id: number; version: number; spine: string }, [string]>(
      'SELECT id, head AS version, spine FROM channel WHERE name = ?',
    )
    .get(name)
  return row && { ...row, spine: JSON.parse(row.spine) }
}
