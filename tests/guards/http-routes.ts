import type { Scope } from '../../src/core/store.ts'
import { headersOf, nextNonce } from '../systems/dcs/scenario.ts'
import type { Premises } from './http-house.ts'
import { fields, type Fields } from './http-fields.ts'
import { ask, type Answer } from './raw-http.ts'

/** Who may call a route: anybody, a server key with a scope, the token of a system's user, a partner who signs, WeChat Pay. */
export type Who = 'anybody' | Scope | 'jive' | 'locallife' | 'partner' | 'wechat'

/** A request as it should be, before anything is made wrong. */
export interface Good {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  /** Sent as JSON unless it is text. */
  readonly body?: unknown
  /** The user whose token it carries. */
  readonly as?: string
}

/** A route with a request that works. */
export interface Route {
  readonly method: string
  /** As Hono writes it. */
  readonly path: string
  readonly who: Who
  /** Status of the answer to the good request. */
  readonly status: number
  /** Made anew each time, with what it needs. */
  readonly good: (town: Town) => Good | Promise<Good>
  /** Where it takes a body: the fields, by path, and the kind of each. */
  readonly fields?: Fields
  /** Bytes of the largest body; the listener's limit when absent. */
  readonly mostBytes?: number
  /** The body may be left out. */
  readonly bodiless?: true
  /** Numbers of the query, with the least and the most each may be. */
  readonly numbers?: Readonly<Record<string, readonly [least: number, most: number]>>
  /** What a part of its path comes to that cannot be a name, where it is not `404 NOT_FOUND`. */
  readonly misnamed?: Readonly<Record<string, string>>
  /** Only with --dev. */
  readonly dev?: true
}

/** A house with somebody in it. */
export interface Town {
  readonly house: Premises
  readonly partner: { readonly apiKey: string; readonly apiSecret: string }
  readonly account: string
  readonly transaction: string
  readonly rule: string
  readonly order: string
  /** A number that was not given before. */
  fresh(): number
}

/** What is to be different from the good request. */
export interface Change {
  readonly method?: string
  /** The path as it is sent. */
  readonly target?: string
  readonly params?: Readonly<Record<string, string>>
  readonly query?: string
  readonly body?: string | Uint8Array | null
  /** In place of the header that says who asks; null: without it. */
  readonly authorization?: string | null
  readonly headers?: readonly (readonly [string, string])[]
}

/** Sends a route's good request with a change. */
export async function send(town: Town, route: Route, change: Change = {}): Promise<Answer> {
  const good = await route.good(town)
  const params = { ...good.params, ...change.params }
  const query = change.query ?? good.query ?? ''
  const path = route.path.replace(/:(\w+)/g, (_, name) => params[name] ?? '')
  const given = change.body === null ? undefined : (change.body ?? textOf(good.body))
  const signs = await credentials(town, route, good, { query, body: given ?? '' })
  const own =
    change.authorization === undefined
      ? signs
      : signs
          .filter(([name]) => name !== 'authorization')
          .concat(change.authorization === null ? [] : [['authorization', change.authorization]])
  return ask(town.house.url, {
    method: change.method ?? route.method,
    target: (change.target ?? path) + (query && `?${query}`),
    // A place of its own for each: what is limited by address is tried elsewhere.
    headers: [...own, ['x-forwarded-for', somewhere(town.fresh())], ...(change.headers ?? [])],
    body: given,
  })
}

/** The keys of a refusal on an address that is none, beside others of its kind. */
export function envelopeOf(path: string): string {
  return path.startsWith('/websocket/') ? 'code,message,success' : 'code,message'
}

/** The route with one good request for all: what is refused does not use it up. */
export async function steady(town: Town, route: Route): Promise<Route> {
  const good = await route.good(town)
  return { ...route, good: () => good }
}

function textOf(body: unknown): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
}

function somewhere(number: number): string {
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
}

/** The headers that say who asks. */
export async function credentials(
  { house, partner }: Town,
  { who }: Pick<Route, 'who'>,
  { as = 'ann' }: Good,
  { query, body }: { readonly query: string; readonly body: string | Uint8Array },
): Promise<[string, string][]> {
  switch (who) {
    case 'anybody':
      return []
    case 'jive':
      return [['authorization', `Bearer ${await house.token('jive', as, { families: ['f1'] })}`]]
    case 'locallife':
      return [['authorization', `Bearer ${await house.token('locallife', as)}`]]
    case 'partner': {
      const { apiKey, apiSecret } = partner
      const timestamp = String(Date.now())
      const claims = { apiKey, secret: apiSecret, timestamp, nonce: nextNonce(), payload: query }
      return Object.entries(headersOf(claims))
    }
    case 'wechat':
      return Object.entries(house.wechat.seal(body))
    default:
      return [['authorization', `Bearer ${house.keys[who]}`]]
  }
}

