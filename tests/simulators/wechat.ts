import {
  constants,
  createCipheriv,
  createHash,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  randomInt,
  sign,
  type KeyObject,
} from 'node:crypto'
import { promisify } from 'node:util'

/** Whose mini-program and merchant this WeChat serves. */
export interface WechatOptions {
  /** The server at which `pay` buys; a getter where it gets its address only after our key. */
  readonly fanfareUrl?: string
  readonly appId: string
  /** Any is taken when absent. */
  readonly appSecret?: string
  readonly mchId: string
  /** 32 characters. */
  readonly apiV3Key: string
  readonly serial?: string
  /** The private key that signs; one made at the start when absent. */
  readonly key?: KeyObject
  /** Epoch ms; the machine's when absent. */
  readonly now?: () => number
}

/** What somebody pays, and whatever is to be different from an honest notification of it. */
export interface Paid {
  readonly out_trade_no: string
  /** In fen. */
  readonly amount: number
  readonly transaction_id?: string
  /** Id of the notification. */
  readonly id?: string
  readonly event_type?: string
  /** Fields of the decrypted transaction. */
  readonly transaction?: Readonly<Record<string, unknown>>
  /** Fields of the resource beside its ciphertext, used to encrypt it. */
  readonly resource?: Readonly<Record<string, string>>
  readonly sealing?: Sealing
}

/** How a body is signed, where it is not as it should be. */
export interface Sealing {
  /** Epoch seconds. */
  readonly timestamp?: number | string
  readonly nonce?: string
  readonly serial?: string
  readonly key?: KeyObject
  readonly padding?: number
}

/** A notification as WeChat Pay sends it. */
export interface Sent {
  readonly headers: Record<string, string>
  readonly body: string
}

/** An order that waits for its money. */
export type Due = Pick<Paid, 'out_trade_no' | 'amount'>

/** An order that was paid. */
export interface Bought {
  readonly order: Due
  /** The status with which the server answered the notification. */
  readonly notified: number
}

/** What is bought, by whom. */
export interface Purchase {
  readonly token: string
  readonly merchant_id: string
  readonly region_id: string
  readonly items?: readonly {
    readonly name: string
    readonly quantity: number
    readonly price: number
  }[]
}

/** A WeChat of our own that signs and encrypts for real. */
export interface Wechat {
  readonly url: string
  /** PEM. */
  readonly publicKey: string
  readonly serial: string
  /** Replaces the answer to /sns/jscode2session: errors, silence, rubbish. */
  respond: ((url: URL) => Response | Promise<Response>) | null
  /** How often a code was asked about. */
  readonly asked: number
  /** An honest notification of a payment, but for what `paid` changes. */
  notification(paid: Paid): Sent
  /** Headers that sign any body. */
  seal(body: string | Uint8Array, sealing?: Sealing): Record<string, string>
  /** Pays an order at the server, which it makes first where it is given what to buy; also `POST /pay` with the same JSON. */
  pay(wanted: Due | Purchase): Promise<Bought>
  stop(): Promise<void>
}

/** Starts a WeChat on a free port of 127.0.0.1. */
export async function startWechat(options: WechatOptions): Promise<Wechat> {
  const ownKey = options.key ?? (await freshKey())
  const { serial = 'PUB_KEY_ID_0000000000000000000000000001', now = Date.now } = options
  let asked = 0

  function seal(body: string | Uint8Array, sealing: Sealing = {}): Record<string, string> {
    const timestamp = String(sealing.timestamp ?? Math.floor(now() / 1_000))
    const nonce = sealing.nonce ?? randomBytes(16).toString('hex')
    const key = sealing.key ?? ownKey
    const padding = sealing.padding ?? constants.RSA_PKCS1_PADDING
    const head = Buffer.from(`${timestamp}\n${nonce}\n`)
    const bytes = Buffer.concat([head, Buffer.from(body as string), Buffer.from('\n')])
    const signed = sign('sha256', bytes, { key, padding })
    return {
      'content-type': 'application/json',
      'wechatpay-timestamp': timestamp,
      'wechatpay-nonce': nonce,
      'wechatpay-signature': signed.toString('base64'),
      'wechatpay-serial': sealing.serial ?? serial,
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
    }
  }

  function notification(paid: Paid): Sent {
    const body = JSON.stringify({
      id: paid.id ?? crypto.randomUUID(),
      create_time: new Date(now()).toISOString(),
      resource_type: 'encrypt-resource',
      event_type: paid.event_type ?? 'TRANSACTION.SUCCESS',
      summary: '支付成功',
      resource: encrypted(transactionOf(paid, options, now()), options.apiV3Key, paid.resource),
    })
    return { headers: seal(body, paid.sealing), body }
  }

  async function pay(wanted: Due | Purchase): Promise<Bought> {
    const { fanfareUrl } = options
    if (!fanfareUrl) throw new Error('No server to pay at')
    const order = 'out_trade_no' in wanted ? wanted : await ordered(fanfareUrl, wanted)
    const { out_trade_no, amount } = order
    const { headers, body } = notification({ out_trade_no, amount })
    const url = `${fanfareUrl}/v1/webhooks/wechat-pay/notify`
    const { status } = await fetch(url, { method: 'POST', headers, body, tls })
    return { order, notified: status }
  }

  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    idleTimeout: 0,
    async fetch(request) {
      const url = new URL(request.url)
      if (url.pathname === '/sns/jscode2session') {
        asked++
        return self.respond?.(url) ?? session(url.searchParams, options)
      }
      if (url.pathname !== '/pay' || request.method !== 'POST') {
        return new Response('Not found', { status: 404 })
      }
      try {
        return Response.json(await pay((await request.json()) as Due | Purchase))
      } catch (error) {
        return Response.json({ message: String(error) }, { status: 400 })
      }
    },
  })
  const self: Wechat = {
    url: server.url.origin,
    publicKey: String(createPublicKey(ownKey).export({ type: 'spki', format: 'pem' })),
    serial,
    respond: null,
    get asked() {
      return asked
    },
    notification,
    seal,
    pay,
    stop: () => server.stop(true),
  }
  return self
}

