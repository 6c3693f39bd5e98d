import { apiV3Key, appId, mchId } from '../../simulators/merchant.ts'
import { startWechat, type Paid, type Wechat } from '../../simulators/wechat.ts'
import type { Env } from '../context.ts'
import type { Random } from '../random.ts'
import { tokenFor } from './audience.ts'
import { createDeeds, keepAt, type Work } from './deeds.ts'
import { answered, historyOf, none, request, wanted } from './http.ts'

/** A WeChat Pay whose key a server of ours knows, and the settings that say so. */
export async function openWechat(): Promise<{ wechat: Wechat; env: Env }> {
  const wechat = await startWechat({ appId, mchId, apiV3Key })
  const env = {
    FANFARE_LOCALLIFE_WECHAT_APP_ID: appId,
    FANFARE_LOCALLIFE_WECHAT_PAY_MCH_ID: mchId,
    FANFARE_LOCALLIFE_WECHAT_PAY_API_V3_KEY: apiV3Key,
    FANFARE_LOCALLIFE_WECHAT_PAY_PUBLIC_KEY: wechat.publicKey,
    FANFARE_LOCALLIFE_WECHAT_PAY_SERIAL: wechat.serial,
  }
  return { wechat, env }
}

/** An order as its consumer knows it; the amount in fen. */
interface Order {
  readonly id: string
  readonly amount: number
  readonly consumer: string
  paid: boolean
}

/** Consumers of locallife who order, and WeChat Pay, which tells of each payment up to three times at once. */
export function shopping(random: Random, wechat: Wechat, shoppers: number, copies = 1): Work {
  const deeds = createDeeds(random, copies)
  /** Each order that was acknowledged, by the name of its deed. */
  const orders = new Map<string, Order>()
  const tokens = new Map<string, string>()
  let count = 0

  async function shop(url: string, consumer: string): Promise<void> {
    const name = `order-${count++}`
    const items = [{ name: '牛肉面', quantity: random.whole(1, 5), price: 1_800 }]
    const body = { merchant_id: 'noodles', region_id: 'west', items }
    const headers = { 'idempotency-key': name }
    const token = tokens.get(consumer)!
    const amount = items[0]!.quantity * items[0]!.price
    const done = await deeds.attempt(url, name, async (at) => {
      const answer = answered(await request(at, { path: '/v1/orders', token, headers, body }))
      if (answer?.done && !orders.has(name)) {
        const { id } = JSON.parse(answer.text.slice(4))
        orders.set(name, { id, amount, consumer, paid: false })
      }
      return answer
    })
    if (done && random() < 0.9) await pay(url, name)
    const unpaid = [...orders].filter(([, one]) => one.consumer === consumer && !one.paid)
    // A consumer may have a hundred of them.
    for (const [old] of unpaid.slice(50)) await pay(url, old)
  }

  async function pay(url: string, name: string): Promise<void> {
    const order = orders.get(name)!
    order.paid = true
    const transaction = `4200${name}-${random.whole(0, 1e9)}`
    const paid: Paid = {
      out_trade_no: order.id,
      amount: order.amount,
      transaction_id: transaction,
      id: `note-${transaction}`,
    }
    await deeds.attempt(url, `pay-${name}`, async (at) => {
      // Signed anew each time, as WeChat Pay does it: a signature holds for five minutes.
      const send = async () => {
        const { headers, body } = wechat.notification(paid)
        return answered(
          await request(at, { path: '/v1/webhooks/wechat-pay/notify', headers, body }),
        )
      }
      const answers = await Promise.all(Array.from({ length: random.whole(1, 3) }, send))
      // What is refused WeChat Pay sends again, later and with a new signature.
      return answers.find((answer) => answer?.done) ?? null
    })
  }

  return {
    name: 'shop',
    deeds,
    async prepare(url) {
      for (let index = 0; index < shoppers; index++) {
        tokens.set(`consumer-${index}`, await tokenFor('locallife', `consumer-${index}`))
      }
      const put = (path: string, body: unknown) =>
        wanted(url, { method: 'PUT', path: `/api/locallife/${path}`, body })
      await put('merchants/noodles', {
        name: 'Noodles',
        status: 'onboarded',
        administrators: ['mei'],
      })
      await put('operators/oli', { role: 'operator' })
      await put('riders/rita', { status: 'approved' })
      const token = await tokenFor('locallife', 'rita')
      await wanted(url, { path: '/v1/rider/online', token, body: { region_id: 'west' } })
    },
    async work(url, halted) {
      const act = (consumer: string) => shop(url, consumer)
      await keepAt(tokens.keys(), act, { halted, rest: () => random() * 30 })
    },
    async verify(url) {
      const wrong = []
      for (const [name, { id, paid, consumer }] of orders) {
        const token = tokens.get(consumer)!
        const { status } = await wanted(url, { path: `/v1/orders/${id}`, token })
        if (status !== (paid ? 'paid' : 'pending_payment')) wrong.push({ name, status, paid })
      }
      none('orders have another status than they should', wrong)
      const sold = [...orders.values()].filter(({ paid }) => paid).length
      for (const user of ['mei', 'rita']) {
        const told = await historyOf(url, `locallife/user:${user}`)
        if (told.length === sold) continue
        throw new Error(`${user} was told of ${told.length} paid orders, ${sold} were paid`)
      }
      none('alerts reached the platform', await historyOf(url, 'locallife/platform'))
    },
  }
}
