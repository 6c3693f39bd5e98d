import type { Database } from 'bun:sqlite'
import { mostPending, type Arrival, type Opening } from '../../systems/locallife/inbox.ts'
import { speaksTo } from './locallife-audience.ts'
import type { Context } from './procedure.ts'

/** What a connection is told first, see `Inbox.opening`. */
export function opening({ db }: Context, { user, lastSequence, since }: Arrival): Opening {
  const inbox = headOf(db, user)
  const { head } = inbox
  const known = lastSequence === null || lastSequence > head ? null : lastSequence
  const kept = known === null ? waiting(db, user, since) : recent(db, inbox, known, since)
  const first = kept[0]?.sequence ?? head + 1
  const meant = meantFor(db, user)
  const sequences = kept.filter(({ source }) => meant(source)).map(({ sequence }) => sequence)
  const gap = known !== null && first > known + 1 ? { from: known + 1, to: first - 1 } : null
  return { sequences, head, gap }
}

/** An inbox as a channel of the store. */
export interface Head {
  /** The newest sequence; 0 when there was never one. */
  readonly head: number
  /** The row of its place. */
  readonly row: number
  /** The last sequence that is no longer kept. */
  readonly gone: number
}

/** Where the inbox of a user stands. */
export function headOf(db: Database, user: string): Head {
  const found = db
    .query<{ head: number; spine: string; gone: number }, [string]>(
      'SELECT head, spine, gone_version AS gone FROM channel WHERE name = ?',
    )
    .get(`locallife/user:${user}`)
  if (found === null) return { head: 0, row: 0, gone: 0 }
  return { ...found, row: JSON.parse(found.spine).at(-1) }
}

/** A notice in an inbox, and the channel that it was told to. */
interface Kept {
  readonly sequence: number
  readonly source: string
}

/** What waits for an acknowledgement. */
function waiting(db: Database, user: string, since: number): readonly Kept[] {
  return db
    .query<Kept, [string, number]>(
      `SELECT p.sequence, c.name AS source FROM locallife_pending p
         JOIN message m ON m.row = p.message JOIN channel c ON c.id = m.channel
         WHERE p.user = ? AND p.at >= ? ORDER BY p.sequence`,
    )
    .all(user, since)
}

/** The newest places after a sequence, whether they were acknowledged or not, back to the first that is too old. */
function recent(
  db: Database,
  { head, row, gone }: Head,
  after: number,
  since: number,
): readonly Kept[] {
  const from = Math.max(after, gone, head - mostPending)
  if (from >= head) return []
  const rows = db
    .query<Kept & { at: number }, [number, number, number]>(
      `WITH RECURSIVE walk (row, sequence) AS (
         SELECT ?1, ?2
         UNION ALL
         SELECT m.previous, sequence - 1 FROM walk JOIN message m ON m.row = walk.row
           WHERE sequence - 1 > ?3
       ) SELECT walk.sequence, m.at, c.name AS source
           FROM walk JOIN message m ON m.row = walk.row
           JOIN message f ON f.row = coalesce(m.first, m.row)
           JOIN channel c ON c.id = f.channel
           ORDER BY walk.sequence DESC`,
    )
    .all(row, head, from)
  const old = rows.findIndex(({ at }) => at < since)
  return (old < 0 ? rows : rows.slice(0, old)).reverse()
}

/** Whether the channels notices came from speak to the user now; each is looked up once. */
function meantFor(db: Database, user: string): (source: string) => boolean {
  const known = new Map<string, boolean>()
  return (source) => {
    let meant = known.get(source)
    if (meant === undefined) {
      meant = speaksTo(db, source.slice('locallife/'.length), user)
      known.set(source, meant)
    }
    return meant
  }
}
