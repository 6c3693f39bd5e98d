import * as v from 'valibot'
import { Instant, named, Whole, type Description, type Operation } from '../core/operation.ts'
import { HistoryQuery } from './channels.ts'
import { ConnectionsQuery } from './connections.ts'
import { Batch, Single } from './publish.ts'

const publish = { access: { serverKey: ['publish'] } } as const
const admin = { access: { serverKey: ['admin'] } } as const

const Published = named(
  'Published',
  v.object({ id: v.string(), version: Whole, recipients: Whole }),
)
const Channels = named(
  'Channels',
  v.object({ channels: v.array(v.object({ channel: v.string(), listeners: Whole })) }),
)
const Message = named(
  'Message',
  v.object({
    id: v.string(),
    version: Whole,
    type: v.string(),
    at: Instant,
    meta: v.optional(v.record(v.string(), v.string())),
    data: v.unknown(),
  }),
)
const History = named('History', v.object({ messages: v.array(Message), more: v.boolean() }))
const Connection = named(
  'Connection',
  v.object({
    id: v.string(),
    system: v.string(),
    user: v.nullable(v.string()),
    address: v.string(),
    openedAt: Instant,
    channels: v.array(v.string()),
  }),
)
const Connections = v.object({ connections: v.array(Connection), total: Whole })
const Readiness = named(
  'Readiness',
  v.object({ ready: v.boolean(), checks: v.record(v.string(), v.string()) }),
)

const notice = {
  channel: 'jive/family:f1',
  type: 'Notification',
  data: { level: 'info', title: 'Hello', message: 'Dinner is ready' },
}

const publishing: readonly Operation[] = [
  {
    ...publish,
    method: 'post',
    path: '/api/publish',
    id: 'publish',
    summary: 'Record one message and tell it',
    description:
      'On disk when the answer arrives. `type` and `data` must be an event of the channel. The same `idempotencyKey` with the same body gets the first answer again and makes no second message; keys are kept at least 24 hours. `externalUserId` belongs to the channels of dcs.',
    body: { schema: Single },
    example: { body: { ...notice, idempotencyKey: 'order-17' } },
    answers: {
      200: {
        says: 'Its id in the whole store, its version in the channel, and how many connections of this node listened',
        schema: Published,
        example: { id: '42', version: 7, recipients: 3 },
      },
    },
    refusals: ['NOT_FOUND', 'IDEMPOTENCY_CONFLICT'],
  },
  {
    ...publish,
    method: 'post',
    path: '/api/publish/batch',
    id: 'publishBatch',
    summary: 'Record up to 1,000 messages, all or none',
    body: { schema: Batch },
    example: {
      body: { messages: [notice, { ...notice, channel: 'jive/user:ann' }] },
    },
    answers: {
      200: {
        says: 'One result for each message, in their order',
        schema: v.object({ results: v.array(Published) }),
        example: {
          results: [
            { id: '42', version: 7, recipients: 3 },
            { id: '43', version: 1, recipients: 1 },
          ],
        },
      },
    },
    refusals: ['NOT_FOUND', 'IDEMPOTENCY_CONFLICT'],
  },
]

const channels: readonly Operation[] = [
  {
    ...publish,
    reads: true,
    method: 'get',
    path: '/api/channels',
    id: 'listChannels',
    summary: 'Channels with listeners on this node',
    answers: {
      200: {
        says: 'Most listeners first, at most 1,000',
        schema: Channels,
        example: { channels: [{ channel: 'jive/family:f1', listeners: 3 }] },
      },
    },
  },
  {
    ...publish,
    reads: true,
    method: 'get',
    path: '/api/channels/:system/:name/history',
    id: 'readHistory',
    summary: 'What a channel has recorded',
    description:
      'Messages after a version, oldest first; without `after`, from the oldest kept on.',
    params: v.object({ system: v.string(), name: v.string() }),
    query: HistoryQuery,
    example: { params: { system: 'jive', name: 'family:f1' }, query: { limit: '2' } },
    answers: {
      200: {
        says: 'A part of the history; `more`: there are further messages',
        schema: History,
        example: {
          messages: [
            { id: '42', version: 7, type: notice.type, at: 1_767_323_045_000, data: notice.data },
          ],
          more: false,
        },
      },
    },
    refusals: ['NOT_FOUND', 'HISTORY_GONE'],
  },
]

const connections: readonly Operation[] = [
  {
    ...admin,
    reads: true,
    method: 'get',
    path: '/api/connections',
    id: 'listConnections',
    summary: 'Who is connected to this node',
    query: ConnectionsQuery,
    example: { query: { system: 'jive', user: 'ann' } },
    answers: {
      200: {
        says: 'At most 1,000; `total` counts everybody, whatever is asked for',
        schema: Connections,
        example: {
          connections: [
            {
              id: '1f',
              system: 'jive',
              user: 'ann',
              address: '192.0.2.7',
              openedAt: 1_767_323_045_000,
              channels: ['family:f1', 'user:ann'],
            },
          ],
          total: 1,
        },
      },
    },
  },
  {
    ...admin,
    method: 'delete',
    path: '/api/connections/:id',
    id: 'endConnection',
    summary: 'End one connection with 4403',
    params: v.object({ id: v.string() }),
    example: { params: { id: '1f' } },
    answers: { 204: { says: 'It is closed' } },
    refusals: ['NOT_FOUND'],
  },
  {
    ...admin,
    method: 'delete',
    path: '/api/users/:system/:user/connections',
    id: 'endUser',
    summary: "End all of a user's connections with 4403",
    params: v.object({ system: v.string(), user: v.string() }),
    example: { params: { system: 'jive', user: 'ann' } },
    answers: { 204: { says: 'None is left; also when there was none' } },
    refusals: ['NOT_FOUND'],
  },
]

const health: readonly Operation[] = [
  {
    reads: true,
    method: 'get',
    path: '/healthz',
    id: 'health',
    summary: 'Whether the process answers',
    answers: {
      200: { says: 'It does', type: 'text/plain', schema: v.literal('ok'), example: 'ok' },
    },
  },
  {
    reads: true,
    method: 'get',
    path: '/readyz',
    id: 'readiness',
    summary: 'Whether traffic should come here',
    answers: {
      200: {
        says: 'Every check is well, or what is wrong with it is tolerated',
        schema: Readiness,
        example: { ready: true, checks: { store: 'ok', broker: 'ok', draining: 'ok' } },
      },
      503: {
        says: 'A check fails',
        schema: Readiness,
        example: { ready: false, checks: { store: 'ok', broker: 'ok', draining: 'draining' } },
      },
    },
  },
]

/** The common API of a listener that serves everything. */
export const description: Description = {
  name: 'common',
  summary: 'Publish, look into channels and connections, ask after the health of the server',
  schemes: {
    serverKey: {
      type: 'http',
      scheme: 'bearer',
      description:
        'A server key: `server_key` of the configuration, which has every scope, or one made with `fanfare key create NAME --scope …`',
    },
  },
  operations: [...publishing, ...channels, ...connections, ...health],
}
