import type { Database } from 'bun:sqlite'
import type { Event } from '../../systems/locallife/events.ts'
import type { Context } from './procedure.ts'

/** Who stands behind each kind of channel; the parameter is the id behind the colon. */
const audiences: Readonly<Record<string, { readonly exists: string; readonly users: string }>> = {
  rider: {
    exists: 'SELECT 1 FROM locallife_rider WHERE user = ?1',
    users: 'SELECT user FROM locallife_rider WHERE user = ?1',
  },
  merchant: {
    exists: 'SELECT 1 FROM locallife_merchant WHERE id = ?1',
    users: 'SELECT user FROM locallife_administrator WHERE merchant = ?1 ORDER BY user',
  },
  operator: {
    exists: 'SELECT 1 FROM locallife_operator WHERE user = ?1',
    users: 'SELECT user FROM locallife_operator WHERE user = ?1',
  },
  platform: {
    exists: 'SELECT 1 WHERE ?1 IS NULL',
    users: 'SELECT user FROM locallife_operator WHERE ?1 IS NULL ORDER BY user',
  },
  region: {
    exists: 'SELECT 1 WHERE ?1 IS NOT NULL',
    users: 'SELECT user FROM locallife_rider WHERE region = ?1 AND online = 1 ORDER BY user',
  },
}

/** The users that a channel (`merchant:7`, `platform`) speaks to; null when there is no such channel. */
export function audienceOf(db: Database, channel: string): readonly string[] | null {
  const [kind = '', id = null] = channel.split(':')
  const found = Object.hasOwn(audiences, kind) ? audiences[kind] : undefined
  if (found === undefined || db.query(found.exists).get(id) === null) return null
  return db
    .query<{ user: string }, [string | null]>(found.users)
    .all(id)
    .map(({ user }) => user)
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
