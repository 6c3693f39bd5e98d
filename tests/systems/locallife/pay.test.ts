import { expect, test } from 'bun:test'
import { constants, createPrivateKey, generateKeyPairSync } from 'node:crypto'
import { certificate } from '../../certificate.ts'
import { wechatCertificate } from '../../simulators/wechat-certificate.ts'
import { apiV3Key } from '../../simulators/merchant.ts'
import { openidOf, type Sealing, type Sent, type Wechat } from '../../simulators/wechat.ts'
import { alerts, openShop, received, type Shop } from './shop.ts'

const failed = (message: unknown = expect.any(String)) => ({ code: 'FAIL', message })
const unsigned = failed('Not a notification that WeChat Pay has signed')
const unread = failed('The notification cannot be read')

/** Who hears of a paid order of m1 in r1, and nothing of anybody else. */
async function toldOnce(shop: Shop): Promise<void> {
  for (const user of ['adm1', 'adm2']) {
    expect(await shop.told(`user:${user}`)).toEqual(['新订单通知'])
  }
  expect(await shop.told('user:near')).toEqual(['新订单'])
  for (const user of ['adm3', 'far', 'asleep', 'consumer', 'op1']) {
    expect(await shop.told(`user:${user}`)).toEqual([])
  }
}

/** Nobody was told of a paid order, and the order waits for its money. */
async function nothingHappened(shop: Shop, order: { id: string }): Promise<void> {
  for (const user of ['adm1', 'adm2', 'adm3', 'near', 'far', 'asleep', 'consumer']) {
    expect(await shop.told(`user:${user}`)).toEqual([])
  }
  const { body } = await shop.as('consumer', 'GET', `/v1/orders/${order.id}`)
  expect([body.status, body.paid_at]).toEqual(['pending_payment', null])
}

test('L20, L21: a notified payment makes the order paid and reaches the sockets of merchant and riders', async () => {
  await using shop = await openShop()
  const names = ['adm1', 'adm2', 'adm3', 'near', 'far', 'op1']
  const clients = await Promise.all(names.map((name) => shop.connect(name)))
  const order = await shop.order()
  const { status, body, headers } = await shop.notify(order)
  expect([status, body, headers.get('content-length') ?? '0']).toEqual([204, null, '0'])
  const [adm1, adm2, adm3, near, far, op1] = await Promise.all(clients.map(received))
  const notice = (data: object) => [expect.objectContaining({ type: 'notification', data })]
  const merchant = {
    title: '新订单通知',
    content: '您有新的已支付订单，请及时处理',
    message_id: expect.any(String),
  }
  expect(adm1!).toEqual(notice(merchant))
  expect(adm2!).toEqual(notice(merchant))
  expect(near!).toEqual(
    notice({ title: '新订单', content: '您有新的推荐订单', message_id: expect.any(String) }),
  )
  expect([adm3, far, op1]).toEqual([[], [], []])
  await toldOnce(shop)
  const paid = await shop.as('consumer', 'GET', `/v1/orders/${order.id}`)
  expect(paid.body).toMatchObject({ status: 'paid', paid_at: '2026-01-02T03:04:05.000Z' })
})

test('L21: of 200 repeats at once all are 204, and everybody hears it once', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const transaction_id = '4200000000000000000000000001'
  const same = shop.wechat.notification({ ...order, transaction_id })
  const others = Array.from({ length: 100 }, () =>
    shop.wechat.notification({ ...order, transaction_id }),
  )
  const all = [...others, ...Array.from({ length: 100 }, () => same)]
  const answers = await Promise.all(all.map((one) => shop.send(one)))
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
  await toldOnce(shop)
})

test('L21: a repeat over a restart is 204 and tells nobody again', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const sent = shop.wechat.notification(order)
  expect((await shop.send(sent)).status).toBe(204)
  await shop.restart()
  expect((await shop.send(sent)).status).toBe(204)
  await toldOnce(shop)
})

