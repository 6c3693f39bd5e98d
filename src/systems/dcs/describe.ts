import * as v from 'valibot'
import { Instant, named, type Description, type Operation } from '../../core/operation.ts'
import type { ErrorCode } from '../../core/errors.ts'
import { ListQuery } from './admin.ts'
import { idPattern } from './partners.ts'
import { apiKeyPattern, channelPattern } from './secrets.ts'
import { versionPattern } from './session.ts'

const signed = {
  access: { dapiKey: [], dapiTimestamp: [], dapiNonce: [], dapiSign: [] },
} as const
const admin = { access: { serverKey: ['admin'] } } as const

const doubts: readonly ErrorCode[] = [
  'INVALID_REQUEST',
  'DAPI_KEY_UNKNOWN',
  'DAPI_TIMESTAMP_EXPIRED',
  'DAPI_NONCE_USED',
  'DAPI_SIGN_INVALID',
  'RATE_LIMITED',
]

/** Every answer to a partner but a refusal (D5). */
function enveloped<Schema extends v.GenericSchema>(data: Schema) {
  return v.object({
    code: v.literal('SYS_SUCCESS'),
    message: v.null(),
    messageDetail: v.null(),
    data,
    success: v.literal(true),
  })
}

const envelope = { code: 'SYS_SUCCESS', message: null, messageDetail: null, success: true }
const Version = v.optional(v.pipe(v.string(), v.regex(versionPattern)))
const frame =
  '{"type":"KYC_STATUS","timestamp":"1731471194021","version":"7","externalUserId":"f1b718e0","data":{"status":"PASS"}}'

const partners: readonly Operation[] = [
  {
    ...signed,
    method: 'get',
    path: '/websocket/v1/get-channel',
    id: 'getChannel',
    summary: 'Make a new listen channel',
    description:
      'It becomes the only one of the partner: earlier ones end at once, or after `dcs.rotation_grace`. Connect to `/ws/{channel}` with it.',
    answers: {
      200: {
        says: 'The id of the channel: a secret',
        schema: enveloped(v.pipe(v.string(), v.regex(channelPattern))),
        example: { ...envelope, data: '7hWkZbXq3mNcR9sVt2LdYp' },
      },
    },
    refusals: [...doubts, 'RESTARTING'],
  },
  {
    ...signed,
    method: 'get',
    path: '/websocket/v1/search',
    id: 'searchMessages',
    summary: 'Look recorded messages up again',
    description:
      'One by its `version`, or those between `from` and `to`, both included, at most 100: either the one or the other.',
    query: v.object({ version: Version, from: Version, to: Version, limit: Version }),
    example: { query: { version: '7' } },
    answers: {
      200: {
        says: 'The frame, or a list of frames, as JSON text: exactly what was sent over the WebSocket',
        schema: enveloped(v.string()),
        example: { ...envelope, data: frame },
      },
    },
    refusals: [...doubts, 'DATA_NOT_FOUND', 'HISTORY_GONE'],
  },
]

const params = v.object({ id: v.pipe(v.string(), v.regex(idPattern)) })
const example = { params: { id: 'acme' } }
const Key = v.pipe(v.string(), v.regex(apiKeyPattern))
const Partner = named('Partner', v.object({ id: v.string(), apiKey: Key, createdAt: Instant }))
const Credentials = named(
  'PartnerCredentials',
  v.object({ id: v.string(), apiKey: Key, apiSecret: v.string() }),
)
const apiKey = '20B8F3B2C1A84B7E9D5C6F7A8B9C0D1E'
const partner = { id: 'acme', apiKey, createdAt: 1_767_323_045_000 }
const credentials = { id: 'acme', apiKey, apiSecret: '3kT0c7s5uQmVwZ1aXyB8dN4eF6gH9jKlMpRrStUvWxY' }

const administration: readonly Operation[] = [
  {
    ...admin,
    reads: true,
    method: 'get',
    path: '/api/dcs/partners',
    id: 'listPartners',
    summary: 'The partners, in the order of their ids',
    query: ListQuery,
    example: { query: { limit: '10' } },
    answers: {
      200: {
        says: 'A part of them; `more`: there are further ones after the last id',
        schema: named('Partners', v.object({ partners: v.array(Partner), more: v.boolean() })),
        example: { partners: [partner], more: false },
      },
    },
  },
  {
    ...admin,
    reads: true,
    method: 'get',
    path: '/api/dcs/partners/:id',
    id: 'readPartner',
    summary: 'One partner',
    params,
    example,
    answers: { 200: { says: 'The partner', schema: Partner, example: partner } },
    refusals: ['NOT_FOUND'],
  },
  {
    ...admin,
    method: 'put',
    path: '/api/dcs/partners/:id',
    id: 'createPartner',
    summary: 'Make a partner',
    params,
    example,
    answers: {
      200: {
        says: 'It was there already, and stays as it is',
        schema: v.object({ id: v.string(), apiKey: Key }),
        example: { id: 'acme', apiKey },
      },
      201: {
        says: 'It is made. The secret is told this once',
        schema: Credentials,
        example: credentials,
      },
    },
  },
  {
    ...admin,
    method: 'post',
    path: '/api/dcs/partners/:id/secret',
    id: 'renewPartnerSecret',
    summary: 'Give a partner a new secret',
    params,
    example,
    answers: {
      200: {
        says: 'From now on only this one signs. It is told this once',
        schema: Credentials,
        example: credentials,
      },
    },
    refusals: ['NOT_FOUND'],
  },
  {
    ...admin,
    method: 'delete',
    path: '/api/dcs/partners/:id',
    id: 'removePartner',
    summary: 'Remove a partner',
    params,
    example,
    answers: { 204: { says: 'Its channels have ended; what was told to it stays recorded' } },
    refusals: ['NOT_FOUND'],
  },
]

function header(name: string, description: string) {
  return { type: 'apiKey', in: 'header', name, description }
}

/** The channels of partners, and the partners themselves. */
export const description: Description = {
  name: 'dcs',
  summary: 'Private channels for partners: signed calls of a partner, and the partners themselves',
  schemes: {
    dapiKey: header('X-DAPI-API-KEY', 'The API key of the partner'),
    dapiTimestamp: header('X-DAPI-TIMESTAMP', 'Epoch ms, within 5 s of the clock of the server'),
    dapiNonce: header('X-DAPI-NONCE', '10000 to 99999, once for each timestamp'),
    dapiSign: header(
      'X-DAPI-SIGN',
      'HMAC-SHA256 in hex, by the API secret, over key, timestamp, nonce and the encoded query in a row',
    ),
  },
  operations: [...partners, ...administration],
  refused: ({ access }) =>
    access === undefined || !('dapiKey' in access)
      ? null
      : {
          name: 'PartnerRefusal',
          shape: (codes) =>
            v.object({ code: v.picklist(codes), message: v.string(), success: v.literal(false) }),
        },
}
