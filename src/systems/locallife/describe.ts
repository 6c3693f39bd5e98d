import * as v from 'valibot'
import { IdempotencyHeader } from '../../core/idempotency.ts'
import {
  named,
  refusalShape,
  Whole,
  type Description,
  type Operation,
} from '../../core/operation.ts'
import { peopleOperations, usersOperations } from './describe-people.ts'
import { Dispatch, Item, NewOrderBody } from './order-routes.ts'
import { orderStatuses } from './orders.ts'
import { Id } from './shapes.ts'
import { Envelope, Notification } from './wechat-pay.ts'

const user = { access: { locallifeToken: [] } } as const
const Fen = v.pipe(Whole, v.description('In fen'))
const Time = v.pipe(v.string(), v.isoTimestamp())

const status = v.picklist(orderStatuses)
const made = { id: Id, status, amount: Fen, out_trade_no: Id, expires_at: Time }
const Order = named(
  'Order',
  v.object({
    ...made,
    merchant_id: Id,
    region_id: Id,
    items: v.array(Item),
    rider_id: v.nullable(Id),
    created_at: Time,
    paid_at: v.nullable(Time),
  }),
)

const id = '5d1f0c9ab2e34c7d8e6f7a8b9c0d1e2f'
const items = [{ name: 'Beef noodles', quantity: 2, price: 1_800 }]
const placed = {
  id,
  status: 'pending_payment',
  amount: 3_600,
  out_trade_no: id,
  expires_at: '2026-01-02T03:19:05.000Z',
}
const paid = {
  ...placed,
  status: 'paid',
  merchant_id: 'm1',
  region_id: 'north',
  items,
  rider_id: null,
  created_at: '2026-01-02T03:04:05.000Z',
  paid_at: '2026-01-02T03:05:00.000Z',
}

const orders: readonly Operation[] = [
  {
    ...user,
    method: 'post',
    path: '/v1/orders',
    id: 'createOrder',
    summary: 'Order from a merchant',
    description:
      'Prices in fen. The same `Idempotency-Key` with the same body gets the first order again.',
    headers: v.object({ 'Idempotency-Key': IdempotencyHeader }),
    body: { schema: NewOrderBody },
    example: {
      headers: { 'Idempotency-Key': 'cart-1' },
      body: { merchant_id: 'm1', region_id: 'north', items },
    },
    answers: {
      201: {
        says: 'The order; `out_trade_no` is its number at WeChat Pay',
        schema: v.object(made),
        example: placed,
      },
    },
    refusals: ['NOT_FOUND', 'CONFLICT', 'IDEMPOTENCY_CONFLICT', 'RATE_LIMITED'],
  },
  {
    ...user,
    reads: true,
    method: 'get',
    path: '/v1/orders/:id',
    id: 'readOrder',
    summary: 'One order, for those whom it concerns',
    params: v.object({ id: Id }),
    example: { params: { id } },
    answers: { 200: { says: 'The order', schema: Order, example: paid } },
    refusals: ['NOT_FOUND', 'RATE_LIMITED'],
  },
  {
    ...user,
    method: 'post',
    path: '/v1/orders/:id/urge',
    id: 'urgeOrder',
    summary: 'Tell the merchant that its consumer waits',
    description: 'Once a minute for each order.',
    params: v.object({ id: Id }),
    example: { params: { id } },
    answers: { 204: { says: 'It is told' } },
    refusals: ['FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'RATE_LIMITED'],
  },
  {
    ...user,
    method: 'post',
    path: '/v1/orders/:id/dispatch',
    id: 'dispatchOrder',
    summary: 'Give a paid order to an online rider, as an operator',
    params: v.object({ id: Id }),
    body: { schema: Dispatch },
    example: { params: { id }, body: { rider_id: 'r1' } },
    answers: {
      200: { says: 'The order', schema: Order, example: { ...paid, rider_id: 'r1' } },
    },
    refusals: ['FORBIDDEN', 'RIDER_OFFLINE', 'NOT_FOUND', 'CONFLICT', 'RATE_LIMITED'],
    statuses: { RIDER_OFFLINE: 409 },
  },
]

const payment: Operation = {
  access: { wechatTimestamp: [], wechatNonce: [], wechatSerial: [], wechatSignature: [] },
  method: 'post',
  path: '/v1/webhooks/wechat-pay/notify',
  id: 'wechatPayNotify',
  summary: 'What WeChat Pay notifies',
  description: 'For WeChat Pay alone. After a failure it sends the notification again.',
  body: { schema: v.object({ ...Notification.entries, ...Envelope.entries }) },
  example: {
    body: {
      id: 'EV-2018022511223320873',
      event_type: 'TRANSACTION.SUCCESS',
      resource: {
        algorithm: 'AEAD_AES_256_GCM',
        ciphertext: '…',
        nonce: 'fdasflkja484w',
        associated_data: 'transaction',
      },
    },
  },
  answers: { 204: { says: 'The payment is kept, or none of ours' } },
  refusals: ['NOT_FOUND', 'NOT_CONFIGURED'],
}

const Fail = v.object({ code: v.literal('FAIL'), message: v.string() })

function header(name: string, description: string) {
  return { type: 'apiKey', in: 'header', name, description }
}

/** The people and orders of a delivery platform. */
export const description: Description = {
  name: 'locallife',
  summary: 'Orders, payments and the people of a delivery platform',
  schemes: {
    locallifeToken: {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'A token of a user for locallife: `sub`, `aud` = `locallife`, `exp`',
    },
    wechatTimestamp: header('Wechatpay-Timestamp', 'Seconds, within five minutes'),
    wechatNonce: header('Wechatpay-Nonce', 'What the signature covers beside time and body'),
    wechatSerial: header('Wechatpay-Serial', 'Which public key of WeChat Pay'),
    wechatSignature: header(
      'Wechatpay-Signature',
      'RSA with SHA-256 over timestamp, nonce and body, each with a newline, in Base64',
    ),
  },
  operations: [...usersOperations, ...orders, payment, ...peopleOperations],
  refused: (operation) =>
    operation !== payment
      ? null
      : {
          name: 'WechatFailure',
          shape: (codes) =>
            codes.includes('NOT_CONFIGURED')
              ? v.union([Fail, refusalShape.shape(['NOT_CONFIGURED'])])
              : Fail,
        },
}