const other = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** A notification whose seal or body is not what WeChat Pay sent. */
const forgeries: [why: string, forge: (sent: Sent, wechat: Wechat) => Sent][] = [
  ...['timestamp', 'nonce', 'signature', 'serial'].map((name): (typeof forgeries)[number] => [
    `no ${name}`,
    ({ headers: { [`wechatpay-${name}`]: _, ...headers }, body }) => ({ headers, body }),
  ]),
  ['an empty nonce', header('nonce', () => '')],
  ['another nonce', header('nonce', (nonce) => `${nonce}0`)],
  ['another timestamp', header('timestamp', (timestamp) => String(Number(timestamp) - 1))],
  ['a timestamp in ms', header('timestamp', (timestamp) => `${timestamp}000`)],
  ['a timestamp with a sign', stamped((timestamp) => `+${timestamp}`)],
  ['a timestamp with a zero before it', stamped((timestamp) => `0${timestamp}`)],
  ['a timestamp in exponents', stamped((timestamp) => `${timestamp}e0`)],
  ['an unknown serial', header('serial', () => 'PUB_KEY_ID_0000000000000000000000000009')],
  ['a serial that every object has', header('serial', () => 'constructor')],
  ['another signature type', header('signature-type', () => 'WECHATPAY2-SM2-WITH-SM3')],
  ['an empty signature type', header('signature-type', () => '')],
  ['an empty signature', header('signature', () => '')],
  ['a probe', header('signature', (text) => `WECHATPAY/SIGNTEST/${text}`)],
  [
    'a probe of the right length',
    header('signature', (text) => `WECHATPAY/SIGNTEST/${text.slice(19)}`),
  ],
  ['a signature that ends in a space and more', header('signature', (text) => `${text} x`)],
  ['a signature without its padding', header('signature', (text) => text.replaceAll('=', ''))],
  [
    'a signature in the alphabet of URLs',
    header('signature', (text) => text.replaceAll('+', '-').replaceAll('/', '_')),
  ],
  [
    'a signature that is one bit off',
    header('signature', (text) => {
      const bytes = Buffer.from(text, 'base64')
      bytes[100]! ^= 1
      return bytes.toString('base64')
    }),
  ],
  ['a body with a byte more', ({ headers, body }) => ({ headers, body: `${body} ` })],
  [
    'a body with a byte changed',
    ({ headers, body }) => ({ headers, body: body.replace('TRANSACTION', 'TRANSACTIOM') }),
  ],
  ['no body', ({ headers }) => ({ headers, body: '' })],
  ['another key', sealed({ key: other.privateKey })],
  ['PSS in place of PKCS#1 v1.5', sealed({ padding: constants.RSA_PKCS1_PSS_PADDING })],
]

function header(name: string, change: (value: string) => string): (sent: Sent) => Sent {
  return ({ headers, body }) => {
    const key = `wechatpay-${name}`
    return { headers: { ...headers, [key]: change(headers[key]!) }, body }
  }
}

/** Signed by WeChat Pay's own key, the time in other words. */
function stamped(write: (timestamp: string) => string): (sent: Sent, wechat: Wechat) => Sent {
  return (sent, wechat) => {
    const timestamp = write(sent.headers['wechatpay-timestamp']!)
    return sealed({ timestamp })(sent, wechat)
  }
}

function sealed(sealing: Sealing): (sent: Sent, wechat: Wechat) => Sent {
  return ({ body }, wechat) => ({ headers: wechat.seal(body, sealing), body })
}

test('L21: whatever is not signed by WeChat Pay as it stands is 401 and changes nothing', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const honest = shop.wechat.notification(order)
  for (const [why, forge] of forgeries) {
    const { status, body } = await shop.send(forge(honest, shop.wechat))
    expect([why, status, body]).toEqual([why, 401, unsigned])
  }
  await nothingHappened(shop, order)
  expect((await shop.send(honest)).status).toBe(204)
  await toldPaid(shop)
})

