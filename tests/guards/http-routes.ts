import { consoleRoutes } from './http-console.ts'
import { fields } from './http-fields.ts'
import type { Route } from './http-send.ts'
import { newMerchant, newOrder, newRule, ordered } from './http-town.ts'

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
  {
    method: 'GET',
    path: '/api/channels',
    who: 'publish',
    or: ['read'],
    status: 200,
    good: () => ({}),
  },
  {
    method: 'GET',
    path: '/',
    who: 'anybody',
    status: 200,
    good: () => ({ headers: [['accept', 'text/html']] }),
  },
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
    or: ['read'],
    status: 200,
    numbers: { after: [0, Number.MAX_SAFE_INTEGER], limit: [1, 1_000] },
    good: () => ({ params: { system: 'jive', name: 'family:f1' }, query: 'after=0&limit=5' }),
  },
  {
    method: 'GET',
    path: '/api/connections',
    who: 'admin',
    or: ['read'],
    status: 200,
    good: () => ({}),
  },
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
    numbers: { after: [0, Number.MAX_SAFE_INTEGER], limit: [1, 1_000] },
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
  ...['fairness', 'chains', 'rules', 'stats'].map((name): Route => ({
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
  { method: 'GET', path: '/crash/verify', who: 'anybody', status: 200, good: () => ({}) },
  { method: 'GET', path: '/crash', who: 'anybody', status: 200, good: () => ({}) },
]

const play: readonly Route[] = [
  { method: 'GET', path: '/play', who: 'anybody', status: 200, dev: true, good: () => ({}) },
  { method: 'GET', path: '/api/play', who: 'anybody', status: 200, dev: true, good: () => ({}) },
  {
    method: 'POST',
    path: '/api/play/session',
    who: 'anybody',
    status: 200,
    mostBytes: 4_096,
    dev: true,
    fields: fields.play,
    good: () => ({ body: { system: 'jive', role: 'ann' } }),
  },
]

/** Every route of every system and of the common API. */
export const routes: readonly Route[] = [
  ...common,
  ...consoleRoutes,
  ...dcs,
  ...jive,
  ...locallife,
  ...pledge,
  ...crash,
  ...play,
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
