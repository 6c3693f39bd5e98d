import * as v from 'valibot'
import { named, Whole, type Operation } from '../../core/operation.ts'
import { merchantStatuses, operatorRoles, riderStatuses } from './people.ts'
import { MerchantBody, Online, OperatorBody, Params, RiderBody } from './people-routes.ts'
import { Id } from './shapes.ts'
import { Login } from './wechat-login.ts'

const rider = { access: { locallifeToken: [] } } as const
const admin = { access: { serverKey: ['admin'] } } as const

const state = {
  status: v.picklist(riderStatuses),
  online: v.boolean(),
  region_id: v.nullable(Id),
}
const Rider = named('Rider', v.object({ id: Id, ...state }))
const OwnRider = named('OwnRider', v.object({ user: Id, ...state }))
const Merchant = named(
  'Merchant',
  v.object({
    id: Id,
    name: v.string(),
    status: v.picklist(merchantStatuses),
    administrators: v.array(Id),
  }),
)
const Operator = named('Operator', v.object({ id: Id, role: v.picklist(operatorRoles) }))
const Login200 = named(
  'LoggedIn',
  v.object({ access_token: v.string(), expires_in: Whole, user: v.object({ id: Id }) }),
)

const params = { id: 'r1' }
const approved = { id: 'r1', status: 'approved', online: true, region_id: 'north' }
const own = { user: 'r1', status: 'approved', online: true, region_id: 'north' }
const merchant = { id: 'm1', name: 'Noodles', status: 'onboarded', administrators: ['mia'] }

/** Logging in, and riders who go online and offline. */
export const usersOperations: readonly Operation[] = [
  {
    method: 'post',
    path: '/v1/auth/wechat-login',
    id: 'wechatLogin',
    summary: 'Log in with the code of a mini-program',
    body: { schema: Login },
    example: { body: { code: '0a3Xyz1w3abcde' } },
    answers: {
      200: {
        says: 'A token of this server, and for how many seconds',
        schema: Login200,
        example: {
          access_token: 'eyJhbGciOiJIUzI1NiJ9.…',
          expires_in: 604_800,
          user: { id: '7f6c2f0e-6d1b-4f4e-9f5e-0d4c1d3a2b10' },
        },
      },
    },
    refusals: ['UNAUTHORIZED', 'RATE_LIMITED', 'UPSTREAM_UNAVAILABLE', 'NOT_CONFIGURED'],
  },
  {
    ...rider,
    method: 'post',
    path: '/v1/rider/online',
    id: 'goOnline',
    summary: 'Go online as a rider',
    description: 'In the region it was last in when it names none. Only then may a rider connect.',
    body: { schema: Online, optional: true },
    example: { body: { region_id: 'north' } },
    answers: { 200: { says: 'The rider', schema: OwnRider, example: own } },
    refusals: ['FORBIDDEN', 'RATE_LIMITED'],
  },
  {
    ...rider,
    method: 'post',
    path: '/v1/rider/offline',
    id: 'goOffline',
    summary: 'Go offline as a rider',
    description: 'Its connections are closed with 4403.',
    answers: { 200: { says: 'The rider', schema: OwnRider, example: { ...own, online: false } } },
    refusals: ['FORBIDDEN', 'RATE_LIMITED'],
  },
]

/** Who is what, for the backend that knows it. */
export const peopleOperations: readonly Operation[] = [
  {
    ...admin,
    method: 'put',
    path: '/api/locallife/riders/:id',
    id: 'putRider',
    summary: 'Make or change a rider',
    description: 'What is absent stays; a rider who may not be online any more is offline.',
    params: Params,
    body: { schema: RiderBody },
    example: { params, body: { status: 'approved', region_id: 'north' } },
    answers: {
      200: { says: 'The rider as it is now', schema: Rider, example: approved },
      201: { says: 'It is new', schema: Rider, example: { ...approved, online: false } },
    },
  },
  {
    ...admin,
    reads: true,
    method: 'get',
    path: '/api/locallife/riders/:id',
    id: 'readRider',
    summary: 'One rider',
    params: Params,
    example: { params },
    answers: { 200: { says: 'The rider', schema: Rider, example: approved } },
    refusals: ['NOT_FOUND'],
  },
  {
    ...admin,
    method: 'put',
    path: '/api/locallife/merchants/:id',
    id: 'putMerchant',
    summary: 'Make or change a merchant and who looks after it',
    params: Params,
    body: { schema: MerchantBody },
    example: {
      params: { id: 'm1' },
      body: { name: 'Noodles', status: 'onboarded', administrators: ['mia'] },
    },
    answers: {
      200: { says: 'The merchant as it is now', schema: Merchant, example: merchant },
      201: { says: 'It is new', schema: Merchant, example: merchant },
    },
  },
  {
    ...admin,
    reads: true,
    method: 'get',
    path: '/api/locallife/merchants/:id',
    id: 'readMerchant',
    summary: 'One merchant',
    params: Params,
    example: { params: { id: 'm1' } },
    answers: { 200: { says: 'The merchant', schema: Merchant, example: merchant } },
    refusals: ['NOT_FOUND'],
  },
  {
    ...admin,
    method: 'put',
    path: '/api/locallife/operators/:id',
    id: 'putOperator',
    summary: 'Let a user work for the platform',
    params: Params,
    body: { schema: OperatorBody },
    example: { params: { id: 'olga' }, body: { role: 'operator' } },
    answers: {
      200: {
        says: 'The operator as it is now',
        schema: Operator,
        example: { id: 'olga', role: 'operator' },
      },
      201: { says: 'It is new', schema: Operator, example: { id: 'olga', role: 'operator' } },
    },
  },
  {
    ...admin,
    reads: true,
    method: 'get',
    path: '/api/locallife/operators/:id',
    id: 'readOperator',
    summary: 'One operator',
    params: Params,
    example: { params: { id: 'olga' } },
    answers: {
      200: { says: 'The operator', schema: Operator, example: { id: 'olga', role: 'operator' } },
    },
    refusals: ['NOT_FOUND'],
  },
  {
    ...admin,
    method: 'delete',
    path: '/api/locallife/operators/:id',
    id: 'removeOperator',
    summary: 'Let a user work for the platform no longer',
    params: Params,
    example: { params: { id: 'olga' } },
    answers: { 204: { says: 'It is no operator any more' } },
    refusals: ['NOT_FOUND'],
  },
]