test('a header that is missing is told from one that is wrong, in the log and in the alert', async () => {
  await using shop = await openShop()
  const honest = shop.wechat.notification(await shop.order())
  for (const name of ['timestamp', 'nonce', 'serial', 'signature']) {
    const { [`wechatpay-${name}`]: _, ...headers } = honest.headers
    expect((await shop.send({ headers, body: honest.body })).status).toBe(401)
  }
  await alerts(shop, 1)
  expect(reasonsLogged(shop)).toEqual(['headers', 'headers', 'headers', 'headers'])
  for (const name of ['timestamp', 'serial', 'signature']) {
    expect((await shop.send(header(name, () => '1')(honest))).status).toBe(401)
  }
  await alerts(shop, 4)
  expect(reasonsLogged(shop).slice(4)).toEqual(['timestamp', 'serial', 'signature'])
})

function reasonsLogged({ server }: Shop): string[] {
  const lines = server.logged.filter((line) => line.includes('payment notification refused'))
  return lines.map((line) => JSON.parse(line).reason)
}

/** As `toldOnce`, where the platform may have alerts. */
async function toldPaid(shop: Shop): Promise<void> {
  expect(await shop.told('merchant:m1')).toEqual(['新订单通知'])
  expect(await shop.told('region:r1')).toEqual(['新订单'])
}

test.each([
  [-300, 401],
  [-299, 204],
  [299, 204],
  [300, 401],
])('L21: a notification stamped %d s from now is %d', async (seconds, expected) => {
  await using shop = await openShop()
  const order = await shop.order()
  const timestamp = shop.server.clock.now() / 1_000 + seconds
  const { status } = await shop.notify({ ...order, sealing: { timestamp } })
  expect(status).toBe(expected)
  if (expected === 401) await nothingHappened(shop, order)
  else await toldOnce(shop)
})

test('L21: within the last second the edge is judged to the millisecond', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const sent = shop.wechat.notification(order)
  shop.server.clock.jump(300_000)
  expect((await shop.send(sent)).status).toBe(401)
  shop.server.clock.jump(-1)
  expect((await shop.send(sent)).status).toBe(204)
})

test('a signature type may be left out', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const { headers, body } = shop.wechat.notification(order)
  delete headers['wechatpay-signature-type']
  expect((await shop.send({ headers, body })).status).toBe(204)
})

/** What was signed by WeChat Pay and yet says nothing that can be read. */
const unreadable: [why: string, body: (shop: Shop, order: any) => string][] = [
  ['no JSON', () => '{'],
  ['no object', () => '[]'],
  ['nested too deeply', () => `${'['.repeat(40)}${']'.repeat(40)}`],
  ['without an id', (shop, order) => changed(shop, order, ({ id: _, ...rest }) => rest)],
  ['without a type', (shop, order) => changed(shop, order, ({ event_type: _, ...rest }) => rest)],
  ['without a resource', (shop, order) => changed(shop, order, ({ resource: _, ...rest }) => rest)],
  ['another algorithm', resource({ algorithm: 'AEAD_AES_128_GCM' })],
  ['a nonce of 11 bytes', encryptedWith({ nonce: 'elevenbytes' })],
  ['a nonce of 12 characters and 15 bytes', encryptedWith({ nonce: 'twelve-byté€' })],
  ['another nonce', resource({ nonce: 'another-one!' })],
  ['other associated data', resource({ associated_data: 'refund' })],
  ['no associated data', resource({ associated_data: undefined })],
  ['no ciphertext', resource({ ciphertext: '' })],
  [
    'a ciphertext of nothing but a tag',
    resource({ ciphertext: Buffer.alloc(16).toString('base64') }),
  ],
  ['a ciphertext shorter than a tag', resource({ ciphertext: Buffer.alloc(9).toString('base64') })],
  ['a tag that is off', ciphertext((bytes) => bytes.with(-1, bytes.at(-1)! ^ 1))],
  ['a text that is off', ciphertext((bytes) => bytes.with(0, bytes[0]! ^ 1))],
  ['a tag cut short', ciphertext((bytes) => bytes.slice(0, -4))],
  ['base64 without its padding', written((text) => text.replace(/=*$/, ''))],
  ['base64 with a line break', written((text) => `${text.slice(0, 76)}\n${text.slice(76)}`)],
  ['base64 with bits to spare', written((text) => text.replace(/.(=+)$/, spare))],
]

