import type { Database } from 'bun:sqlite'
import { fieldRefusal, Refusal } from '../../core/errors.ts'
import type {
  Acting,
  Merchant,
  Operator,
  People,
  Put,
  Rider,
  RiderStatus,
  Standing,
} from '../../systems/locallife/people.ts'
import { writeAudit } from './append.ts'
import { audienceOf } from './locallife-audience.ts'
import { withdraw } from './locallife-inbox.ts'
import type { Context, Procedures, Thread } from './procedure.ts'

/** The people of locallife over the storage thread. */
export function locallifePeople(thread: Thread): People {
  const write = <Result>(name: string, args: object) =>
    thread.write<Result>(`locallife.${name}`, args)
  const read = <Result>(name: string, args: object) =>
    thread.read<Result>(`locallife.${name}`, args)
  return {
    standing: (user) => read('standing', { user }),
    login: (openid, fresh, at) => write('login', { openid, fresh, at }),
    merchant: (id) => read('merchant', { id }),
    putRider: (acting, wanted) => write('putRider', { acting, wanted }),
    goOnline: (user, region) => write('goOnline', { user, region }),
    goOffline: (user) => write('goOffline', { user }),
    putMerchant: (acting, wanted) => write('putMerchant', { acting, wanted }),
    putOperator: (acting, wanted) => write('putOperator', { acting, wanted }),
    removeOperator: (acting, id) => write('removeOperator', { acting, id }),
    audience: (channel) => read('audience', { channel }),
  }
}

/** What the thread does for the people of locallife. */
export const locallifePeopleProcedures: Procedures = {
  'locallife.standing': standing,
  'locallife.login': login,
  'locallife.merchant': ({ db }: Context, { id }: { id: string }) => merchantOf(db, id),
  'locallife.putRider': putRider,
  'locallife.goOnline': goOnline,
  'locallife.goOffline': goOffline,
  'locallife.putMerchant': putMerchant,
  'locallife.putOperator': putOperator,
  'locallife.removeOperator': removeOperator,
  'locallife.audience': ({ db }: Context, { channel }: { channel: string }) =>
    audienceOf(db, channel),
}

function standing({ db }: Context, { user }: { user: string }): Standing {
  const merchants = db
    .query<{ id: string }, [string]>(
      `SELECT m.id FROM locallife_administrator a JOIN locallife_merchant m ON m.id = a.merchant
         WHERE a.user = ? AND m.status = 'onboarded' ORDER BY m.id`,
    )
    .all(user)
    .map(({ id }) => id)
  return {
    user,
    rider: riderOf(db, user),
    merchants,
    operator: operatorOf(db, user)?.role ?? null,
  }
}

function login(
  { db }: Context,
  { openid, fresh, at }: { openid: string; fresh: string; at: number },
): string {
  const known = db
    .query<{ id: string }, [string]>('SELECT id FROM locallife_user WHERE openid = ?')
    .get(openid)
  if (known !== null) return known.id
  db.query('INSERT INTO locallife_user (id, openid, created_at) VALUES (?, ?, ?)').run(
    fresh,
    openid,
    at,
  )
  return fresh
}

function putRider(
  context: Context,
  {
    acting,
    wanted: { id, status, region },
  }: { acting: Acting; wanted: { id: string; status: RiderStatus; region?: string } },
): Put<Rider> {
  const { db } = context
  know(db, id, acting.at)
  const before = riderOf(db, id)
  db.query(
    `INSERT INTO locallife_rider (user, status, region) VALUES (?1, ?2, ?3) ON CONFLICT (user)
       DO UPDATE SET status = ?2, region = coalesce(?3, region),
         online = CASE WHEN ?2 = 'approved' THEN online ELSE 0 END`,
  ).run(id, status, region ?? null)
  withdraw(db, id)
  writeAudit(context, { ...acting, action: 'rider.put', subject: id, details: status })
  return { value: riderOf(db, id)!, made: before === null }
}

function goOnline(
  { db }: Context,
  { user, region: wanted }: { user: string; region: string | null },
): Rider {
  mustBeApproved(db, user)
  const region = wanted ?? riderOf(db, user)?.region
  if (!region) throw fieldRefusal('INVALID_REQUEST', 'region_id', 'Missing')
  db.query('UPDATE locallife_rider SET online = 1, region = ? WHERE user = ?').run(region, user)
  withdraw(db, user)
  return riderOf(db, user)!
}

