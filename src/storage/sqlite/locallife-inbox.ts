import type { Database } from 'bun:sqlite'
import type { Message } from '../../core/store.ts'
import {
  mostPending,
  type Arrival,
  type Inbox,
  type Notice,
} from '../../systems/locallife/inbox.ts'
import { speaksTo } from './locallife-audience.ts'
import { headOf, opening } from './locallife-opening.ts'
import type { Context, Procedures, Thread } from './procedure.ts'

/** The inboxes of locallife over the storage thread. */
export function locallifeInbox(thread: Thread): Inbox {
  return {
    acknowledge: (acks) => thread.write('locallife.acknowledge', acks),
    opening: (arrival) => thread.read('locallife.opening', arrival),
    arrived: (arrival) => thread.write('locallife.arrived', arrival),
    due: (args) => thread.read('locallife.due', args),
    retell: (args) => thread.write('locallife.retell', args),
    expire: (since) => thread.write('locallife.expire', since),
    pending: (user, id) => thread.read('locallife.pending', { user, id }),
    count: () => thread.read('locallife.count', null),
  }
}

/** What the thread does for the inboxes of locallife. */
export const locallifeInboxProcedures: Procedures = {
  'locallife.recorded': recorded,
  'locallife.acknowledge': acknowledge,
  'locallife.opening': opening,
  'locallife.arrived': arrived,
  'locallife.due': due,
  'locallife.retell': retell,
  'locallife.expire': expire,
  'locallife.pending': pending,
  'locallife.count': count,
}

/** Drops what waits in the inbox of a user who is not meant by the channel it came from any more. */
export function withdraw(db: Database, user: string): void {
  const sources = db
    .query<{ id: number; name: string }, [string]>(
      `SELECT DISTINCT c.id, c.name FROM locallife_pending p
         JOIN message m ON m.row = p.message JOIN channel c ON c.id = m.channel WHERE p.user = ?`,
    )
    .all(user)
  for (const { id, name } of sources) {
    if (speaksTo(db, name.slice(system.length), user)) continue
    db.query(
      `DELETE FROM locallife_pending WHERE user = ?1 AND message IN
         (SELECT p.message FROM locallife_pending p JOIN message m ON m.row = p.message
            WHERE p.user = ?1 AND m.channel = ?2)`,
    ).run(user, id)
  }
}

const system = 'locallife/'
const inboxes = 'locallife/user:'

/** Beside each message: it waits in every inbox it has a place in, and pushes out what is too old there. */
function recorded({ db }: Context, { id, channel, version, also = [], at }: Message): void {
  for (const place of [{ channel, version: version! }, ...also]) {
    if (!place.channel.startsWith(inboxes)) continue
    const user = place.channel.slice(inboxes.length)
    db.query(
      `INSERT INTO locallife_pending (user, sequence, message, at, told_at)
         VALUES (?1, ?2, ?3, ?4, ?4)`,
    ).run(user, place.version, Number(id), at)
    db.query('DELETE FROM locallife_pending WHERE user = ? AND sequence <= ?').run(
      user,
      place.version - mostPending,
    )
  }
}

function acknowledge({ db }: Context, acks: readonly (readonly [string, string])[]): void {
  const drop = db.query('DELETE FROM locallife_pending WHERE user = ? AND message = ?')
  for (const [user, id] of acks) drop.run(user, Number(id))
}

function arrived(
  { db }: Context,
  args: Arrival & { readonly now: number; readonly times: number },
): void {
  const { user, lastSequence, since, now, times } = args
  if (lastSequence !== null && lastSequence <= headOf(db, user).head) {
    const drop = 'DELETE FROM locallife_pending WHERE user = ? AND sequence <= ?'
    db.query(drop).run(user, lastSequence)
  }
  db.query(
    'UPDATE locallife_pending SET told_at = ? WHERE user = ? AND attempts < ? AND at >= ?',
  ).run(now, user, times, since)
}

