import type { Repeatable } from '../../core/idempotency.ts'
import type { Event } from './events.ts'

/** What becomes of an order; `paid` and `expired` are told apart by money alone: a late payment makes an expired order paid. */
export const orderStatuses = ['pending_payment', 'paid', 'expired'] as const
/** One of them. */
export type OrderStatus = (typeof orderStatuses)[number]

/** One line of an order; the price of one piece in fen. */
export interface Item {
  readonly name: string
  readonly quantity: number
  readonly price: number
}

/** An order; amounts in fen, times in epoch ms. Its id is its number at WeChat Pay too (`out_trade_no`). */
export interface Order {
  readonly id: string
  /** The user who pays. */
  readonly consumer: string
  readonly merchant: string
  readonly region: string
  readonly items: readonly Item[]
  readonly amount: number
  readonly status: OrderStatus
  /** The user it was dispatched to, null before. */
  readonly rider: string | null
  readonly createdAt: number
  readonly expiresAt: number
  readonly paidAt: number | null
}

/** What makes an order; a repeat under the same key of the same consumer gets the first order. */
export interface NewOrder extends Omit<Order, 'status' | 'rider' | 'paidAt'> {
  readonly idempotency: Repeatable | null
}

/** A payment as WeChat Pay notified it, its signature checked; `at` in epoch ms. */
export interface Payment {
  readonly transaction: string
  readonly notification: string
  /** The `out_trade_no`: our order's id, if it is one. */
  readonly order: string
  /** In the smallest unit of the currency. */
  readonly amount: number
  readonly currency: string
  /** What is wrong with it whatever the order, null when nothing is. */
  readonly fault: 'mchid' | 'appid' | 'trade_state' | null
  readonly at: number
}

/** Why a payment is refused. */
export type PaymentFault = NonNullable<Payment['fault']> | 'order' | 'currency' | 'amount'

/** What a payment came to: `late` paid an order that had expired, `extra` is money that no order waits for, `repeated` was kept before. */
export type PaymentOutcome = 'paid' | 'late' | 'extra' | 'repeated'

/** The orders, their payments and what is told of them, each change one transaction with its messages (L20). Changes are durable when they resolve. */
export interface Orders {
  /** Refuses NOT_FOUND for an unknown merchant, CONFLICT for a closed one and for the unpaid order that is one too many. */
  create(wanted: NewOrder): Promise<Order>
  /** The order as its consumer, its merchant's administrators or the platform's operators see it; refuses NOT_FOUND for everybody else. */
  order(user: string, id: string): Promise<Order>
  /** Tells the merchant's administrators that the consumer waits; refuses NOT_FOUND, CONFLICT unless it is paid. */
  urge(id: string, at: number): Promise<void>
  /** Gives a paid order to an online rider and tells the rider, once. Refuses FORBIDDEN unless the user works for the platform, NOT_FOUND, CONFLICT, RIDER_OFFLINE. */
  dispatch(wanted: {
    readonly user: string
    readonly id: string
    readonly rider: string
    readonly at: number
  }): Promise<Order>
  /** Keeps a payment and does what follows from it, once for each transaction: the first makes the order paid. */
  pay(
    payment: Payment,
  ): Promise<{ readonly outcome: PaymentOutcome } | { readonly fault: PaymentFault }>
  /** Ends unpaid orders whose time is over at `now`, at most `limit`, and answers how many. */
  expire(now: number, limit: number): Promise<number>
  /** Tells the operators of the platform what no order knows of. */
  alert(event: Event, at: number): Promise<void>
}