/** Fills a house: a partner, a family with its books, a merchant, a rider, an operator, an order, a purse. */
export async function settle(house: Premises): Promise<Town> {
  const { call } = house
  let last = 0
  const fresh = () => ++last
  const ann = await house.token('jive', 'ann', { families: ['f1'] })
  const account = (await call('POST', '/api/v1/accounts', { family_id: 'f1', name: 'Cash' }, ann))
    .id
  const spent = { account_id: account, amount: '1.00' }
  const transaction = (await call('POST', '/api/v1/transactions', spent, ann)).id
  const rule = (await call('POST', '/api/v1/rules', newRule, ann)).id
  await call('PUT', '/api/locallife/merchants/m1', newMerchant)
  await call('PUT', '/api/locallife/riders/rita', { status: 'approved', region_id: 'r1' })
  await call('PUT', '/api/locallife/operators/oli', { role: 'operator' })
  const rita = await house.token('locallife', 'rita')
  await call('POST', '/v1/rider/online', { region_id: 'r1' }, rita)
  await call('POST', '/api/wallets/alice/credit', { amount: '1000.00', tx_id: 'first' })
  const partner = await call('PUT', '/api/dcs/partners/acme')
  const parts = { house, fresh }
  while ((await call('GET', '/api/crash/rounds')).rounds.length === 0) await Bun.sleep(10)
  return { ...parts, partner, account, transaction, rule, order: await paid(parts) }
}

/** A new order that waits for its money, each of another consumer: one may have a hundred of them. */
export async function ordered(
  { house, fresh }: Pick<Town, 'house' | 'fresh'>,
  consumer = `carl${fresh()}`,
): Promise<string> {
  const token = await house.token('locallife', consumer)
  return (await house.call('POST', '/v1/orders', newOrder, token)).id
}

/** A new order of carla that is paid. */
async function paid(parts: Pick<Town, 'house' | 'fresh'>): Promise<string> {
  const { house } = parts
  const order = await ordered(parts, 'carla')
  const { headers, body } = house.wechat.notification({ out_trade_no: order, amount: 1_800 })
  const url = `${house.url}/v1/webhooks/wechat-pay/notify`
  const { status } = await fetch(url, { method: 'POST', headers, body })
  if (status !== 204) throw new Error(`not paid: ${status}`)
  return order
}

const newRule = { family_id: 'f1', contains: 'Coffee', category: 'Food' }
const newMerchant = { name: 'Noodles', status: 'onboarded', administrators: ['mei'] }
const newOrder = {
  merchant_id: 'm1',
  region_id: 'r1',
  items: [{ name: '茶', quantity: 2, price: 900 }],
}
const notification = { level: 'info', title: 'Hello', message: 'Here I am' }
const message = { channel: 'jive/family:f2', type: 'Notification', data: notification }

const common: readonly Route[] = [
  { method: 'GET', path: '/healthz', who: 'anybody', status: 200, good: () => ({}) },
  { method: 'GET', path: '/readyz', who: 'anybody', status: 200, good: () => ({}) },
  {
    method: 'POST',
    path: '/api/publish',
    who: 'publish',
    status: 200,
    fields: fields.publish,
    good: ({ fresh }) => ({ body: { ...message, idempotencyKey: `one-${fresh()}` } }),
  },
  {
    method: 'POST',
    path: '/api/publish/batch',
    who: 'publish',
    status: 200,
    fields: fields.batch,
    good: ({ fresh }) => ({ body: { messages: [message], idempotencyKey: `all-${fresh()}` } }),
  },
  { method: 'GET', path: '/api/channels', who: 'publish', status: 200, good: () => ({}) },
  { method: 'GET', path: '/docs', who: 'anybody', status: 200, good: () => ({}) },
  { method: 'GET', path: '/client.js', who: 'anybody', status: 200, good: () => ({}) },
  { method: 'GET', path: '/openapi.json', who: 'anybody', status: 200, good: () => ({}) },
  {
    method: 'GET',
    path: '/asyncapi/:file',
    who: 'anybody',
    status: 200,
    good: () => ({ params: { file: 'jive.json' } }),
  },
  {
    method: 'GET',
    path: '/api/channels/:system/:name/history',
    who: 'publish',
    status: 200,
    numbers: { after: [0, Number.MAX_SAFE_INTEGER], limit: [1, 1_000] },
    good: () => ({ params: { system: 'jive', name: 'family:f1' }, query: 'after=0&limit=5' }),
  },
  { method: 'GET', path: '/api/connections', who: 'admin', status: 200, good: () => ({}) },
  {
    method: 'DELETE',
    path: '/api/connections/:id',
    who: 'admin',
    status: 404,
    good: () => ({ params: { id: 'c0' } }),
  },
  {
    method: 'DELETE',
    path: '/api/users/:system/:user/connections',
    misnamed: { user: '400 INVALID_REQUEST' },
    who: 'admin',
    status: 204,
    good: () => ({ params: { system: 'jive', user: 'nobody' } }),
  },
]

