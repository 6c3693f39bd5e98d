import type { Database } from 'bun:sqlite'
import { mostPending, type Opening } from '../../systems/locallife/inbox.ts'
import { speaksTo } from './locallife-audience.ts'

/** Who comes, what it knows of, and how old a notice may be; see `Inbox.open`. */
export interface OpenArgs {
  readonly user: string
  readonly lastSequence: number | null
  readonly now: number
  readonly since: number
  readonly times: number
}

/** What a connection is told first; with `mark` what it knows of is acknowledged and the rest counts as told now. */
export function openInbox(
  db: Database,
  { user, lastSequence, now, since, times }: OpenArgs,
  mark: boolean,
): Opening {
  const channel = channelOf(db, user)
  const { head } = channel
  const known = lastSequence === null || lastSequence > head ? null : lastSequence
  if (mark && known !== null) {
    db.query('DELETE FROM locallife_pending WHERE user = ? AND sequence <= ?').run(user, known)
  }
  const kept = known === null ? waiting(db, user, since) : recent(db, channel, known, since)
  const first = kept[0]?.sequence ?? head + 1
  const meant = meantFor(db, user)
  const sequences = kept.filter(({ source }) => meant(source)).map(({ sequence }) => sequence)
  if (mark) told(db, user, sequences, now, times)
  const gap = known !== null && first > known + 1 ? { from: known + 1, to: first - 1 } : null
  return { sequences, head, gap }
}

/** A notice in an inbox, and the channel that it was told to. */
interface Kept {
  readonly sequence: number
  readonly source: string
}
/** The inbox as a channel of the store. */
interface Channel {
  readonly head: number
  /** The row of the newest place. */
  readonly row: number
  /** The last version that is no longer kept. */
  readonly gone: number
}

function channelOf(db: Database, user: string): Channel {
  const found = db
    .query<{ head: number; spine: string; gone: number }, [string]>(
      'SELECT head, spine, gone_version AS gone FROM channel WHERE name = ?',
    )
    .get(`locallife/user:${user}`)
  if (found === null) return { head: 0, row: 0, gone: 0 }
  return { ...found, row: JSON.parse(found.spine).at(-1) }
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
  { head, row, gone }: Channel,
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

/** Those that may be told again wait as if they had just been told for the first time or again. */
function told(
  db: Database,
  user: string,
  sequences: readonly number[],
  now: number,
  times: number,
): void {
  if (sequences.length === 0) return
  db.query(
    `UPDATE locallife_pending SET told_at = ? WHERE user = ? AND attempts < ?
       AND sequence IN (SELECT value FROM json_each(?))`,
  ).run(now, user, times, JSON.stringify(sequences))
}