/** A notification with other fields; its ciphertext ends in base64's padding, so that there is something to spoil. */
function changed(shop: Shop, order: any, change: (body: any) => unknown): string {
  const bodies = ['', 'x', 'xx'].map((attach) =>
    JSON.parse(shop.wechat.notification({ ...order, transaction: { attach } }).body),
  )
  return JSON.stringify(change(bodies.find((body) => body.resource.ciphertext.endsWith('='))))
}

function resource(fields: object): (shop: Shop, order: any) => string {
  return (shop, order) =>
    changed(shop, order, (body) => ({ ...body, resource: { ...body.resource, ...fields } }))
}

function encryptedWith(fields: Record<string, string>): (shop: Shop, order: any) => string {
  return (shop, order) => shop.wechat.notification({ ...order, resource: fields }).body
}

function ciphertext(change: (bytes: Uint8Array) => Uint8Array): (shop: Shop, order: any) => string {
  return written((text) =>
    Buffer.from(change(new Uint8Array(Buffer.from(text, 'base64')))).toString('base64'),
  )
}

function written(change: (text: string) => string): (shop: Shop, order: any) => string {
  return (shop, order) =>
    changed(shop, order, (body) => {
      const ciphertext = change(body.resource.ciphertext)
      expect(ciphertext).not.toBe(body.resource.ciphertext)
      return { ...body, resource: { ...body.resource, ciphertext } }
    })
}

/** The last character before the padding holds bits that mean nothing: another one with the same meaning. */
function spare(end: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  return alphabet[alphabet.indexOf(end[0]!) + 1] + end.slice(1)
}

test('L21: what is signed but cannot be decrypted or read is 400, changes nothing and alerts once a minute', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  for (const [why, write] of unreadable) {
    const body = write(shop, order)
    const answer = await shop.send({ headers: shop.wechat.seal(body), body })
    expect([why, answer.status, answer.body]).toEqual([why, 400, unread])
  }
  await nothingHappened(shop, order)
  expect(await alerts(shop, 1)).toEqual(['支付通知被拒绝'])
  expect((await shop.notify(order)).status).toBe(204)
})

test('the key of APIv3 is not the one that was used: 400, and no word of why', async () => {
  await using shop = await openShop((locallife) => {
    locallife.wechat_pay.api_v3_key = 'f'.repeat(32)
  })
  const order = await shop.order()
  const { status, body } = await shop.notify(order)
  expect([status, body]).toEqual([400, unread])
  await nothingHappened(shop, order)
})

test('bytes that are no UTF-8 are 400 although WeChat Pay signed them', async () => {
  await using shop = await openShop()
  const { body } = shop.wechat.notification(await shop.order())
  const bytes = Buffer.from(body)
  // A byte of the summary, which nothing depends on.
  bytes[bytes.indexOf('支付成功')] = 0xff
  const answer = await fetch(`${shop.server.url}/v1/webhooks/wechat-pay/notify`, {
    method: 'POST',
    headers: shop.wechat.seal(bytes),
    body: bytes,
  })
  expect([answer.status, await answer.json()]).toEqual([400, unread])
})

test.each(['', null, undefined])(
  'L21: WeChat Pay may encrypt without associated data: %j',
  async (associated_data) => {
    await using shop = await openShop()
    const order = await shop.order()
    const sent = shop.wechat.notification({ ...order, resource: { associated_data: '' } })
    const { resource, ...rest } = JSON.parse(sent.body)
    const body = JSON.stringify({ ...rest, resource: { ...resource, associated_data } })
    expect((await shop.send({ headers: shop.wechat.seal(body), body })).status).toBe(204)
    await toldOnce(shop)
  },
)

