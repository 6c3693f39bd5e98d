import * as v from 'valibot'
import type { Description, Operation } from '../core/operation.ts'
import {
  AuditState,
  ConfigValues,
  ConnectionDetail,
  CrashFigures,
  Deliveries,
  Kinds,
  Session,
} from './describe-shapes.ts'
import { Login } from './login.ts'
import { DeliveriesFields, FiguresQuery, LiveFields, LogQuery } from './routes.ts'

const looks = { reads: true, method: 'get', access: { serverKey: ['read', 'admin'] } } as const

/** An answer that goes on until one side ends it. */
function stream(says: string): Operation['answers'] {
  return { 200: { says, type: 'text/event-stream', schema: v.string() } }
}

const page: Operation = {
  reads: true,
  method: 'get',
  path: '/console',
  id: 'consolePage',
  summary: 'A page that shows and steers the server',
  answers: { 200: { says: 'The page', type: 'text/html', schema: v.string() } },
}

const sessions: readonly Operation[] = [
  {
    method: 'post',
    path: '/api/console/session',
    id: 'logIn',
    summary: 'Log into the console',
    description:
      'With a server key that has the scope `admin` or `read`, or with the secret of a one-time link. The token is a bearer token for everything here, and on the routes of `admin`, `publish` and `read` as far as the key goes; never for money. It holds for 12 hours, until the key is revoked or the server restarts.',
    body: { schema: Login },
    example: { body: { key: 'fk_a-key-with-the-scope-read' } },
    answers: { 201: { says: 'A session', schema: v.object({ token: v.string(), ...Session }) } },
    refusals: ['UNAUTHORIZED', 'FORBIDDEN', 'RATE_LIMITED'],
  },
  {
    ...looks,
    access: { consoleSession: [] },
    path: '/api/console/session',
    id: 'readSession',
    summary: 'Who is logged in',
    answers: { 200: { says: 'The session, without its token', schema: v.object(Session) } },
  },
  {
    reads: true,
    method: 'delete',
    access: { consoleSession: [] },
    path: '/api/console/session',
    id: 'logOut',
    summary: 'End the session',
    answers: { 204: { says: 'Its token holds no more' } },
  },
]

const id = v.object({ id: v.string() })

const streams: readonly Operation[] = [
  {
    ...looks,
    path: '/api/console/overview',
    id: 'watchOverview',
    summary: 'The server at a glance, once a second',
    answers: stream(
      'Events `overview`: connections, rates, times, memory, checks, upstream, the round of crash',
    ),
    refusals: ['TOO_MANY_CONNECTIONS'],
  },
  {
    ...looks,
    path: '/api/console/connections/:id/frames',
    id: 'watchFrames',
    summary: 'Every frame of a connection from now on',
    params: id,
    example: { params: { id: '1f' } },
    answers: stream(
      'Events `frame`, cut after 2,048 characters, secrets masked; `dropped` once more than 200 came in a second; `closed` at the end',
    ),
    refusals: ['NOT_FOUND', 'TOO_MANY_CONNECTIONS'],
  },
  {
    ...looks,
    path: '/api/console/live',
    id: 'watchLive',
    summary: 'What a channel, a system or a user is told from now on',
    query: LiveFields,
    example: { query: { system: 'jive', user: 'ann' } },
    answers: stream(
      'Events `message` of a channel or a system, `frame` of a user; `dropped` once more than 200 came in a second',
    ),
    refusals: ['NOT_FOUND', 'TOO_MANY_CONNECTIONS'],
  },
  {
    ...looks,
    path: '/api/console/logs',
    id: 'watchLogs',
    summary: 'The last 1,000 lines of the log, then those that come',
    query: LogQuery,
    example: { query: { level: 'warn' } },
    answers: stream('Events `line`'),
    refusals: ['TOO_MANY_CONNECTIONS'],
  },
]

const questions: readonly Operation[] = [
  {
    ...looks,
    path: '/api/console/connections/:id',
    id: 'readConnection',
    summary: 'One connection, closer',
    params: id,
    example: { params: { id: '1f' } },
    answers: { 200: { says: 'As it is now', schema: ConnectionDetail } },
    refusals: ['NOT_FOUND'],
  },
  {
    ...looks,
    path: '/api/console/kinds',
    id: 'listKinds',
    summary: 'Kinds of channels, with the shape of what is published to each',
    answers: { 200: { says: 'Of the systems that run', schema: Kinds } },
  },
  {
    ...looks,
    path: '/api/console/deliveries',
    id: 'explainDelivery',
    summary: 'Why a user got a message or did not',
    description:
      'Five steps: published, connected, subscribed, sent, acknowledged. What nothing is kept of is `unknown`. Why is told by the name of a reason with what it is about, which programs may go by, and as a sentence. Ask for a `channel` and a `version`, or for a `system` and an `id`.',
    query: DeliveriesFields,
    example: { query: { user: 'ann', channel: 'jive/family:f1', version: '1' } },
    answers: { 200: { says: 'Each step with its reason', schema: Deliveries } },
    refusals: ['NOT_FOUND'],
  },
  {
    ...looks,
    path: '/api/console/crash',
    id: 'crashFigures',
    summary: 'The round of crash, and what the newest rounds have paid back',
    query: FiguresQuery,
    example: { query: { rounds: '1000' } },
    answers: { 200: { says: 'With a 95 % interval', schema: CrashFigures } },
    refusals: ['NOT_FOUND'],
  },
  {
    ...looks,
    path: '/api/console/crash/audit',
    id: 'readAudit',
    summary: 'The last audit of the books of crash, or the one that runs',
    answers: { 200: { says: 'How it stands', schema: AuditState } },
    refusals: ['NOT_FOUND'],
  },
  {
    method: 'post',
    access: { serverKey: ['admin'] },
    path: '/api/console/crash/audit',
    id: 'beginAudit',
    summary: 'Begin an audit of the books of crash',
    answers: { 202: { says: 'It runs, on a thread of its own', schema: AuditState } },
    refusals: ['NOT_FOUND', 'CONFLICT'],
  },
  {
    ...looks,
    path: '/api/console/config',
    id: 'readConfiguration',
    summary: 'Every setting with its origin, secrets hidden',
    answers: { 200: { says: 'In the order of the schema', schema: ConfigValues } },
  },
]

/** What the page of the console asks for, beside the common API. */
export const description: Description = {
  name: 'console',
  summary:
    'What the page /console asks for: a server key with the scope `read` or `admin` will do, and so will the token of a session',
  schemes: {
    consoleSession: {
      type: 'http',
      scheme: 'bearer',
      description: 'The token that POST /api/console/session answers',
    },
  },
  operations: [page, ...sessions, ...streams, ...questions],
}
