import * as v from 'valibot'
import type { Operation } from '../core/operation.ts'
import { Part } from './routes.ts'

const Names = v.array(v.string())
const Text = v.nullable(v.string())

const Action = v.object({
  name: v.string(),
  method: v.literal('POST'),
  path: v.string(),
  bearer: v.string(),
  body: v.record(v.string(), v.unknown()),
  fresh: Text,
})

const Session = v.object({
  system: v.string(),
  role: v.string(),
  path: v.pipe(v.string(), v.description('Where to connect, with whatever lets in')),
  token: Text,
  key: v.pipe(v.string(), v.description('The server key')),
  channels: v.pipe(Names, v.description('Channels that this role hears')),
  externalUserId: Text,
  hints: v.pipe(v.record(v.string(), v.string()), v.description('Values, by names of fields')),
  actions: v.pipe(v.array(Action), v.description('Requests that this role hears of')),
})

/** The routes of the playground, which are there in development only. */
export const playing: readonly Operation[] = [
  {
    page: true,
    development: true,
    reads: true,
    method: 'get',
    path: '/play',
    id: 'playground',
    summary: 'A page that sends any command to any system and shows every frame',
    answers: { 200: { says: 'The page', type: 'text/html', schema: v.string() } },
  },
  {
    page: true,
    development: true,
    reads: true,
    method: 'get',
    path: '/api/play',
    id: 'readCast',
    summary: 'Who can be played',
    answers: {
      200: {
        says: 'The roles of each system that runs',
        schema: v.object({ systems: v.array(v.object({ system: v.string(), roles: Names })) }),
        example: { systems: [{ system: 'jive', roles: ['ann', 'bob'] }] },
      },
    },
  },
  {
    page: true,
    development: true,
    method: 'post',
    path: '/api/play/session',
    id: 'play',
    summary: 'Whatever a role needs, the server key included',
    description: 'Makes what the role needs. Pages of other origins are refused.',
    body: { schema: Part },
    example: { body: { system: 'jive', role: 'ann' } },
    answers: { 200: { says: 'Who one is now', schema: Session } },
    refusals: ['NOT_FOUND', 'ORIGIN_REFUSED', 'NOT_CONFIGURED'],
  },
]
