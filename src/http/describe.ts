import * as v from 'valibot'
import { Instant, named, Whole, type Description, type Operation } from '../core/operation.ts'
import { ConnectionsQuery, UserParams } from './connections.ts'
import { channels, publishing } from './describe-messages.ts'

const admin = { access: { serverKey: ['admin'] } } as const

/** What is told of a connection in every list. */
export const connectionFields = {
  id: v.string(),
  system: v.string(),
  user: v.nullable(v.string()),
  address: v.string(),
  openedAt: Instant,
  channels: v.array(v.string()),
}
const Connection = named('Connection', v.object(connectionFields))
const Connections = v.object({ connections: v.array(Connection), total: Whole })
const Readiness = named(
  'Readiness',
  v.object({ ready: v.boolean(), checks: v.record(v.string(), v.string()) }),
)

const connections: readonly Operation[] = [
  {
    access: { serverKey: ['admin', 'read'] },
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
    params: UserParams,
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

const document = v.looseObject({ info: v.looseObject({ title: v.string(), version: v.string() }) })

const unchanged = { 304: { says: 'Nothing new since the answer with the ETag of `If-None-Match`' } }

const documents: readonly Operation[] = [
  {
    page: true,
    reads: true,
    method: 'get',
    path: '/',
    id: 'frontPage',
    summary: 'A page that leads to what this server has',
    description:
      'For who asks for HTML, as browsers do; to everybody else nothing is at this address.',
    headers: v.object({ Accept: v.literal('text/html') }),
    example: { headers: { Accept: 'text/html' } },
    answers: {
      200: { says: 'The page', type: 'text/html', schema: v.string() },
      ...unchanged,
    },
    refusals: ['NOT_FOUND'],
  },
  {
    reads: true,
    method: 'get',
    path: '/docs',
    id: 'docs',
    summary: 'This, for people',
    answers: { 200: { says: 'One page', type: 'text/html', schema: v.string() }, ...unchanged },
  },
  {
    reads: true,
    method: 'get',
    path: '/openapi.json',
    id: 'openapi',
    summary: 'This, for machines: every route of the systems that run',
    answers: { 200: { says: 'OpenAPI 3.1', schema: document }, ...unchanged },
  },
  {
    reads: true,
    method: 'get',
    path: '/asyncapi/:file',
    id: 'asyncapi',
    summary: 'Every frame of a system',
    params: v.object({ file: v.pipe(v.string(), v.regex(/^[a-z]+\.json$/)) }),
    example: { params: { file: 'jive.json' } },
    answers: { 200: { says: 'AsyncAPI 3.0', schema: document }, ...unchanged },
    refusals: ['NOT_FOUND'],
  },
  {
    reads: true,
    method: 'get',
    path: '/client.js',
    id: 'client',
    summary: 'Clients of all systems for browsers, one module without imports',
    answers: {
      200: { says: 'A module', type: 'text/javascript', schema: v.string() },
      ...unchanged,
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
  operations: [...publishing, ...channels, ...connections, ...health, ...documents],
}