const dcs: readonly Route[] = [
  {
    method: 'GET',
    path: '/websocket/v1/get-channel',
    who: 'partner',
    status: 200,
    good: () => ({}),
  },
  {
    method: 'GET',
    path: '/websocket/v1/search',
    who: 'partner',
    status: 200,
    numbers: { from: [0, Infinity], to: [0, Infinity], limit: [1, Infinity] },
    good: () => ({ query: 'limit=5' }),
  },
  {
    method: 'GET',
    path: '/api/dcs/partners',
    who: 'admin',
    status: 200,
    numbers: { limit: [1, 1_000] },
    good: () => ({ query: 'limit=5' }),
  },
  {
    method: 'GET',
    path: '/api/dcs/partners/:id',
    who: 'admin',
    status: 200,
    good: () => ({ params: { id: 'acme' } }),
  },
  {
    method: 'PUT',
    path: '/api/dcs/partners/:id',
    misnamed: { id: '400 INVALID_REQUEST' },
    who: 'admin',
    status: 201,
    good: ({ fresh }) => ({ params: { id: `p${fresh()}` } }),
  },
  {
    method: 'POST',
    path: '/api/dcs/partners/:id/secret',
    who: 'admin',
    status: 200,
    good: async ({ house, fresh }) => {
      const id = `p${fresh()}`
      await house.call('PUT', `/api/dcs/partners/${id}`)
      return { params: { id } }
    },
  },
  {
    method: 'DELETE',
    path: '/api/dcs/partners/:id',
    who: 'admin',
    status: 204,
    good: async ({ house, fresh }) => {
      const id = `p${fresh()}`
      await house.call('PUT', `/api/dcs/partners/${id}`)
      return { params: { id } }
    },
  },
]

const jive: readonly Route[] = [
  {
    method: 'POST',
    path: '/api/v1/accounts',
    who: 'jive',
    status: 201,
    mostBytes: 65_536,
    fields: fields.account,
    good: ({ fresh }) => ({
      as: `user${fresh()}`,
      body: { family_id: 'f1', name: 'Cash', currency: 'CNY', balance: '10.00' },
    }),
  },
  {
    method: 'GET',
    path: '/api/v1/accounts',
    who: 'jive',
    status: 200,
    numbers: { limit: [1, 1_000] },
    good: () => ({ query: 'limit=5' }),
  },
  {
    method: 'GET',
    path: '/api/v1/accounts/:id',
    who: 'jive',
    status: 200,
    good: ({ account }) => ({ params: { id: account } }),
  },
  {
    method: 'POST',
    path: '/api/v1/transactions',
    who: 'jive',
    status: 201,
    mostBytes: 65_536,
    fields: fields.transaction,
    good: ({ account }) => ({
      body: {
        account_id: account,
        amount: '-10.00',
        description: 'Lunch',
        payee: 'Mei',
        category: 'Food',
      },
    }),
  },
  {
    method: 'GET',
    path: '/api/v1/transactions',
    who: 'jive',
    status: 200,
    numbers: { limit: [1, 1_000] },
    good: ({ account }) => ({ query: `account_id=${account}&limit=5` }),
  },
  {
    method: 'GET',
    path: '/api/v1/transactions/:id',
    who: 'jive',
    status: 200,
    good: ({ transaction }) => ({ params: { id: transaction } }),
  },
  {
    method: 'PUT',
    path: '/api/v1/transactions/:id',
    who: 'jive',
    status: 200,
    mostBytes: 65_536,
    fields: fields.change,
    good: ({ transaction, account }) => ({
      params: { id: transaction },
      body: {
        account_id: account,
        amount: '2.00',
        description: 'Tea',
        payee: 'Mei',
        category: 'Food',
      },
    }),
  },
  {
    method: 'DELETE',
    path: '/api/v1/transactions/:id',
    who: 'jive',
    status: 204,
    good: async ({ house, account }) => {
      const ann = await house.token('jive', 'ann', { families: ['f1'] })
      const body = { account_id: account, amount: '1.00' }
      return { params: { id: (await house.call('POST', '/api/v1/transactions', body, ann)).id } }
    },
  },
  {
    method: 'POST',
    path: '/api/v1/rules',
    who: 'jive',
    status: 201,
    mostBytes: 65_536,
    fields: fields.rule,
    good: () => ({ body: newRule }),
  },
  {
    method: 'POST',
    path: '/api/v1/rules/:id/execute',
    who: 'jive',
    status: 200,
    good: ({ rule, fresh }) => ({ as: `user${fresh()}`, params: { id: rule } }),
  },
]

