import type { Database } from 'bun:sqlite'
import type { Event } from '../../systems/locallife/events.ts'
import type { Context } from './procedure.ts'

/** Who stands behind each kind of channel; the parameter is the id behind the colon. */
const audiences: Readonly<Record<string, { readonly exists: string; readonly users: string }>> = {
  rider: {
    exists: 'SELECT 1 FROM locallife_rider WHERE user = ?1',
    users: "SELECT user FROM locallife_rider WHERE user = ?1 AND status = 'approved'",
  },
  merchant: {
    exists: 'SELECT 1 FROM locallife_merchant WHERE id = ?1',
    users: `SELECT a.user FROM locallife_administrator a JOIN locallife_merchant m ON m.id = a.merchant
      WHERE a.merchant = ?1 AND m.status = 'onboarded'`,
  },
  operator: {
    exists: 'SELECT 1 FROM locallife_operator WHERE user = ?1',
    users: 'SELECT user FROM locallife_operator WHERE user = ?1',
  },
  platform: {
    exists: 'SELECT 1 WHERE ?1 IS NULL',
    users: 'SELECT user FROM locallife_operator WHERE ?1 IS NULL',
  },
  region: {
    exists: 'SELECT 1 WHERE ?1 IS NOT NULL',
    users: 'SELECT user FROM locallife_rider WHERE region = ?1 AND online = 1',
  },
  // An inbox by itself: nobody publishes to it, but what was recorded there alone is its user's.
  user: {
    exists: 'SELECT 1 WHERE ?1 <> ?1',
    users: 'SELECT ?1 AS user',
  },
}

/** The users that a channel (`merchant:7`, `platform`) speaks to now; null when there is no such channel. */
export function audienceOf(db: Database, channel: string): readonly string[] | null {
  const found = parse(channel)
  if (found === null) return null
  const { id, exists, users } = found
  if (db.query(exists).get(id) === null) return null
  return db
    .query<{ user: string }, [string | null]>(`SELECT user FROM (${users}) ORDER BY user`)
    .all(id)
    .map(({ user }) => user)
}

/** Whether a channel speaks to a user now. */
export function speaksTo(db: Database, channel: string, user: string): boolean {
  const found = parse(channel)
  if (found === null) return false
  const query = `SELECT 1 FROM (${found.users}) WHERE user = ?2`
  return db.query<unknown, [string | null, string]>(query).get(found.id, user) !== null
}

/** Records an event in a channel and in the inbox of everybody it speaks to. */
export function tellAudience(context: Context, at: number, channel: string, event: Event): void {
  const users = audienceOf(context.db, channel) ?? []
  context.append({
    channels: [`locallife/${channel}`, ...users.map((user) => `locallife/user:${user}`)],
    ...event,
    at,
  })
}

function parse(channel: string) {
  const [, kind = '', id = null] = /^([a-z]+)(?::([A-Za-z0-9_-]{1,64}))?$/.exec(channel) ?? []
  const audience = Object.hasOwn(audiences, kind) ? audiences[kind] : undefined
  return audience === undefined ? null : { ...audience, id }
}
