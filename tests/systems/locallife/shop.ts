import { expect } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { allSystems, type Plug } from '../../../src/systems.ts'
import { serverKey, start, type Fixture, type TestClient } from '../../fixture.ts'
import { apiV3Key, appId, appSecret, mchId } from '../../simulators/merchant.ts'
import { startWechat, type Paid, type Sent, type Wechat } from '../../simulators/wechat.ts'

/** Making one takes longer than all the rest of a shop. */
const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** What a request to the shop came to. */
export interface Answered {
  readonly status: number
  readonly body: any
  readonly headers: Headers
}

/** A server with a WeChat beside it: merchants `m1` (adm1, adm2), `m2` (adm3) and the closed `m3`; riders near (r1), far (r2), both online, and asleep (r1); operator op1. */
export interface Shop extends AsyncDisposable {
  readonly server: Fixture
  readonly wechat: Wechat
  /** A request with the token of a user, its answer parsed. */
  as(user: string, method: string, path: string, body?: unknown): Promise<Answered>
  token(user: string): Promise<string>
  /** An order of `consumer` at m1 in r1 over 18.00. */
  order(consumer?: string, fields?: Record<string, unknown>): Promise<any>
  send(sent: Sent): Promise<Answered>
  notify(paid: Paid): Promise<Answered>
  connect(user: string): Promise<TestClient>
  /** Titles of everything that was ever recorded for a user, or in another channel of this system, oldest first. */
  told(channel: string): Promise<string[]>
  /** Stops the server and goes on with a new one on its data, with other settings where some are given. */
  restart(flags?: Flags): Promise<void>
}

type Flags = Record<string, any>

/** The settings of a server that knows this WeChat. */
export function settings(wechat: Wechat) {
  return {
    wechat: { base_url: wechat.url, app_id: appId, app_secret: appSecret },
    wechat_pay: {
      mch_id: mchId,
      api_v3_key: apiV3Key,
      public_key: wechat.publicKey,
      serial: wechat.serial,
    },
  }
}

/** Opens a shop; `change` may take settings of locallife away or put others in, `plug` may make its systems. */
export async function openShop(
  change: (locallife: any, wechat: Wechat) => void = () => {},
  plug: Plug = allSystems,
): Promise<Shop> {
  let server: Fixture
  const wechat = await startWechat({
    get fanfareUrl() {
      return server.url
    },
    now: () => server.clock.now(),
    ...{ appId, appSecret, mchId, apiV3Key, key },
  })
  const locallife: Flags = settings(wechat)
  change(locallife, wechat)
  const open = (flags: Flags, kept?: Pick<Fixture, 'dir' | 'clock'>) =>
    start({ limits: { commands_per_second: 10_000 }, locallife, ...flags } as never, {
      ...kept,
      plug,
    })
  server = await open({})
  const self = shopOver(() => server, wechat)
  await furnish(self)
  return {
    ...self,
    get server() {
      return server
    },
    async restart(flags = {}) {
      await server.stop()
      server = await open(flags, server)
    },
    async [Symbol.asyncDispose]() {
      await wechat.stop()
      await server[Symbol.asyncDispose]()
    },
  }
}

type Counter = Omit<Shop, 'server' | 'restart' | typeof Symbol.asyncDispose>

function shopOver(server: () => Fixture, wechat: Wechat): Counter {
  const self: Counter = {
    wechat,
    token: (user) => server().token(user, { aud: 'locallife' }),
    async as(user, method, path, body) {
      const token = user === 'server' ? serverKey : await self.token(user)
      return answered(await server().fetch(path, { method, body, token }))
    },
    async order(consumer = 'consumer', fields = {}) {
      const items = [{ name: '茶', quantity: 2, price: 900 }]
      const wanted = { merchant_id: 'm1', region_id: 'r1', items, ...fields }
      const { status, body } = await self.as(consumer, 'POST', '/v1/orders', wanted)
      expect([status, body.status]).toEqual([201, 'pending_payment'])
      return body
    },
    async send({ headers, body }) {
      const url = `${server().url}/v1/webhooks/wechat-pay/notify`
      return answered(await fetch(url, { method: 'POST', headers, body }))
    },
    notify: (paid) => self.send(wechat.notification(paid)),
    connect: async (user) => server().connect(`/v1/ws?token=${await self.token(user)}`),
    async told(channel) {
      const { messages } = await server().host.store.since(`locallife/${channel}`, 0, 1_000)
      return messages.map(({ body }) => JSON.parse(body).title)
    },
  }
  return self
}

async function answered(answer: Response): Promise<Answered> {
  const { status, headers } = answer
  const text = await answer.text()
  return { status, headers, body: text === '' ? null : JSON.parse(text) }
}

async function furnish({ as }: Counter): Promise<void> {
  const put = async (path: string, body: unknown) =>
    expect((await as('server', 'PUT', `/api/locallife/${path}`, body)).status).toBe(201)
  const merchant = { name: 'Shop', status: 'onboarded' }
  await put('merchants/m1', { ...merchant, administrators: ['adm1', 'adm2'] })
  await put('merchants/m2', { ...merchant, administrators: ['adm3'] })
  await put('merchants/m3', { ...merchant, status: 'closed', administrators: ['adm4'] })
  await put('operators/op1', { role: 'operator' })
  for (const [id, region_id] of [
    ['near', 'r1'],
    ['far', 'r2'],
    ['asleep', 'r1'],
  ]) {
    await put(`riders/${id}`, { status: 'approved', region_id })
    if (id === 'asleep') continue
    expect((await as(id!, 'POST', '/v1/rider/online', { region_id })).status).toBe(200)
  }
}

/** Takes what a client has received up to now; what was sent before its pong has arrived. */
export function received(client: TestClient): Promise<any[]> {
  return client.upTo({ type: 'ping' }, ({ type }) => type === 'pong')
}

/** Waits until the platform has been alerted so often, and not more often, and answers the titles: nobody else waits for alerts. */
export async function alerts(shop: Shop, count: number): Promise<string[]> {
  let titles = await shop.told('platform')
  for (let tries = 0; tries < 2_000 && titles.length < count; tries++) {
    await Bun.sleep(1)
    titles = await shop.told('platform')
  }
  expect(titles).toHaveLength(count)
  return titles
}
