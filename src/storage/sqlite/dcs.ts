import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Acting, Partner, PartnerList, Partners } from '../../systems/dcs/partners.ts'
import { writeAudit } from './append.ts'
import { endAll, listening, rotate, spend } from './dcs-channels.ts'
import type { Context, Procedures, Thread } from './procedure.ts'

/** Partners over the storage thread. */
export function dcsPartners(thread: Thread): Partners {
  const write = <Result>(name: string, args: object) => thread.write<Result>(`dcs.${name}`, args)
  const read = <Result>(name: string, args: object) => thread.read<Result>(`dcs.${name}`, args)
  return {
    known: (id) => read('known', { id }),
    find: (id) => read('find', { id }),
    list: (after, limit) => read('list', { after, limit }),
    create: (partner, secret, actor) => write('create', { partner, secret, actor }),
    renew: (id, secret, by) => write('renew', { id, secret, by }),
    remove: (id, by) => write('remove', { id, by }),
    byKey: (apiKey) => read('byKey', { apiKey }),
    spend: (use) => write('spend', use),
    rotate: (use, channel) => write('rotate', { use, channel }),
    listening: (hash, at) => read('listening', { hash, at }),
  }
}

/** What the thread does for dcs. */
export const dcsProcedures: Procedures = {
  'dcs.known': ({ db }: Context, { id }: { id: string }) => findPartner(db, id) !== null,
  'dcs.find': ({ db }: Context, { id }: { id: string }) => partnerOf(db, id),
  'dcs.list': list,
  'dcs.create': create,
  'dcs.renew': renew,
  'dcs.remove': remove,
  'dcs.byKey': byKey,
  'dcs.spend': spend,
  'dcs.rotate': rotate,
  'dcs.listening': listening,
}

const columns = 'id, api_key AS apiKey, created_at AS createdAt'

function list({ db }: Context, { after, limit }: { after: string; limit: number }): PartnerList {
  const found = db
    .query<Partner, [string, number]>(
      `SELECT ${columns} FROM dcs_partner WHERE id > ? ORDER BY id LIMIT ?`,
    )
    .all(after, limit + 1)
  return { items: found.slice(0, limit), more: found.length > limit }
}

function create(
  context: Context,
  { partner, secret, actor }: { partner: Partner; secret: string; actor: string },
): { partner: Partner; created: boolean } {
  const { db } = context
  const { id, apiKey, createdAt: at } = partner
  const known = findPartner(db, id)
  if (known !== null) return { partner: known, created: false }
  db.query('INSERT INTO dcs_partner (id, api_key, api_secret, created_at) VALUES (?, ?, ?, ?)').run(
    id,
    apiKey,
    secret,
    at,
  )
  audit(context, 'partner.create', id, { actor, at })
  return { partner, created: true }
}

function renew(
  context: Context,
  { id, secret, by }: { id: string; secret: string; by: Acting },
): Partner {
  const partner = partnerOf(context.db, id)
  context.db.query('UPDATE dcs_partner SET api_secret = ? WHERE id = ?').run(secret, id)
  audit(context, 'partner.secret', id, by)
  return partner
}

function remove(context: Context, { id, by }: { id: string; by: Acting }): readonly string[] {
  const { db } = context
  partnerOf(db, id)
  const ended = endAll(db, id, by.at)
  db.query('DELETE FROM dcs_partner WHERE id = ?').run(id)
  audit(context, 'partner.remove', id, by)
  return ended
}

function byKey(
  { db }: Context,
  { apiKey }: { apiKey: string },
): { id: string; secret: string } | null {
  return db
    .query<{ id: string; secret: string }, [string]>(
      'SELECT id, api_secret AS secret FROM dcs_partner WHERE api_key = ?',
    )
    .get(apiKey)
}

function findPartner(db: Database, id: string): Partner | null {
  return db.query<Partner, [string]>(`SELECT ${columns} FROM dcs_partner WHERE id = ?`).get(id)
}

function partnerOf(db: Database, id: string): Partner {
  const partner = findPartner(db, id)
  if (partner === null) throw new Refusal('NOT_FOUND', 'No such partner')
  return partner
}

function audit(context: Context, action: string, id: string, by: Acting): void {
  writeAudit(context, { ...by, action, subject: `dcs/${id}` })
}
