import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { Refusal } from '../../core/errors.ts'
import { repeatable } from '../../core/idempotency.ts'
import { readJson } from '../../core/json.ts'
import type { Rate } from '../../core/limiter.ts'
import { shaped } from '../../core/protocol.ts'
import { spend } from '../../core/turn.ts'
import type { LocallifeParts } from './options.ts'
import type { NewOrder, Order, Orders } from './orders.ts'
import { idPattern } from './people.ts'
import { asker } from './session.ts'
import { Id } from './shapes.ts'

/** What the routes of orders work with. */
export interface OrderParts extends Pick<
  LocallifeParts,
  'clock' | 'verify' | 'limiter' | 'rate' | 'times'
> {
  readonly orders: Orders
}

function whole(least: number, most: number) {
  const message = `Expected a whole number from ${least} to ${most}`
  return v.pipe(
    v.number(message),
    v.integer(message),
    v.minValue(least, message),
    v.maxValue(most, message),
  )
}

/** One piece costs at most ten million yuan, so that the largest order is an exact number of fen. */
const mostFen = 1_000_000_000

/** One line of an order. */
export const Item = v.object({
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(100)),
  quantity: whole(1, 9_999),
  price: whole(0, mostFen),
})

/** Body of POST /v1/orders; prices in fen. */
export const NewOrderBody = v.object({
  merchant_id: Id,
  region_id: Id,
  items: v.pipe(
    v.array(Item),
    v.minLength(1),
    v.maxLength(100),
    v.check((items) => amountOf(items) > 0, 'Expected an amount above zero'),
  ),
})

/** Body of POST /v1/orders/{id}/dispatch. */
export const Dispatch = v.object({ rider_id: Id })

/** Of one order: a consumer who waits may say so once a minute. */
const urges: Rate = { perSecond: 1 / 60, burst: 1 }

/** HTTP for orders (L18, L19), with the user's Bearer token. Refusals are thrown; the server's app answers them. */
export function orderRoutes(parts: OrderParts): Hono {
  const { orders, clock, limiter } = parts
  const app = new Hono()
  app.post('/v1/orders', async (context) => {
    const user = await asker(context.req.raw.headers, parts)
    const body = shaped(NewOrderBody, await json(context))
    const idempotency = repeatable(context.req.raw.headers, body)
    const made = await orders.create({ ...newOrder(user, body, parts), idempotency })
    const { id, status, amount, out_trade_no, expires_at } = told(made)
    return context.json({ id, status, amount, out_trade_no, expires_at }, 201)
  })
  app.get('/v1/orders/:id', async (context) => {
    const user = await asker(context.req.raw.headers, parts)
    return context.json(told(await orders.order(user, idOf(context))))
  })
  app.post('/v1/orders/:id/urge', async (context) => {
    const user = await asker(context.req.raw.headers, parts)
    const { id, consumer, status } = await orders.order(user, idOf(context))
    if (consumer !== user) throw new Refusal('FORBIDDEN', 'Only the consumer urges an order')
    // Neither changes any more once it is paid, so nothing can come between this and the write.
    if (status !== 'paid') throw new Refusal('CONFLICT', 'The order is not paid', { status })
    spend(limiter, `locallife/urge:${id}`, urges)
    await orders.urge(id, clock.now())
    return new Response(null, { status: 204 })
  })
  app.post('/v1/orders/:id/dispatch', async (context) => {
    const user = await asker(context.req.raw.headers, parts)
    const { rider_id: rider } = shaped(Dispatch, await json(context))
    const id = idOf(context)
    return context.json(told(await orders.dispatch({ user, id, rider, at: clock.now() })))
  })
  return app
}

/** A hundred items with long names take 50 KB. */
const mostBytes = 65_536

function json({ req }: Context): Promise<unknown> {
  return readJson(req.raw, [], mostBytes)
}

/** An id of the path; one that cannot exist is answered like one that does not. */
function idOf({ req }: Context): string {
  const id = req.param('id') ?? ''
  if (!idPattern.test(id)) throw new Refusal('NOT_FOUND', 'No such order')
  return id
}

function newOrder(
  consumer: string,
  { merchant_id: merchant, region_id: region, items }: v.InferOutput<typeof NewOrderBody>,
  { clock, times }: OrderParts,
): Omit<NewOrder, 'idempotency'> {
  const createdAt = clock.now()
  return {
    // 32 characters that WeChat Pay takes as a number and that nobody can guess.
    id: crypto.randomUUID().replaceAll('-', ''),
    consumer,
    merchant,
    region,
    items,
    amount: amountOf(items),
    createdAt,
    expiresAt: createdAt + times.paymentDeadline,
  }
}

function amountOf(items: readonly v.InferOutput<typeof Item>[]): number {
  return items.reduce((sum, { quantity, price }) => sum + quantity * price, 0)
}

/** An order as HTTP tells it: times in RFC 3339 UTC, amounts in fen. */
function told(order: Order) {
  return {
    id: order.id,
    status: order.status,
    merchant_id: order.merchant,
    region_id: order.region,
    items: order.items,
    amount: order.amount,
    out_trade_no: order.id,
    rider_id: order.rider,
    created_at: new Date(order.createdAt).toISOString(),
    expires_at: new Date(order.expiresAt).toISOString(),
    paid_at: order.paidAt === null ? null : new Date(order.paidAt).toISOString(),
  }
}
