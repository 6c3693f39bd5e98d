import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import * as v from 'valibot'
import type { Operation } from '../../src/core/operation.ts'
import { descriptions } from '../../src/descriptions.ts'
import type { OpenApi } from '../../src/documents/openapi.ts'
import { serverKey, start, type Fixture } from '../fixture.ts'
import { apiV3Key, appId, appSecret, mchId } from '../simulators/merchant.ts'
import { startWechat, type Wechat } from '../simulators/wechat.ts'
import { headersOf, nextNonce } from '../systems/dcs/signed.ts'
import { settings } from '../systems/locallife/shop.ts'
import { visitorOf, type Visitor } from './visitor.ts'

const operations = descriptions.flatMap((description) => description.operations)

let server: Fixture
let wechat: Wechat
let visitor: Visitor
/** Who sends a request with a user's token. */
let user = ''
/** The token of a session of the console. */
let session = ''
/** A partner of dcs. */
let partner = { apiKey: '', secret: '' }

beforeAll(async () => {
  wechat = await startWechat({
    now: () => server.clock.now(),
    ...{ appId, appSecret, mchId, apiV3Key },
  })
  server = await start({
    dev: true,
    locallife: settings(wechat),
    crash: { salt_source: 'local', betting: 1_000, waiting: 1_000, max_multiplier: '1.50' },
  })
  const document = (await (await server.fetch('/openapi.json')).json()) as OpenApi
  visitor = visitorOf(server, document, operations, credentials)
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await wechat.stop()
})

async function credentials({ access = {} }: Operation): Promise<Record<string, string>> {
  if ('serverKey' in access) return { authorization: `Bearer ${serverKey}` }
  if ('consoleSession' in access) return { authorization: `Bearer ${session}` }
  if ('dapiKey' in access) {
    const timestamp = String(server.clock.now())
    return headersOf({ ...partner, timestamp, nonce: nextNonce(), payload: 'version=1' })
  }
  const system = ['jive', 'locallife'].find((name) => `${name}Token` in access)
  if (system === undefined) return {}
  const claims = { aud: system, ...(system === 'jive' && { families: ['f1'] }) }
  return { authorization: `Bearer ${await server.token(user, claims)}` }
}

