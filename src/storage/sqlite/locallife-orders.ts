import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import { dispatched, paymentTimeout, urged, type Event } from '../../systems/locallife/events.ts'
import type { NewOrder, Order, Orders } from '../../systems/locallife/orders.ts'
import { writeAudit } from './append.ts'
import { tellAudience } from './locallife-audience.ts'
import { pay } from './locallife-orders-pay.ts'
import { isOperator, paidOrder, visibleOrder } from './locallife-orders-rows.ts'
import type { Context, Procedures, Thread } from './procedure.ts'

/** The orders over the storage thread. */
export function locallifeOrders(thread: Thread): Orders {
  const write = <Result>(name: string, args: object) =>
    thread.write<Result>(`locallife.orders.${name}`, args)
  return {
    create: (wanted) => write('create', wanted),
    order: (user, id) => thread.read('locallife.orders.order', { user, id }),
    urge: (id, at) => write('urge', { id, at }),
    dispatch: (wanted) => write('dispatch', wanted),
    pay: (payment) => write('pay', payment),
    expire: (now, limit) => write('expire', { now, limit }),
    alert: (event, at) => write('alert', { event, at }),
  }
}

/** What the thread does for the orders of locallife. Each is one piece of work with its messages, all or nothing. */
export const locallifeOrdersProcedures: Procedures = {
  'locallife.orders.create': create,
  'locallife.orders.order': order,
  'locallife.orders.urge': urge,
  'locallife.orders.dispatch': dispatch,
  'locallife.orders.pay': pay,
  'locallife.orders.expire': expire,
  'locallife.orders.alert': tellPlatform,
}

/** Most unpaid orders of one consumer: each that expires alerts the platform. */
const mostUnpaid = 100

function create({ db }: Context, { idempotency, ...wanted }: NewOrder): Order {
  const earlier = idempotency && firstOrder(db, wanted.consumer, idempotency)
  if (earlier) return earlier
  mustTakeOrders(db, wanted.merchant)
  mustFit(db, wanted.consumer)
  const { id, consumer, merchant, region, items, amount, createdAt, expiresAt } = wanted
  db.query(
    `INSERT INTO locallife_order
         (id, consumer, merchant, region, items, amount, status, created_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, 'pending_payment', ?, ?)`,
  ).run(id, consumer, merchant, region, JSON.stringify(items), amount, createdAt, expiresAt)
  const made: Order = { ...wanted, status: 'pending_payment', rider: null, paidAt: null }
  if (idempotency) keepOrder(db, made, idempotency)
  return made
}

function mustTakeOrders(db: Database, merchant: string): void {
  const found = db
    .query<{ status: string }, [string]>('SELECT status FROM locallife_merchant WHERE id = ?')
    .get(merchant)
  if (found === null) throw new Refusal('NOT_FOUND', `No merchant "${merchant}"`)
  if (found.status === 'onboarded') return
  throw new Refusal('CONFLICT', `The merchant "${merchant}" takes no orders`)
}

function mustFit(db: Database, consumer: string): void {
  const { count } = db
    .query<{ count: number }, [string]>(
      `SELECT count(*) AS count FROM locallife_order
         WHERE consumer = ? AND status = 'pending_payment'`,
    )
    .get(consumer)!
  if (count < mostUnpaid) return
  const message = `A consumer has at most ${mostUnpaid} unpaid orders`
  throw new Refusal('CONFLICT', message, { limit: mostUnpaid })
}

type Key = NonNullable<NewOrder['idempotency']>

/** The order that the first request under a consumer's key made, as it was then; null when this is the first. */
function firstOrder(db: Database, consumer: string, { key, fingerprint }: Key): Order | null {
  const kept = db
    .query<{ fingerprint: string; answer: string }, [string, string]>(
      'SELECT fingerprint, answer FROM idempotency WHERE scope = ? AND key = ?',
    )
    .get(scopeOf(consumer), key)
  if (kept === null) return null
  if (kept.fingerprint === fingerprint) return JSON.parse(kept.answer) as Order
  throw new Refusal('IDEMPOTENCY_CONFLICT', `Another request used the key "${key}"`)
}

function keepOrder(db: Database, made: Order, { key, fingerprint }: Key): void {
  db.query(
    `INSERT INTO idempotency (scope, key, fingerprint, results, answer, at)
       VALUES (?, ?, ?, '[]', ?, ?)`,
  ).run(scopeOf(made.consumer), key, fingerprint, JSON.stringify(made), made.createdAt)
}

/** Keys of users and of servers never meet: no server key has a slash in its name. */
function scopeOf(user: string): string {
  return `locallife/user:${user}`
}

function order({ db }: Context, { user, id }: { user: string; id: string }): Order {
  return visibleOrder(db, user, id)
}

function urge(context: Context, { id, at }: { id: string; at: number }): void {
  const { merchant } = paidOrder(context.db, id)
  tellAudience(context, at, `merchant:${merchant}`, urged(id))
}

function dispatch(
  context: Context,
  { user, id, rider, at }: Parameters<Orders['dispatch']>[0],
): Order {
  const { db } = context
  if (!isOperator(db, user)) throw new Refusal('FORBIDDEN', 'Only the platform dispatches orders')
  const paid = paidOrder(db, id)
  // Whoever repeats a request whose answer got lost must not ring twice.
  if (paid.rider === rider) return paid
  const found = db
    .query<{ online: number }, [string]>('SELECT online FROM locallife_rider WHERE user = ?')
    .get(rider)
  if (found === null) throw new Refusal('NOT_FOUND', `No rider "${rider}"`)
  if (found.online !== 1) {
    throw new Refusal('RIDER_OFFLINE', `The rider "${rider}" is not online`, undefined, 409)
  }
  db.query('UPDATE locallife_order SET rider = ? WHERE id = ?').run(rider, id)
  const actor = `locallife/user:${user}`
  writeAudit(context, { at, actor, action: 'order.dispatch', subject: id, details: rider })
  tellAudience(context, at, `rider:${rider}`, dispatched(id))
  return { ...paid, rider }
}

function expire(context: Context, { now, limit }: { now: number; limit: number }): number {
  const due = context.db
    .query<{ id: string }, [number, number]>(
      `SELECT id FROM locallife_order WHERE status = 'pending_payment' AND expires_at <= ?
         ORDER BY expires_at LIMIT ?`,
    )
    .all(now, limit)
  const end = context.db.query("UPDATE locallife_order SET status = 'expired' WHERE id = ?")
  for (const { id } of due) {
    end.run(id)
    tellAudience(context, now, 'platform', paymentTimeout(id))
  }
  return due.length
}

function tellPlatform(context: Context, { event, at }: { event: Event; at: number }): void {
  tellAudience(context, at, 'platform', event)
}