function due(
  { db }: Context,
  args: { toldBefore: number; toldAfter: number; since: number; limit: number },
): { notices: readonly Notice[]; stale: boolean } {
  const { toldBefore, toldAfter, since, limit } = args
  const past = toldAt(db, '<= ?', toldBefore, since, limit)
  // The clock was set back: they would rest until it is there again.
  const future = toldAt(db, '> ?', toldAfter, since, limit - past.length)
  const stale = db.query('SELECT 1 FROM locallife_pending WHERE at < ? LIMIT 1').get(since)
  return { notices: [...past, ...future], stale: stale !== null }
}

function toldAt(
  db: Database,
  when: string,
  at: number,
  since: number,
  limit: number,
): readonly Notice[] {
  return db
    .query<{ user: string; sequence: number; told_at: number }, [number, number, number]>(
      `SELECT user, sequence, told_at FROM locallife_pending WHERE told_at ${when} AND at >= ?
         ORDER BY told_at, user, sequence LIMIT ?`,
    )
    .all(at, since, limit)
    .map(({ user, sequence, told_at }) => [user, sequence, told_at])
}

function retell(
  { db }: Context,
  { now, times, present, absent, bytes, heldAt }: Parameters<Inbox['retell']>[0],
): readonly Message[] {
  const rest = db.query(
    'UPDATE locallife_pending SET told_at = NULL WHERE user = ? AND sequence = ? AND told_at = ?',
  )
  for (const notice of absent) rest.run(...notice)
  // Those that were told less often come first.
  const hold = db.query(
    `UPDATE locallife_pending SET told_at = ? + attempts
       WHERE user = ? AND sequence = ? AND told_at = ?`,
  )
  const mark = db.query<{ message: number }, [number, number, ...Notice]>(
    `UPDATE locallife_pending SET attempts = attempts + 1,
       told_at = CASE WHEN attempts + 1 < ?2 THEN ?1 END
       WHERE user = ?3 AND sequence = ?4 AND told_at = ?5 RETURNING message`,
  )
  const told = new Map<string, number>()
  return present.flatMap((notice) => {
    const [user] = notice
    const before = told.get(user) ?? 0
    if (before >= bytes) {
      hold.run(heldAt, ...notice)
      return []
    }
    const marked = mark.get(now, times, ...notice)
    const messages = marked === null ? [] : placed(db, notice, marked.message)
    for (const { body } of messages) told.set(user, before + Buffer.byteLength(body))
    return messages
  })
}

/** A message as the inbox of a user has it; nothing when it is not kept any more. */
function placed(db: Database, [user, sequence]: Notice, id: number): Message[] {
  const kept = db
    .query<Pick<Message, 'type' | 'body' | 'at'>, [number]>(
      'SELECT type, body, at FROM message WHERE row = ?',
    )
    .get(id)
  if (kept === null) return []
  return [{ id: String(id), channel: `${inboxes}${user}`, version: sequence, ...kept }]
}

/** Rows of one slice: others write between two of them. */
const sliceRows = 500

function expire({ db }: Context, since: number): boolean {
  const { changes } = db
    .query(
      `DELETE FROM locallife_pending WHERE (user, sequence) IN
         (SELECT user, sequence FROM locallife_pending WHERE at < ? ORDER BY at LIMIT ?)`,
    )
    .run(since, sliceRows)
  return changes === sliceRows
}

function pending(
  { db }: Context,
  { user, id }: { user: string; id: string },
): { attempts: number; toldAt: number | null } | null {
  return db
    .query<{ attempts: number; toldAt: number | null }, [string, number]>(
      `SELECT attempts, told_at AS toldAt FROM locallife_pending WHERE user = ? AND message = ?`,
    )
    .get(user, Number(id))
}

function count({ db }: Context): number {
  return db.query<{ count: number }, []>('SELECT count(*) AS count FROM locallife_pending').get()!
    .count
}