test.each([
  ['amount', 400, { transaction: { amount: { total: 1_799, currency: 'CNY' } } }],
  ['amount', 400, { transaction: { amount: { total: 1_801, currency: 'CNY' } } }],
  ['amount', 400, { transaction: { amount: { total: 18, currency: 'CNY' } } }],
  ['currency', 400, { transaction: { amount: { total: 1_800, currency: 'USD' } } }],
  ['mchid', 400, { transaction: { mchid: '1900000110' } }],
  ['appid', 400, { transaction: { appid: 'wxffffffffffffffff' } }],
  ['trade_state', 400, { transaction: { trade_state: 'REFUND' } }],
  ['order', 404, { transaction: { out_trade_no: 'ffffffffffffffffffffffffffffffff' } }],
])(
  'L21: a payment whose %s is not ours is %d, pays nothing and alerts once per transaction: %j',
  async (fault, expected, fields) => {
    await using shop = await openShop()
    const order = await shop.order()
    const transaction_id = '4200000000000000000000000001'
    const wrong = { ...order, transaction_id, ...fields }
    for (let time = 0; time < 3; time++) {
      const { status, body } = await shop.notify(wrong)
      expect([status, body]).toEqual([expected, failed()])
    }
    await nothingHappened(shop, order)
    expect(await shop.told('user:op1')).toEqual(['支付通知异常'])
    const logged = shop.server.logged.filter((line) => line.includes('payment refused'))
    expect(logged.map((line) => JSON.parse(line).fault)).toEqual([fault, fault, fault])
    const { status } = await shop.notify({ ...wrong, transaction_id: `${transaction_id}2` })
    expect(status).toBe(expected)
    expect(await shop.told('user:op1')).toEqual(['支付通知异常', '支付通知异常'])
    expect((await shop.notify(order)).status).toBe(204)
  },
)

test.each([
  { amount: { total: '1800', currency: 'CNY' } },
  { amount: { total: 1_800.5, currency: 'CNY' } },
  { amount: { total: -1_800, currency: 'CNY' } },
  { amount: { total: 1_800 } },
  { amount: 1_800 },
  { out_trade_no: 7 },
  { transaction_id: '' },
  { transaction_id: 'a b' },
  { mchid: undefined },
])('a transaction that is none is 400 and never rounded into one: %j', async (transaction) => {
  await using shop = await openShop()
  const order = await shop.order()
  const { status, body } = await shop.notify({ ...order, transaction })
  expect([status, body]).toEqual([400, unread])
  await nothingHappened(shop, order)
})

test('of what cannot be read the log names the fields, and neither it nor the answer says what is in them', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const amount = { total: 'hidden-total', currency: 'hidden-currency' }
  const answers = [
    await shop.notify({ ...order, transaction: { amount } }),
    await shop.send({ headers: shop.wechat.seal('"hidden-text"'), body: '"hidden-text"' }),
    await shop.notify({ ...order, resource: { algorithm: 'hidden-algorithm' } }),
    await shop.notify({ ...order, resource: { ciphertext: 'hidden-ciphertext' } }),
  ]
  for (const { status, body } of answers) expect([status, body]).toEqual([400, unread])
  const logged = shop.server.logged.filter((line) => line.includes('payment notification refused'))
  expect(logged.map((line) => JSON.parse(line).fault)).toEqual([
    'amount.total, amount.currency',
    'Not an object',
    'resource.algorithm',
    'The resource cannot be decrypted',
  ])
  expect([...shop.server.logged, JSON.stringify(answers)].join()).not.toContain('hidden')
})

test('a notification of something else than a payment is 204 and changes nothing, or WeChat Pay would repeat it for a day', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  for (const event_type of ['REFUND.SUCCESS', 'REFUND.CLOSED', 'transaction.success']) {
    expect((await shop.notify({ ...order, event_type })).status).toBe(204)
  }
  await nothingHappened(shop, order)
  expect(await shop.told('platform')).toEqual([])
})

