import type { Premises } from './http-house.ts'

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
  house.secrets.add(partner.apiSecret)
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

/** The body of a rule of jive. */
export const newRule = { family_id: 'f1', contains: 'Coffee', category: 'Food' }
/** The body of a merchant of locallife. */
export const newMerchant = { name: 'Noodles', status: 'onboarded', administrators: ['mei'] }
/** The body of an order over 18.00. */
export const newOrder = {
  merchant_id: 'm1',
  region_id: 'r1',
  items: [{ name: '茶', quantity: 2, price: 900 }],
}