function goOffline({ db }: Context, { user }: { user: string }): Rider {
  mustBeApproved(db, user)
  db.query('UPDATE locallife_rider SET online = 0 WHERE user = ?').run(user)
  withdraw(db, user)
  return riderOf(db, user)!
}

function putMerchant(
  context: Context,
  { acting, wanted }: { acting: Acting; wanted: Merchant },
): Put<Merchant> & { touched: readonly string[] } {
  const { db } = context
  const { id, name, status } = wanted
  const before = merchantOf(db, id)
  const administrators = [...new Set(wanted.administrators)]
  for (const user of administrators) know(db, user, acting.at)
  db.query(
    `INSERT INTO locallife_merchant (id, name, status) VALUES (?1, ?2, ?3)
       ON CONFLICT (id) DO UPDATE SET name = ?2, status = ?3`,
  ).run(id, name, status)
  db.query('DELETE FROM locallife_administrator WHERE merchant = ?').run(id)
  const insert = db.query('INSERT INTO locallife_administrator (merchant, user) VALUES (?, ?)')
  for (const user of administrators) insert.run(id, user)
  const touched = [...new Set([...(before?.administrators ?? []), ...administrators])]
  for (const user of touched) withdraw(db, user)
  const details = `${status}, administrators: ${administrators.join(' ')}`
  writeAudit(context, { ...acting, action: 'merchant.put', subject: id, details })
  return { value: merchantOf(db, id)!, made: before === null, touched }
}

function putOperator(
  context: Context,
  { acting, wanted: { id, role } }: { acting: Acting; wanted: Operator },
): Put<Operator> {
  const { db } = context
  know(db, id, acting.at)
  const before = operatorOf(db, id)
  db.query(
    `INSERT INTO locallife_operator (user, role) VALUES (?1, ?2)
       ON CONFLICT (user) DO UPDATE SET role = ?2`,
  ).run(id, role)
  writeAudit(context, { ...acting, action: 'operator.put', subject: id, details: role })
  return { value: { id, role }, made: before === null }
}

function removeOperator(context: Context, { acting, id }: { acting: Acting; id: string }): void {
  const { db } = context
  const { changes } = db.query('DELETE FROM locallife_operator WHERE user = ?').run(id)
  if (changes === 0) throw new Refusal('NOT_FOUND', `No operator "${id}"`)
  withdraw(db, id)
  writeAudit(context, { ...acting, action: 'operator.delete', subject: id })
}

/** Whoever is given a role need not have logged in yet. */
function know(db: Database, user: string, at: number): void {
  db.query(
    'INSERT INTO locallife_user (id, created_at) VALUES (?, ?) ON CONFLICT (id) DO NOTHING',
  ).run(user, at)
}

function riderOf(db: Database, user: string): Rider | null {
  const row = db
    .query<{ status: RiderStatus; online: number; region: string | null }, [string]>(
      'SELECT status, online, region FROM locallife_rider WHERE user = ?',
    )
    .get(user)
  return row && { id: user, ...row, online: row.online === 1 }
}

function mustBeApproved(db: Database, user: string): void {
  if (riderOf(db, user)?.status === 'approved') return
  throw new Refusal('FORBIDDEN', 'Only an approved rider goes online or offline')
}

function merchantOf(db: Database, id: string): Merchant | null {
  const row = db
    .query<Pick<Merchant, 'id' | 'name' | 'status'>, [string]>(
      'SELECT id, name, status FROM locallife_merchant WHERE id = ?',
    )
    .get(id)
  if (row === null) return null
  const administrators = db
    .query<{ user: string }, [string]>(
      'SELECT user FROM locallife_administrator WHERE merchant = ? ORDER BY user',
    )
    .all(id)
    .map(({ user }) => user)
  return { ...row, administrators }
}

function operatorOf(db: Database, id: string): Operator | null {
  return db
    .query<Operator, [string]>('SELECT user AS id, role FROM locallife_operator WHERE user = ?')
    .get(id)
}
