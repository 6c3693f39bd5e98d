import * as v from 'valibot'
import { commonRefusals, type Wire, type WireFrame } from '../../core/wire.ts'
import { events } from './channels.ts'

const timestamp = '2026-01-02T03:04:05Z'
const Timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  v.description('RFC 3339 in UTC, whole seconds; of a notice: when it was recorded'),
)
const MessageId = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const Sequence = v.pipe(v.number(), v.integer(), v.minValue(1))
const Nothing = v.optional(v.looseObject({}))

/** A notice: it waits in the inbox of each user it is for, and any may have further fields. */
function notice(type: string, means: string, data: object): Record<string, WireFrame> {
  const frame = v.object({
    type: v.literal(type),
    id: v.pipe(MessageId, v.description('What an `ack` names; the same as `data.message_id`')),
    sequence: v.pipe(
      Sequence,
      v.description('Counts the notices of the receiving user, without holes'),
    ),
    data: v.intersect([events[type]!.schema, v.looseObject({ message_id: MessageId })]),
    timestamp: Timestamp,
  })
  const example = { type, id: '42', sequence: 7, data: { ...data, message_id: '42' }, timestamp }
  return { [type]: { means, frame, examples: [example] } }
}

/** A frame that is in no inbox. */
function frame(
  type: string,
  means: string,
  data: v.GenericSchema,
  example: object,
): Record<string, WireFrame> {
  return {
    [type]: {
      means,
      frame: v.object({ type: v.literal(type), data, timestamp: Timestamp }),
      examples: [{ type, data: example, timestamp }],
    },
  }
}

const refusals = {
  ...commonRefusals,
  INVALID_REQUEST: 'An `ack` without a `message_id` of 1 to 64 characters',
}
const order = { order_id: '0cc9a3cd3ac74df48bc906c5dca8de89' }

/** The wire of this system (L9–L16, L25). */
export const wire: Wire = {
  title: 'locallife: orders, riders and merchants',
  about: `Tells riders, merchants and the platform of orders and alarms, and tells again until they say that they know. Each notice waits in the inbox of every user it is for until an \`ack\` names it: it is told to all connections of the user, again after some seconds, and to whoever comes back within half an hour unless that is configured otherwise. So the same notice may come twice: compare \`sequence\`. The token is a JWT with \`sub\`, \`aud\` = \`locallife\` and \`exp\`; \`POST /v1/auth/wechat-login\` gives one. Its user must be an approved rider who is online, an administrator of an onboarded merchant, or an operator of the platform. A rider has one connection: a newer one ends the older.`,
  credentials: ['query', 'header'],
  query: v.object({
    last_sequence: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^\d{1,15}$/),
        v.description(
          'The client has everything up to it: acknowledges that, brings what came after',
        ),
      ),
    ),
    role: v.optional(
      v.pipe(
        v.picklist(['rider', 'merchant', 'platform']),
        v.description('The connection is here for this role alone, and ends with it'),
      ),
    ),
  }),
  params: {},
  paths: {
    '/v1/ws': 'Riders, merchants and the platform',
    '/v1/platform/ws': 'The platform alone',
  },
  refused: '{"code","message","details"}',
  handshake: {
    INVALID_PARAMS: '`last_sequence` is no sequence, or `role` no role',
    FORBIDDEN: 'The user has none of the roles',
    RIDER_OFFLINE: 'An approved rider who only has to go online: `POST /v1/rider/online`',
    STORE_UNAVAILABLE: 'The store cannot be read now',
  },
  client: {
    ack: {
      means:
        'The user knows this notice: it is not told again to any of its connections. No answer, also for an id that is unknown or acknowledged. The flat form is as good; of that only `message_id` counts.',
      frame: v.union([
        v.looseObject({ type: v.literal('ack'), data: v.looseObject({ message_id: MessageId }) }),
        v.looseObject({ type: v.literal('ack'), message_id: MessageId }),
      ]),
      examples: [
        { type: 'ack', data: { message_id: '42' } },
        { type: 'ack', message_id: '42', sequence: 7 },
      ],
    },
    ping: {
      means: 'Answered `pong`.',
      frame: v.looseObject({ type: v.literal('ping'), data: Nothing }),
      examples: [{ type: 'ping' }],
      answers: ['pong'],
    },
    pong: {
      means: 'The answer to a `ping` of the server.',
      frame: v.looseObject({ type: v.literal('pong'), data: Nothing }),
      examples: [{ type: 'pong' }],
    },
  },
  server: {
    ...notice('notification', 'Something to be shown, such as a new, urged or dispatched order.', {
      title: '新订单',
      content: '您有新的推荐订单',
    }),
    ...notice('alert', 'To the platform: something is wrong.', {
      ...{ title: '支付超时', content: '订单未在期限内支付，已失效', level: 'warning' },
    }),
    ...notice('order_update', 'An order has another status.', { ...order, status: 'paid' }),
    ...notice('merchant_status_change', 'A merchant has another status.', {
      ...{ merchant_id: 'noodles', status: 'closed' },
    }),
    ...notice('delivery_pool_new', 'An order can be delivered.', order),
    ...notice('delivery_pool_gone', 'An order cannot be taken any more.', order),
    ...notice('delivery_status_sync', 'A delivery has got on.', { ...order, status: 'picked_up' }),
    ...notice('connection_blocked', 'A backend wants this user to know why it is locked out.', {
      reason: 'Suspended',
    }),
    ...frame(
      'history_gap',
      'Sequences that `last_sequence` asked for and that are not told: too old, or too many.',
      v.object({ from: Sequence, to: Sequence }),
      { from: 3, to: 9 },
    ),
    ...frame(
      'error',
      'A frame was refused; the connection stays open.',
      v.object({ code: v.picklist(Object.keys(refusals)), message: v.string() }),
      { code: 'UNKNOWN_COMMAND', message: 'Unknown command "ACK"' },
    ),
    ...frame('ping', 'Only with `locallife.json_ping`; answer with `pong`.', v.object({}), {}),
    ...frame('pong', 'The answer to a `ping`.', v.object({}), {}),
  },
  refusal: {
    frame: 'error',
    codes: refusals,
  },
  alive:
    'The server sends a WebSocket ping every {interval}, which client libraries answer by themselves; anything that arrives is a sign of life.',
  closes: {
    forbidden: 'No role is left, or an operator ended it: a rider goes online first',
    replaced: 'A newer connection of the same rider: the two would end each other for ever',
  },
}