const locallife: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/rider/online',
    who: 'locallife',
    status: 200,
    mostBytes: 65_536,
    bodiless: true,
    fields: fields.online,
    good: () => ({ as: 'rita', body: { region_id: 'r1' } }),
  },
  {
    method: 'POST',
    path: '/v1/rider/offline',
    who: 'locallife',
    status: 200,
    good: async ({ house, fresh }) => {
      const as = `rider${fresh()}`
      await house.call('PUT', `/api/locallife/riders/${as}`, { status: 'approved' })
      return { as }
    },
  },
  {
    method: 'PUT',
    path: '/api/locallife/riders/:id',
    misnamed: { id: '400 INVALID_REQUEST' },
    who: 'admin',
    status: 201,
    mostBytes: 65_536,
    fields: fields.rider,
    good: ({ fresh }) => ({
      params: { id: `rider${fresh()}` },
      body: { status: 'pending', region_id: 'r1' },
    }),
  },
  {
    method: 'GET',
    path: '/api/locallife/riders/:id',
    misnamed: { id: '400 INVALID_REQUEST' },
    who: 'admin',
    status: 200,
    good: () => ({ params: { id: 'rita' } }),
  },
  {
    method: 'PUT',
    path: '/api/locallife/merchants/:id',
    misnamed: { id: '400 INVALID_REQUEST' },
    who: 'admin',
    status: 201,
    mostBytes: 65_536,
    fields: fields.merchant,
    good: ({ fresh }) => ({ params: { id: `m-${fresh()}` }, body: newMerchant }),
  },
  {
    method: 'GET',
    path: '/api/locallife/merchants/:id',
    misnamed: { id: '400 INVALID_REQUEST' },
    who: 'admin',
    status: 200,
    good: () => ({ params: { id: 'm1' } }),
  },
  {
    method: 'PUT',
    path: '/api/locallife/operators/:id',
    misnamed: { id: '400 INVALID_REQUEST' },
    who: 'admin',
    status: 201,
    mostBytes: 65_536,
    fields: fields.operator,
    good: ({ fresh }) => ({ params: { id: `op${fresh()}` }, body: { role: 'operator' } }),
  },
  {
    method: 'GET',
    path: '/api/locallife/operators/:id',
    misnamed: { id: '400 INVALID_REQUEST' },
    who: 'admin',
    status: 200,
    good: () => ({ params: { id: 'oli' } }),
  },
  {
    method: 'DELETE',
    path: '/api/locallife/operators/:id',
    misnamed: { id: '400 INVALID_REQUEST' },
    who: 'admin',
    status: 204,
    good: async ({ house, fresh }) => {
      const id = `op${fresh()}`
      await house.call('PUT', `/api/locallife/operators/${id}`, { role: 'operator' })
      return { params: { id } }
    },
  },
  {
    method: 'POST',
    path: '/v1/orders',
    who: 'locallife',
    status: 201,
    mostBytes: 65_536,
    fields: fields.order,
    // Of one consumer only a hundred may wait for their money.
    good: ({ fresh }) => ({ as: `carl${fresh()}`, body: newOrder }),
  },
  {
    method: 'GET',
    path: '/v1/orders/:id',
    who: 'locallife',
    status: 200,
    good: ({ order }) => ({ as: 'carla', params: { id: order } }),
  },
  {
    method: 'POST',
    path: '/v1/orders/:id/urge',
    who: 'locallife',
    status: 204,
    good: ({ order }) => ({ as: 'carla', params: { id: order } }),
  },
  {
    method: 'POST',
    path: '/v1/orders/:id/dispatch',
    who: 'locallife',
    status: 200,
    mostBytes: 65_536,
    fields: fields.dispatch,
    good: ({ order }) => ({ as: 'oli', params: { id: order }, body: { rider_id: 'rita' } }),
  },
  {
    method: 'POST',
    path: '/v1/auth/wechat-login',
    who: 'anybody',
    status: 200,
    mostBytes: 4_096,
    fields: fields.login,
    good: ({ fresh }) => ({ body: { code: `code-${fresh()}` } }),
  },
  {
    method: 'POST',
    path: '/v1/webhooks/wechat-pay/notify',
    who: 'wechat',
    status: 204,
    mostBytes: 65_536,
    good: async (town) => {
      const paid = { out_trade_no: await ordered(town), amount: 1_800 }
      return { body: town.house.wechat.notification(paid).body }
    },
  },
]

