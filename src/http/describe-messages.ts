import * as v from 'valibot'
import { Instant, named, Whole, type Operation } from '../core/operation.ts'
import { HistoryQuery } from './channels.ts'
import { Batch, Single } from './publish.ts'

const publish = { access: { serverKey: ['publish'] } } as const
const look = { reads: true, method: 'get', access: { serverKey: ['publish', 'read'] } } as const

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
const notice = {
  channel: 'jive/family:f1',
  type: 'Notification',
  data: { level: 'info', title: 'Hello', message: 'Dinner is ready' },
}

/** Publishing. */
export const publishing: readonly Operation[] = [
  {
    ...publish,
    method: 'post',
    path: '/api/publish',
    id: 'publish',
    summary: 'Record one message and tell it',
    description:
      'On disk when the answer arrives. `type` and `data` must be an event of the channel. The same `idempotencyKey` with the same body gets the first answer again and makes no second message.',
    body: {
      schema: Single,
      fields: {
        channel: 'Its full name, `system/name`',
        type: 'One of the events of the channel',
        data: 'What clients get as the data of the event',
        externalUserId: "For the channels of dcs: the partner's user it is about",
        idempotencyKey: 'Kept at least 24 hours',
      },
    },
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
    body: { schema: Batch, fields: { idempotencyKey: 'One for all of them' } },
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

/** Looking into channels. */
export const channels: readonly Operation[] = [
  {
    ...look,
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
    ...look,
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