/** A certificate for development is nobody's whom a machine trusts. */
const tls = { rejectUnauthorized: false }

async function ordered(
  fanfareUrl: string,
  { token, items = coffee, ...where }: Purchase,
): Promise<Due> {
  const made = await fetch(`${fanfareUrl}/v1/orders`, {
    tls,
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...where, items }),
  })
  if (made.status !== 201) throw new Error(`no order: ${made.status} ${await made.text()}`)
  return (await made.json()) as Due
}

async function freshKey(): Promise<KeyObject> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  return privateKey
}

const coffee = [{ name: '咖啡', quantity: 1, price: 1_800 }]

/** The openid that a code stands for: the same each time. */
export function openidOf(code: string): string {
  return `o${createHash('sha256').update(code).digest('base64url').slice(0, 27)}`
}

/** WeChat's answer to a code, which it calls text/plain; a code that begins with `bad` is refused. */
function session(query: URLSearchParams, { appId, appSecret }: WechatOptions): Response {
  const code = query.get('js_code') ?? ''
  if (query.get('appid') !== appId) return told({ errcode: 40013, errmsg: 'invalid appid' })
  if (appSecret !== undefined && query.get('secret') !== appSecret) {
    return told({ errcode: 40125, errmsg: 'invalid appsecret' })
  }
  if (query.get('grant_type') !== 'authorization_code' || code === '' || code.startsWith('bad')) {
    return told({ errcode: 40029, errmsg: 'invalid code' })
  }
  return told({ openid: openidOf(code), session_key: 'tiihtNczf5v6AKRyjwEUhQ==' })
}

function told(answer: unknown): Response {
  return new Response(JSON.stringify(answer), { headers: { 'content-type': 'text/plain' } })
}

function transactionOf(paid: Paid, { appId, mchId }: WechatOptions, at: number) {
  const digits = Array.from({ length: 24 }, () => randomInt(10)).join('')
  return {
    transaction_id: paid.transaction_id ?? `4200${digits}`,
    out_trade_no: paid.out_trade_no,
    mchid: mchId,
    appid: appId,
    trade_type: 'JSAPI',
    trade_state: 'SUCCESS',
    trade_state_desc: '支付成功',
    bank_type: 'OTHERS',
    attach: '',
    success_time: new Date(at).toISOString(),
    payer: { openid: openidOf('payer') },
    amount: {
      total: paid.amount,
      payer_total: paid.amount,
      currency: 'CNY',
      payer_currency: 'CNY',
    },
    ...paid.transaction,
  }
}

/** AES-256-GCM with the tag behind the text, in base64. */
function encrypted(
  transaction: unknown,
  apiV3Key: string,
  changes: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const resource = {
    original_type: 'transaction',
    algorithm: 'AEAD_AES_256_GCM',
    ciphertext: '',
    nonce: randomBytes(6).toString('hex'),
    associated_data: 'transaction',
    ...changes,
  }
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiV3Key), Buffer.from(resource.nonce))
  cipher.setAAD(Buffer.from(resource.associated_data))
  const text = JSON.stringify(transaction)
  const sealed = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  return { ...resource, ciphertext: changes['ciphertext'] ?? sealed.toString('base64') }
}
