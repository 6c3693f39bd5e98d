import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Order } from '../../systems/locallife/orders.ts'

/** The order with an id, null when there is none. */
export function findOrder(db: Database, id: string): Order | null {
  const found = db
    .query<Omit<Order, 'items'> & { items: string }, [string]>(
      `SELECT id, consumer, merchant, region, items, amount, status, rider,
         created_at AS createdAt, expires_at AS expiresAt, paid_at AS paidAt
       FROM locallife_order WHERE id = ?`,
    )
    .get(id)
  return found && { ...found, items: JSON.parse(found.items) }
}

function orderOf(db: Database, id: string): Order {
  return findOrder(db, id) ?? noOrder()
}

/** The order as a user may see it: who paid it, who looks after it, and the platform; for others it does not exist. */
export function visibleOrder(db: Database, user: string, id: string): Order {
  const order = orderOf(db, id)
  if (order.consumer === user || isOperator(db, user)) return order
  const administers = db
    .query('SELECT 1 FROM locallife_administrator WHERE merchant = ? AND user = ?')
    .get(order.merchant, user)
  return administers === null ? noOrder() : order
}

/** The paid order with an id; refuses NOT_FOUND, and CONFLICT while or because it is not paid. */
export function paidOrder(db: Database, id: string): Order {
  const order = orderOf(db, id)
  if (order.status === 'paid') return order
  throw new Refusal('CONFLICT', 'The order is not paid', { status: order.status })
}

/** Whether a user works for the platform. */
export function isOperator(db: Database, user: string): boolean {
  return db.query('SELECT 1 FROM locallife_operator WHERE user = ?').get(user) !== null
}

function noOrder(): never {
  throw new Refusal('NOT_FOUND', 'No such order')
}