test('a second transaction for a paid order is 204, with one alert and no further notice', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const first = shop.wechat.notification(order)
  const second = shop.wechat.notification(order)
  for (const one of [first, second, second, first]) expect((await shop.send(one)).status).toBe(204)
  expect(await shop.told('platform')).toEqual(['重复付款'])
  await toldPaid(shop)
})

test('rubbish is alerted of once a minute and reason, so that nobody can flood the operators', async () => {
  await using shop = await openShop()
  const honest = shop.wechat.notification(await shop.order())
  const reasons: ((sent: Sent) => Sent)[] = [
    header('serial', () => 'unknown'),
    header('nonce', () => ''),
    header('timestamp', () => '1'),
    ({ headers, body }) => ({ headers, body: `${body} ` }),
  ]
  const round = () =>
    Promise.all(
      reasons.flatMap((forge) => Array.from({ length: 25 }, () => shop.send(forge(honest)))),
    )
  for (const { status } of await round()) expect(status).toBe(401)
  expect(new Set(await alerts(shop, 4))).toEqual(new Set(['支付通知被拒绝']))
  shop.server.clock.advance(59_000)
  await round()
  expect(await shop.told('platform')).toHaveLength(4)
  shop.server.clock.advance(1_000)
  await round()
  await alerts(shop, 8)
  const logged = shop.server.logged.filter((line) => line.includes('payment notification refused'))
  expect(logged.length).toBeGreaterThan(3)
  expect(logged.length).toBeLessThan(100)
})

test('each notification is counted by what became of it', async () => {
  await using shop = await openShop()
  const [one, late] = [await shop.order(), await shop.order()]
  const first = shop.wechat.notification(one)
  for (const sent of [first, first, shop.wechat.notification(one)]) await shop.send(sent)
  await shop.notify({ ...one, event_type: 'REFUND.SUCCESS' })
  await shop.notify({ ...one, amount: 1 })
  await shop.send({ headers: {}, body: '' })
  shop.server.clock.jump(900_000)
  shop.server.clock.advance(1_000)
  await alerts(shop, 4)
  await shop.notify(late)
  const counts = { paid: 1, repeated: 1, extra: 1, ignored: 1, refused: 2, late: 1 }
  expect(await counted(shop)).toEqual(counts)
  const logged = shop.server.logged.map((line) => JSON.parse(line))
  const outcomes = logged.filter(({ event }) => event === 'payment').map((line) => line.outcome)
  expect(outcomes).toEqual(['paid', 'repeated', 'extra', 'late'])
  await shop.server.host.store.stop()
  await shop.notify(one)
  expect(await counted(shop)).toEqual({ ...counts, failed: 1 })
})

async function counted({ server }: Shop): Promise<Record<string, number>> {
  const text = await (await fetch(new URL('/metrics', server.fanfare.internal!.url))).text()
  const lines = text.matchAll(/^fanfare_wechat_notifications_total\{outcome="(\w+)"\} (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, outcome = '', count]) => [outcome, Number(count)]))
}

test('neither the log nor the answers hold a secret or a body', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const honest = shop.wechat.notification(order)
  const answers = [
    await shop.send(header('nonce', (nonce) => `${nonce}0`)(honest)),
    await shop.notify({ ...order, resource: { ciphertext: 'AAAA' } }),
    await shop.notify({ ...order, transaction: { mchid: '1' } }),
    await shop.send(honest),
  ]
  expect(answers.map(({ status }) => status)).toEqual([401, 400, 400, 204])
  const all = [...shop.server.logged, ...answers.map(({ body }) => JSON.stringify(body))].join('\n')
  const { ciphertext } = JSON.parse(honest.body).resource
  const signature = honest.headers['wechatpay-signature']!
  for (const secret of [apiV3Key, ciphertext, signature, openidOf('payer')]) {
    expect(all).not.toContain(secret)
  }
})

