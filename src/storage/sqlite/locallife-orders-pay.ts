import type { Database } from 'bun:sqlite'
import {
  extraPayment,
  latePayment,
  newOrderForMerchant,
  newOrderForRiders,
  refusedPayment,
  unattendedOrder,
} from '../../systems/locallife/events.ts'
import type {
  Order,
  Payment,
  PaymentFault,
  PaymentOutcome,
} from '../../systems/locallife/orders.ts'
import { audienceOf, tellAudience } from './locallife-audience.ts'
import { findOrder } from './locallife-orders-rows.ts'
import type { Context } from './procedure.ts'

/** Keeps a payment and does what follows from it (L20, L21). One row for each transaction decides; a refused one is judged anew, since what it did not fit may have been put right, and alerts once. */
export function pay(
  context: Context,
  payment: Payment,
): { readonly outcome: PaymentOutcome } | { readonly fault: PaymentFault } {
  const { db } = context
  const before = outcomeOf(db, payment.transaction)
  if (before !== null && before !== 'refused') return { outcome: 'repeated' }
  const order = findOrder(db, payment.order)
  const fault = faultOf(payment, order)
  if (fault !== null) {
    keep(db, payment, 'refused', fault)
    if (before === null) {
      const { order: number, transaction, at } = payment
      tellAudience(context, at, 'platform', refusedPayment(number, transaction, faultNames[fault]))
    }
    return { fault }
  }
  const outcome = settle(context, payment, order!)
  return { outcome }
}

/** What does not fit, for the operators who read it. */
const faultNames: Readonly<Record<PaymentFault, string>> = {
  mchid: '商户号不符',
  appid: '应用 ID 不符',
  trade_state: '交易状态不是成功',
  order: '订单不存在',
  currency: '币种不符',
  amount: '金额不符',
}

function faultOf(payment: Payment, order: Order | null): PaymentFault | null {
  if (payment.fault !== null) return payment.fault
  if (order === null) return 'order'
  if (payment.currency !== 'CNY') return 'currency'
  return payment.amount === order.amount ? null : 'amount'
}

function settle(context: Context, payment: Payment, order: Order): PaymentOutcome {
  const { db } = context
  const { transaction, at } = payment
  if (order.status === 'paid' || isKnown(db, payment)) {
    keep(db, payment, 'extra', null)
    tellAudience(context, at, 'platform', extraPayment(order.id, transaction))
    return 'extra'
  }
  const outcome = order.status === 'expired' ? 'late' : 'paid'
  keep(db, payment, outcome, null)
  db.query("UPDATE locallife_order SET status = 'paid', paid_at = ? WHERE id = ?").run(at, order.id)
  const merchant = `merchant:${order.merchant}`
  tellAudience(context, at, merchant, newOrderForMerchant)
  tellAudience(context, at, `region:${order.region}`, newOrderForRiders)
  if (outcome === 'late') tellAudience(context, at, 'platform', latePayment(order.id))
  // A merchant may have closed since: somebody has to know of the money.
  if (!audienceOf(db, merchant)?.length) {
    tellAudience(context, at, 'platform', unattendedOrder(order.id))
  }
  return outcome
}

type Outcome = Exclude<PaymentOutcome, 'repeated'> | 'refused'

function outcomeOf(db: Database, transaction: string): Outcome | null {
  const found = db
    .query<{ outcome: Outcome }, [string]>(
      'SELECT outcome FROM locallife_payment WHERE transaction_id = ?',
    )
    .get(transaction)
  return found?.outcome ?? null
}

/** One notification pays once, whatever transaction it speaks of the second time. */
function isKnown(db: Database, { notification, transaction }: Payment): boolean {
  const other = db
    .query(
      `SELECT 1 FROM locallife_payment
         WHERE notification = ? AND transaction_id <> ? AND outcome <> 'refused'`,
    )
    .get(notification, transaction)
  return other !== null
}

function keep(db: Database, payment: Payment, outcome: Outcome, fault: PaymentFault | null): void {
  const { transaction, notification, order, amount, currency, at } = payment
  db.query(
    `INSERT INTO locallife_payment
         (transaction_id, notification, order_number, amount, currency, outcome, fault, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (transaction_id) DO UPDATE SET notification = excluded.notification,
         order_number = excluded.order_number, amount = excluded.amount,
         currency = excluded.currency, outcome = excluded.outcome, fault = excluded.fault,
         at = excluded.at`,
  ).run(transaction, notification, order, amount, currency, outcome, fault, at)
}