const pledge: readonly Route[] = ['/api/v21/price', '/pledge/ws'].flatMap((path): Route[] => [
  { method: 'GET', path, who: 'anybody', status: 200, good: () => ({}) },
  {
    method: 'GET',
    path: `${path}/:symbol`,
    who: 'anybody',
    status: 200,
    good: () => ({ params: { symbol: 'PLGR-USDT' } }),
  },
])

const hash = '00'.repeat(32)
const crash: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/wallets/:player',
    misnamed: { player: '400 INVALID_REQUEST' },
    who: 'wallet',
    status: 200,
    good: () => ({ params: { player: 'alice' } }),
  },
  {
    method: 'GET',
    path: '/api/wallets/:player/entries',
    misnamed: { player: '400 INVALID_REQUEST' },
    who: 'wallet',
    status: 200,
    numbers: { after: [0, 999_999_999_999_999], limit: [1, 1_000] },
    good: () => ({ params: { player: 'alice' }, query: 'after=0&limit=5' }),
  },
  ...['credit', 'debit'].map((kind): Route => ({
    method: 'POST',
    path: `/api/wallets/:player/${kind}`,
    misnamed: { player: '400 INVALID_REQUEST' },
    who: 'wallet',
    status: 200,
    mostBytes: 4_096,
    fields: fields.movement,
    good: ({ fresh }) => ({
      params: { player: 'alice' },
      body: { amount: '0.01', tx_id: `tx-${fresh()}` },
    }),
  })),
  {
    method: 'POST',
    path: '/api/wallets/:player/rollback',
    misnamed: { player: '400 INVALID_REQUEST' },
    who: 'wallet',
    status: 200,
    mostBytes: 4_096,
    fields: fields.rollback,
    good: async ({ house, fresh }) => {
      const tx_id = `back-${fresh()}`
      await house.call('POST', '/api/wallets/alice/credit', { amount: '0.01', tx_id })
      return { params: { player: 'alice' }, body: { tx_id } }
    },
  },
  ...['fairness', 'chains', 'stats'].map((name): Route => ({
    method: 'GET',
    path: `/api/crash/${name}`,
    who: 'anybody',
    status: 200,
    good: () => ({}),
  })),
  {
    method: 'GET',
    path: '/api/crash/rounds',
    who: 'anybody',
    status: 200,
    numbers: { limit: [1, 100], before: [0, 9_999_999_999_999_999] },
    good: () => ({ query: 'limit=5' }),
  },
  {
    method: 'GET',
    path: '/api/crash/rounds/:id',
    who: 'anybody',
    status: 200,
    good: async ({ house }) => {
      const { rounds } = await house.call('GET', '/api/crash/rounds?limit=1')
      return { params: { id: rounds[0].roundId } }
    },
  },
  {
    method: 'POST',
    path: '/api/crash/verify',
    who: 'anybody',
    status: 200,
    mostBytes: 4_096,
    fields: fields.verify,
    good: () => ({ body: { hash, salt: 'salt', rtp: '0.97', cap: '100.00' } }),
  },
  {
    method: 'POST',
    path: '/api/crash/test/tokens',
    who: 'anybody',
    status: 200,
    mostBytes: 4_096,
    bodiless: true,
    dev: true,
    fields: fields.testToken,
    good: () => ({ body: { playerId: 'alice', nickname: 'Alice', ttl: 60 } }),
  },
  { method: 'GET', path: '/crash', who: 'anybody', status: 200, dev: true, good: () => ({}) },
]

/** Every route of every system and of the common API. */
export const routes: readonly Route[] = [
  ...common,
  ...dcs,
  ...jive,
  ...locallife,
  ...pledge,
  ...crash,
]

/** Where sockets connect, as Bun writes it; a plain request there is 426. */
export const sockets: readonly string[] = [
  '/ws/:channel',
  '/jive/ws',
  '/v1/ws',
  '/v1/platform/ws',
  '/api/v21/price',
  '/api/v21/price/:symbol',
  '/pledge/ws',
  '/pledge/ws/:symbol',
  '/crash/ws',
]