describe('requests made from the examples are answered as documented', () => {
  const visit: Visitor['visit'] = (...asked) => visitor.visit(...asked)

  test('by what belongs to no system', async () => {
    for (const id of ['health', 'readiness', 'frontPage', 'docs', 'openapi', 'asyncapi', 'client'])
      await visit(id, 200)
    for (const [id, path] of [
      ['frontPage', '/'],
      ['docs', '/docs'],
      ['openapi', '/openapi.json'],
      ['asyncapi', '/asyncapi/jive.json'],
      ['client', '/client.js'],
    ] as const) {
      const tag = (
        await fetch(server.url + path, { headers: { accept: 'text/html' } })
      ).headers.get('etag')!
      await visit(id, 304, { headers: { 'if-none-match': tag } })
    }
    const token = await server.token('ann', { families: ['f1'] })
    const client = await server.connect(`/jive/ws?token=${token}`)
    expect((await visit('publish', 200)).recipients).toBe(1)
    await visit('publishBatch', 200)
    expect((await visit('readHistory', 200)).messages).toHaveLength(2)
    expect((await visit('listChannels', 200)).channels).not.toBeEmpty()
    const { connections } = await visit('listConnections', 200)
    await visit('endConnection', 204, { params: { id: connections[0].id } })
    expect((await client.close()).code).toBe(4403)
    await visit('endUser', 204)
  })

  test('by the console', async () => {
    session = (await visit('logIn', 201, { body: { key: serverKey } })).token
    await visit('readSession', 200)
    await visit('consolePage', 200)
    const client = await server.connect(`/jive/ws?token=${await server.token('ann')}`)
    await client.next()
    const { connections } = await visit('listConnections', 200, { query: { user: 'ann' } })
    const params = { id: connections[0].id }
    expect((await visit('readConnection', 200, { params })).silentMs).toBe(0)
    await visit('watchFrames', 200, { params })
    for (const id of ['watchOverview', 'watchLive', 'watchLogs']) await visit(id, 200)
    expect((await visit('listKinds', 200)).kinds.length).toBeGreaterThan(5)
    expect((await visit('explainDelivery', 200)).steps).toHaveLength(5)
    await visit('crashFigures', 200)
    expect((await visit('beginAudit', 202)).state).toBe('running')
    let audit = await visit('readAudit', 200)
    while (audit.state === 'running') audit = await visit('readAudit', 200)
    expect(audit).toMatchObject({ state: 'done', ok: true, faultCount: 0 })
    expect((await visit('readConfiguration', 200)).values.length).toBeGreaterThan(50)
    await visit('logOut', 204)
  })

  test('by jive', async () => {
    user = 'ann'
    const { id } = await visit('createAccount', 201)
    expect((await visit('listAccounts', 200)).accounts).toHaveLength(1)
    await visit('readAccount', 200, { params: { id } })
    const body = { account_id: id, amount: '-12.50', description: 'Vegetables', payee: 'Market' }
    const made = await visit('createTransaction', 201, { body })
    const list = await visit('listTransactions', 200, { query: { account_id: id } })
    expect(list.transactions).toEqual([made])
    const params = { id: made.id as string }
    await visit('readTransaction', 200, { params })
    await visit('changeTransaction', 200, { params })
    const rule = await visit('createRule', 201)
    const { matched_count } = await visit('executeRule', 200, { params: { id: rule.id } })
    expect(matched_count).toBe(1)
    await visit('deleteTransaction', 204, { params })
  })

  test('by dcs', async () => {
    await visit('createPartner', 201)
    await visit('createPartner', 200)
    await visit('readPartner', 200)
    await visit('listPartners', 200)
    const { apiKey, apiSecret } = await visit('renewPartnerSecret', 200)
    partner = { apiKey, secret: apiSecret }
    const published = { channel: 'dcs/partner:acme', type: 'KYC_STATUS', data: { status: 'PASS' } }
    await visit('publish', 200, { body: { ...published, externalUserId: 'f1b718e0' } })
    const found = await visit('searchMessages', 200, { query: { version: '1' } })
    expect(JSON.parse(found.data).version).toBe('1')
    const timestamp = String(server.clock.now())
    const headers = headersOf({ ...partner, timestamp, nonce: nextNonce() })
    await visit('getChannel', 200, { headers })
    await visit('removePartner', 204)
  })

  test('by locallife', async () => {
    await visit('putRider', 201)
    await visit('putRider', 200)
    await visit('putMerchant', 201)
    await visit('putMerchant', 200)
    await visit('putOperator', 201)
    await visit('putOperator', 200)
    await visit('wechatLogin', 200)
    user = 'r1'
    await visit('goOnline', 200)
    for (const id of ['readRider', 'readMerchant', 'readOperator']) await visit(id, 200)
    user = 'carl'
    const { id, amount } = await visit('createOrder', 201)
    const { headers, body } = wechat.notification({ out_trade_no: id, amount })
    await visit('wechatPayNotify', 204, { headers, body })
    const params = { id: id as string }
    expect((await visit('readOrder', 200, { params })).status).toBe('paid')
    await visit('urgeOrder', 204, { params })
    user = 'olga'
    await visit('dispatchOrder', 200, { params })
    user = 'r1'
    await visit('goOffline', 200)
    await visit('removeOperator', 204)
  })

  test('by pledge', async () => {
    for (const id of ['price', 'priceOf', 'pledgePrice', 'pledgePriceOf']) await visit(id, 200)
  })

  test('by crash', async () => {
    await visit('testToken', 200)
    await visit('crashPage', 200)
    await visit('verifyPage', 200)
    await visit('credit', 200)
    await visit('readWallet', 200)
    await visit('rollBack', 200)
    await visit('credit', 200, { body: { amount: '70.00', tx_id: 'credit-18' } })
    await visit('debit', 200)
    expect((await visit('listEntries', 200)).entries).toHaveLength(4)
    const over = () => server.logged.some((line) => line.includes('round ended'))
    let rounds: { status: string; roundId: string; hash: string }[] = []
    for (
      let tries = 0;
      tries < 20_000 && !rounds.some(({ status }) => status === 'ended');
      tries++
    ) {
      server.clock.advance(50)
      await Bun.sleep(over() ? 0 : 1)
      if (tries % 10 === 0) ({ rounds } = await visit('listRounds', 200))
    }
    const ended = rounds.find(({ status }) => status === 'ended')!
    await visit('readRound', 200, { params: { id: ended.roundId } })
    for (const id of ['fairness', 'listChains', 'crashRules', 'crashStats']) await visit(id, 200)
    await visit('verifyRound', 200)
  })

  test('by the playground', async () => {
    await visit('playground', 200)
    const { systems } = await visit('readCast', 200)
    for (const { system, roles } of systems)
      for (const role of roles) await visit('play', 200, { body: { system, role } })
  })

  test('in every way that is documented but not being ready, which another test sees', () => {
    const all = operations.flatMap(({ id, answers }) =>
      Object.keys(answers).map((status) => `${id} ${status}`),
    )
    const missed = all.filter((one) => !visitor.visited.has(one) && one !== 'readiness 503')
    expect(missed).toEqual([])
  })
})

describe('refusals are as documented', () => {
  const guarded = operations.filter(({ access }) => access !== undefined)
  const bodied = operations.filter(({ body }) => body !== undefined)

  test.each(guarded.map(({ id }) => id))('%s without credentials', async (id) => {
    const nothing = { authorization: '', 'X-DAPI-API-KEY': '' }
    await visitor.visit(id, 401, { headers: nothing })
  })

  test.each(bodied.map(({ id }) => id))('%s with a body that is no JSON', async (id) => {
    user = 'r1'
    // Who has signed nothing is not read.
    await visitor.visit(id, id === 'wechatPayNotify' ? 401 : 400, { body: '{' })
  })
})

describe('the visitor', () => {
  const health = operations.find(({ id }) => id === 'readiness')!
  const visiting = async (changed: Partial<Operation>) => {
    const document = (await (await server.fetch('/openapi.json')).json()) as OpenApi
    const asked = visitorOf(server, document, [{ ...health, ...changed }], credentials)
    return asked.visit('readiness', 200)
  }

  test('finds a field that is not documented, another shape and another status, so that the rules above can fail', async () => {
    const shown = (schema: v.GenericSchema) => ({ answers: { 200: { says: '', schema } } })
    await visiting({})
    await expect(visiting(shown(v.object({ ready: v.boolean() })))).rejects.toThrow()
    await expect(visiting(shown(v.object({ ready: v.string() })))).rejects.toThrow()
    await expect(visiting({ path: '/healthz' })).rejects.toThrow()
    await expect(visiting({ path: '/nowhere' })).rejects.toThrow()
  })
})