test.each([
  [65_536, 204],
  [65_537, 413],
])('a signed notification of %d bytes is %d', async (bytes, expected) => {
  await using shop = await openShop()
  const order = await shop.order()
  const sent = JSON.parse(shop.wechat.notification(order).body)
  const fill = bytes - Buffer.byteLength(JSON.stringify({ ...sent, fill: '' }))
  const body = JSON.stringify({ ...sent, fill: 'x'.repeat(fill) })
  expect((await shop.send({ headers: shop.wechat.seal(body), body })).status).toBe(expected)
})

test('a body over 64 KB is 413 before it is looked at, also when it does not say how long it is', async () => {
  await using shop = await openShop()
  const body = JSON.stringify({ id: 'x'.repeat(70_000) })
  const told = await shop.send({ headers: shop.wechat.seal(body), body })
  expect([told.status, told.body]).toEqual([413, failed()])
  const chunked = new ReadableStream({
    pull(controller) {
      controller.enqueue(Buffer.from('x'.repeat(20_000)))
    },
  })
  const answer = await fetch(`${shop.server.url}/v1/webhooks/wechat-pay/notify`, {
    method: 'POST',
    headers: shop.wechat.seal(body),
    body: chunked,
    duplex: 'half',
  } as never)
  expect(answer.status).toBe(413)
})

test.each([
  ['locallife.wechat_pay.mch_id', (own: any) => (own.wechat_pay.mch_id = undefined)],
  ['locallife.wechat_pay.api_v3_key', (own: any) => (own.wechat_pay.api_v3_key = undefined)],
  ['locallife.wechat_pay.public_key', (own: any) => (own.wechat_pay.public_key = undefined)],
  ['locallife.wechat.app_id', (own: any) => (own.wechat.app_id = undefined)],
])(
  'without "%s" notifications are 503 and name it, so that WeChat Pay sends them again',
  async (key, take) => {
    await using shop = await openShop(take)
    const order = await shop.order()
    const { status, body } = await shop.notify(order)
    expect([status, body.code, body.details]).toEqual([503, 'NOT_CONFIGURED', { key }])
    expect(body.message).toContain(key)
    expect(await counted(shop)).toEqual({ failed: 1 })
    await nothingHappened(shop, order)
  },
)

test('keys change without an outage: each serial has its own, as public key or certificate', async () => {
  await using shop = await openShop((own, wechat) => {
    own.wechat_pay.public_keys = {
      [wechat.serial]: wechat.publicKey,
      '7D1A00FF': wechatCertificate.cert,
    }
    own.wechat_pay.public_key = String(other.publicKey.export({ type: 'spki', format: 'pem' }))
    own.wechat_pay.serial = 'PUB_KEY_ID_2'
  })
  const one = await shop.order()
  expect((await shop.notify(one)).status).toBe(204)
  const two = await shop.order()
  const sealing = { key: other.privateKey, serial: 'PUB_KEY_ID_2' }
  expect((await shop.notify({ ...two, sealing })).status).toBe(204)
  const certified = { key: createPrivateKey(wechatCertificate.key), serial: '7D1A00FF' }
  expect((await shop.notify({ ...(await shop.order()), sealing: certified })).status).toBe(204)
  const mixed = { key: other.privateKey, serial: shop.wechat.serial }
  expect((await shop.notify({ ...(await shop.order()), sealing: mixed })).status).toBe(401)
})

test('while nothing can be kept a payment is 503, so that WeChat Pay sends it again, and then it is paid', async () => {
  await using shop = await openShop()
  const order = await shop.order()
  const sent = shop.wechat.notification(order)
  await shop.server.host.store.stop()
  const closed = await shop.send(sent)
  expect([closed.status, closed.body]).toEqual([503, failed()])
  await shop.restart()
  await nothingHappened(shop, order)
  expect((await shop.send(sent)).status).toBe(204)
  await toldOnce(shop)
})
