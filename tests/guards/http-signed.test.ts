import { afterAll, beforeAll, expect, test } from 'bun:test'
import { constants, createCipheriv, generateKeyPairSync } from 'node:crypto'
import { signature } from '../../src/systems/dcs/signing.ts'
import { headersOf, nextNonce, type Claims } from '../systems/dcs/signed.ts'
import type { Paid, Sealing } from '../simulators/wechat.ts'
import { openPremises } from './http-house.ts'
import { verdictOf, wrongOf, type Trial } from './http-judge.ts'
import { ordered, settle, type Town } from './http-town.ts'
import { ask, type Answer } from './raw-http.ts'

let town: Town
beforeAll(async () => void (town = await settle(await openPremises())))
afterAll(() => town.house.close())

type Pairs = readonly (readonly [string, string])[]

/** The headers of a signed call, as pairs, with parts of them in other words. */
function signed(claims: Partial<Claims> = {}, partner = town.partner): [string, string][] {
  const { apiKey, apiSecret: secret } = partner
  const good = { apiKey, secret, timestamp: String(Date.now()), nonce: nextNonce() }
  return Object.entries(headersOf({ ...good, ...claims }))
}

function search(headers: Pairs, query = 'limit=5'): Promise<Answer> {
  const target = `/websocket/v1/search?${query}`
  return ask(town.house.url, { method: 'GET', target, headers })
}

const sign = 'X-DAPI-SIGN'
const payload = 'limit=5'

/** Good headers with one in other words; null takes it away, two of them stand twice. */
function header(name: string, write: (value: string) => string | null): Pairs {
  return signed({ payload }).flatMap(([key, value]) => {
    if (key !== name) return [[key, value] as const]
    const written = write(value)
    return written === null ? [] : [[key, written] as const]
  })
}

/** The signature fits what is written, so that it is the claim itself that is refused. */
const told = (claims: Partial<Claims>) => () => signed({ payload, ...claims })
const ago = (ms: number) => String(Date.now() - ms)

const calls: Readonly<Record<string, readonly [headers: () => Pairs, code: string]>> = {
  'no headers': [() => [], 'DAPI_KEY_UNKNOWN'],
  'no key': [() => header('X-DAPI-API-KEY', () => null), 'DAPI_KEY_UNKNOWN'],
  'a key nobody has': [told({ apiKey: 'A'.repeat(32) }), 'DAPI_KEY_UNKNOWN'],
  'a key in small letters': [
    () => header('X-DAPI-API-KEY', (key) => key.toLowerCase()),
    'DAPI_KEY_UNKNOWN',
  ],
  'a key of every object': [told({ apiKey: '__proto__' }), 'DAPI_KEY_UNKNOWN'],
  'a key of 10 KB': [told({ apiKey: 'A'.repeat(10_000) }), 'DAPI_KEY_UNKNOWN'],
  'two keys': [
    () => [...signed({ payload }), ['X-DAPI-API-KEY', town.partner.apiKey]],
    'DAPI_KEY_UNKNOWN',
  ],
  'the server key': [
    () => [['authorization', `Bearer ${town.house.keys.admin}`]],
    'DAPI_KEY_UNKNOWN',
  ],
  'no timestamp': [() => header('X-DAPI-TIMESTAMP', () => null), 'DAPI_TIMESTAMP_EXPIRED'],
  'a timestamp of a minute ago': [
    () => told({ timestamp: ago(60_000) })(),
    'DAPI_TIMESTAMP_EXPIRED',
  ],
  'a timestamp of the next minute': [
    () => told({ timestamp: ago(-60_000) })(),
    'DAPI_TIMESTAMP_EXPIRED',
  ],
  'a timestamp in seconds': [
    () => told({ timestamp: ago(0).slice(0, 10) })(),
    'DAPI_TIMESTAMP_EXPIRED',
  ],
  'a timestamp with a fraction': [
    () => told({ timestamp: `${ago(0)}.0` })(),
    'DAPI_TIMESTAMP_EXPIRED',
  ],
  'a timestamp with a sign': [() => told({ timestamp: `+${ago(0)}` })(), 'DAPI_TIMESTAMP_EXPIRED'],
  'a timestamp with an exponent': [told({ timestamp: '1e400' }), 'DAPI_TIMESTAMP_EXPIRED'],
  'a timestamp that is none': [told({ timestamp: 'NaN' }), 'DAPI_TIMESTAMP_EXPIRED'],
  'two timestamps': [
    () => [...signed({ payload }), ['X-DAPI-TIMESTAMP', ago(0)]],
    'DAPI_TIMESTAMP_EXPIRED',
  ],
  'no nonce': [() => header('X-DAPI-NONCE', () => null), 'DAPI_SIGN_INVALID'],
  'a nonce of 9999': [told({ nonce: '9999' }), 'DAPI_SIGN_INVALID'],
  'a nonce of 100000': [told({ nonce: '100000' }), 'DAPI_SIGN_INVALID'],
  'a nonce with a zero before it': [told({ nonce: '010000' }), 'DAPI_SIGN_INVALID'],
  'a nonce with an exponent': [told({ nonce: '1e4' }), 'DAPI_SIGN_INVALID'],
  'a nonce below zero': [told({ nonce: '-10000' }), 'DAPI_SIGN_INVALID'],
  'a nonce with a fraction': [told({ nonce: '10000.0' }), 'DAPI_SIGN_INVALID'],
  'no signature': [() => header(sign, () => null), 'DAPI_SIGN_INVALID'],
  'an empty signature': [() => header(sign, () => ''), 'DAPI_SIGN_INVALID'],
  'half a signature': [() => header(sign, (text) => text.slice(0, 32)), 'DAPI_SIGN_INVALID'],
  'a signature and more': [() => header(sign, (text) => `${text}00`), 'DAPI_SIGN_INVALID'],
  'a signature twice': [() => header(sign, (text) => text + text), 'DAPI_SIGN_INVALID'],
  'a signature that is one digit off': [
    () => header(sign, (text) => text.replace(/.$/, (last) => (last === '0' ? '1' : '0'))),
    'DAPI_SIGN_INVALID',
  ],
  'a signature in base64': [
    () => header(sign, (text) => Buffer.from(text, 'hex').toString('base64')),
    'DAPI_SIGN_INVALID',
  ],
  'a signature with 0x': [() => header(sign, (text) => `0x${text}`), 'DAPI_SIGN_INVALID'],
  'a signature of 10 KB': [() => header(sign, () => '0'.repeat(10_000)), 'DAPI_SIGN_INVALID'],
  'another secret': [told({ secret: 'x'.repeat(43) }), 'DAPI_SIGN_INVALID'],
  'an empty secret': [told({ secret: '' }), 'DAPI_SIGN_INVALID'],
  'the key as secret': [() => told({ secret: town.partner.apiKey })(), 'DAPI_SIGN_INVALID'],
  'another query': [told({ payload: 'limit=6' }), 'DAPI_SIGN_INVALID'],
  'no query': [told({ payload: '' }), 'DAPI_SIGN_INVALID'],
  'the query with its mark': [told({ payload: '?limit=5' }), 'DAPI_SIGN_INVALID'],
  'a wrong timestamp and a wrong signature': [
    () => header('X-DAPI-TIMESTAMP', () => '0'),
    'DAPI_TIMESTAMP_EXPIRED',
  ],
}

test('D19: a signed call with anything wrong is 401, with the first code that fits', async () => {
  const trials = Object.entries(calls).map(([what, [headers, code]]): Trial => ({
    what,
    expected: `401 ${code}`,
    ask: () => search(headers()),
  }))
  expect(await wrongOf(trials)).toEqual([])
  const upper = header(sign, (text) => text.toUpperCase())
  expect(verdictOf(await search(upper))).toBe('200')
})

test('D21: of twenty calls with the same nonce at once one is answered, on both addresses', async () => {
  for (const [path, query] of [
    ['search', payload],
    ['get-channel', ''],
  ] as const) {
    const headers = signed({ payload: query })
    const target = `/websocket/v1/${path}${query && `?${query}`}`
    const same = () => ask(town.house.url, { method: 'GET', target, headers })
    const answers = await Promise.all(Array.from({ length: 20 }, same))
    const verdicts = answers.map(verdictOf).sort()
    const others = Array.from({ length: 19 }, () => '401 DAPI_NONCE_USED')
    expect(verdicts).toEqual(['200', ...others])
    expect(verdictOf(await same())).toBe('401 DAPI_NONCE_USED')
  }
})

test('a nonce is spent by a good signature alone, and each partner has its own', async () => {
  const nonce = nextNonce()
  const timestamp = ago(0)
  const bad = signed({ payload, nonce, timestamp, secret: 'x'.repeat(43) })
  expect(verdictOf(await search(bad))).toBe('401 DAPI_SIGN_INVALID')
  expect(verdictOf(await search(signed({ payload, nonce, timestamp })))).toBe('200')
  const other = await town.house.call('PUT', `/api/dcs/partners/p${town.fresh()}`)
  expect(verdictOf(await search(signed({ payload, nonce, timestamp }, other)))).toBe('200')
})

test('a secret that was renewed signs no more, and of a partner that is gone nobody knows the key', async () => {
  const { call } = town.house
  const path = `/api/dcs/partners/p${town.fresh()}`
  const first = await call('PUT', path)
  const second = await call('POST', `${path}/secret`)
  expect(verdictOf(await search(signed({ payload }, first)))).toBe('401 DAPI_SIGN_INVALID')
  expect(verdictOf(await search(signed({ payload }, second)))).toBe('200')
  await call('DELETE', path)
  expect(verdictOf(await search(signed({ payload }, second)))).toBe('401 DAPI_KEY_UNKNOWN')
})

test('a well signed search for what makes no sense is 400 in the envelope of partners', async () => {
  const queries = [
    'version=',
    'version=-1',
    'version=1&version=1',
    'version=1&from=1',
    'version=01',
    'x=1',
  ]
  const spans = ['from=2&to=1', 'limit=0', 'from=1e2', 'to=0x10', 'limit=1&limit=2', 'from=%31%00']
  const trials = [...queries, ...spans].map((query): Trial => ({
    what: query,
    expected: '400 INVALID_REQUEST',
    ask: () => search(signed({ payload: query }), query),
    look: ({ body }) =>
      Object.keys(JSON.parse(body)).join() === 'code,message,success' ? null : 'another envelope',
  }))
  expect(await wrongOf(trials)).toEqual([])
})

test('a signature is over what was sent: the digits of D20 are those of the code', () => {
  const apiKey = '697EA72DACF742F280943DAB211E6C2B'
  const parts = { apiKey, timestamp: '1743044911331', nonce: '10100', payload: 'cardOrderRef=14' }
  const expected = '0fbfb0214fa944a8a402e6a155919904d0902e35d6adefa9093096b504cfee30'
  expect(signature('test-secret', parts)).toBe(expected)
})

interface Told {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

function notify({ headers, body }: Told, more: Pairs = []): Promise<Answer> {
  const pairs = [...Object.entries(headers), ...more]
  const target = '/v1/webhooks/wechat-pay/notify'
  return ask(town.house.url, { method: 'POST', target, headers: pairs, body })
}

/** An honest notification of the payment of an order over 18.00, but for what `paid` changes. */
const honest = (order: string, paid: Partial<Paid> = {}): Told =>
  town.house.wechat.notification({ out_trade_no: order, amount: 1_800, ...paid })
/** A body of any text under an honest seal. */
const sealed = (body: string, sealing?: Sealing): Told => ({
  headers: town.house.wechat.seal(body, sealing),
  body,
})
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
const seconds = (from: number) => Math.floor(Date.now() / 1_000) + from

const seal =
  (name: string, write: (value: string) => string | null) =>
  (order: string): Told => {
    const { headers, body } = honest(order)
    const key = `wechatpay-${name}`
    const { [key]: value = '', ...others } = headers
    const written = write(value)
    return { headers: written === null ? others : { ...others, [key]: written }, body }
  }
const sealedAs = (sealing: Sealing) => (order: string) => honest(order, { sealing })

/** What WeChat Pay has not signed as it stands. */
const forgeries: Readonly<Record<string, (order: string) => Told>> = {
  'no headers': (order) => ({ headers: {}, body: honest(order).body }),
  'no timestamp': seal('timestamp', () => null),
  'no nonce': seal('nonce', () => null),
  'no serial': seal('serial', () => null),
  'no signature': seal('signature', () => null),
  'a timestamp of ten minutes ago': (order) => sealedAs({ timestamp: seconds(-600) })(order),
  'a timestamp of ten minutes from now': (order) => sealedAs({ timestamp: seconds(600) })(order),
  'a timestamp in ms': (order) => sealedAs({ timestamp: Date.now() })(order),
  'a timestamp with an exponent': sealedAs({ timestamp: '1e400' }),
  'a timestamp that is none': sealedAs({ timestamp: 'NaN' }),
  'an unknown serial': sealedAs({ serial: 'PUB_KEY_ID_9' }),
  'the serial __proto__': sealedAs({ serial: '__proto__' }),
  'the serial constructor': sealedAs({ serial: 'constructor' }),
  'the serial toString': sealedAs({ serial: 'toString' }),
  'a serial of 10 KB': sealedAs({ serial: 'x'.repeat(10_000) }),
  'another key': sealedAs({ key: stranger.privateKey }),
  'another padding': sealedAs({ padding: constants.RSA_PKCS1_PSS_PADDING }),
  'a probe': seal('signature', (text) => `WECHATPAY/SIGNTEST/${text}`),
  'a probe of the right length': seal(
    'signature',
    (text) => `WECHATPAY/SIGNTEST/${text.slice(19)}`,
  ),
  'a signature of zeros': seal('signature', () => Buffer.alloc(256).toString('base64')),
  'half a signature': seal('signature', (text) => text.slice(0, 172)),
  'a signature that is no base64': seal('signature', () => '!'.repeat(344)),
  'another nonce': seal('nonce', (nonce) => `${nonce}0`),
  'a nonce with an escape in it': seal(
    'nonce',
    (nonce) => `${nonce.slice(0, 8)}\\n${nonce.slice(8)}`,
  ),
  'another signature type': seal('signature-type', () => 'WECHATPAY2-SM2-WITH-SM3'),
  'a byte more': (order) => ({ ...honest(order), body: `${honest(order).body} ` }),
  'the seal of another body': (order) => ({ ...honest(order), body: honest(order).body }),
  'no body': (order) => ({ ...honest(order), body: '' }),
}

const paidAs = (transaction: Record<string, unknown>) => (order: string) =>
  honest(order, { transaction })
const amount = (changes: Record<string, unknown>) =>
  paidAs({ amount: { total: 1_800, payer_total: 1_800, currency: 'CNY', ...changes } })

/** The resource of a notification in other words, under an honest seal. */
const resource = (write: (resource: any) => unknown) => (order: string) => {
  const told = JSON.parse(honest(order).body)
  return sealed(JSON.stringify({ ...told, resource: write(told.resource) }))
}

/** Cuts or stretches what is encrypted, whose last 16 bytes are the tag. */
const bytes = (write: (sealed: Buffer) => Uint8Array) =>
  resource(({ ciphertext, ...others }) => ({
    ...others,
    ciphertext: Buffer.from(write(Buffer.from(ciphertext, 'base64'))).toString('base64'),
  }))

/** A transaction of any JSON text, rightly encrypted and signed. */
const encrypted = (text: string) => () => {
  const nonce = 'abcdef012345'
  const key = Buffer.from('0123456789abcdef0123456789ABCDEF')
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const ciphertext = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  const algorithm = 'AEAD_AES_256_GCM'
  const whole = { algorithm, nonce, associated_data: '', ciphertext: ciphertext.toString('base64') }
  return sealed(
    JSON.stringify({ id: crypto.randomUUID(), event_type: 'TRANSACTION.SUCCESS', resource: whole }),
  )
}

/** Signed by WeChat Pay, and no payment of an order that waits here. */
const misfits: Readonly<Record<string, readonly [tell: (order: string) => Told, status: number]>> =
  {
    'an amount of one fen': [(order) => honest(order, { amount: 1 }), 400],
    'an amount one fen more': [(order) => honest(order, { amount: 1_801 }), 400],
    'an amount of nothing': [(order) => honest(order, { amount: 0 }), 400],
    'an amount below zero': [amount({ total: -1_800 }), 400],
    'an amount with a fraction': [amount({ total: 1_800.5 }), 400],
    'an amount as text': [amount({ total: '1800' }), 400],
    'an amount beyond exact numbers': [amount({ total: 9_007_199_254_740_992 }), 400],
    'an amount in a list': [amount({ total: [1_800] }), 400],
    'no amount': [paidAs({ amount: undefined }), 400],
    'another currency': [amount({ currency: 'USD' }), 400],
    'a currency in small letters': [amount({ currency: 'cny' }), 400],
    'no currency': [amount({ currency: undefined }), 400],
    'another merchant': [paidAs({ mchid: '1900000110' }), 400],
    'another app': [paidAs({ appid: 'wx0000000000000000' }), 400],
    'a payment that is not over': [paidAs({ trade_state: 'USERPAYING' }), 400],
    'a refund as payment': [paidAs({ trade_state: 'REFUND' }), 400],
    'no transaction id': [paidAs({ transaction_id: '' }), 400],
    'a transaction id with a line end': [paidAs({ transaction_id: 'a\nb' }), 400],
    'an order nobody made': [() => honest('0'.repeat(32)), 404],
    'the order __proto__': [() => honest('__proto__'), 404],
    'an order with NUL': [() => honest('a\0b'), 400],
    'a number as order': [paidAs({ out_trade_no: 1 }), 400],
    'another algorithm': [resource((one) => ({ ...one, algorithm: 'AEAD_AES_128_GCM' })), 400],
    'other associated data': [resource((one) => ({ ...one, associated_data: 'x' })), 400],
    'a nonce of 11 bytes': [resource((one) => ({ ...one, nonce: 'a'.repeat(11) })), 400],
    'a nonce of 16 bytes': [resource((one) => ({ ...one, nonce: 'a'.repeat(16) })), 400],
    'no resource': [resource(() => undefined), 400],
    'a text as resource': [resource(() => 'x'), 400],
    'a tag that is a byte short': [bytes((sealed) => sealed.subarray(0, -1)), 400],
    'a tag of 4 bytes': [bytes((sealed) => sealed.subarray(0, -12)), 400],
    'a tag of 12 bytes': [bytes((sealed) => sealed.subarray(0, -4)), 400],
    'a tag and a byte more': [bytes((sealed) => Buffer.concat([sealed, Buffer.alloc(1)])), 400],
    'nothing but a tag': [bytes((sealed) => sealed.subarray(-16)), 400],
    'nothing at all': [bytes(() => Buffer.alloc(0)), 400],
    'a bit that is off': [
      bytes((sealed) => sealed.map((byte, at) => (at === 3 ? byte ^ 1 : byte))),
      400,
    ],
    'no base64': [resource((one) => ({ ...one, ciphertext: '!!!' })), 400],
    'a text that is no JSON inside': [encrypted('hello'), 400],
    'null inside': [encrypted('null'), 400],
    'a list inside': [encrypted('[]'), 400],
    'deep nesting inside': [encrypted('['.repeat(1_000)), 400],
    'an amount of 1e400 inside': [encrypted('{"amount":{"total":1e400,"currency":"CNY"}}'), 400],
    'no JSON': [() => sealed('hello'), 400],
    null: [() => sealed('null'), 400],
    'a list': [() => sealed('[]'), 400],
    'deep nesting': [() => sealed('['.repeat(50_000)), 400],
    'no id': [
      (order) => sealed(JSON.stringify({ ...JSON.parse(honest(order).body), id: undefined })),
      400,
    ],
    'an id with a line end': [(order) => honest(order, { id: 'a\nb' }), 400],
    'an event that is no text': [() => sealed('{"id":"x","event_type":1}'), 400],
    'a body of 65,537 bytes': [() => sealed(' '.repeat(65_537)), 413],
  }

test('L21: what WeChat Pay has not signed as it stands is 401, whatever is wrong, and what it has signed has to fit', async () => {
  const order = await ordered(town)
  const forged = Object.entries(forgeries).map(([what, forge]): Trial => ({
    what,
    expected: '401 FAIL',
    ask: () => notify(forge(order)),
  }))
  const odd = Object.entries(misfits).map(([what, [tell, status]]): Trial => ({
    what,
    expected: `${status} FAIL`,
    ask: () => notify(tell(order)),
  }))
  const twice: Trial = {
    what: 'two signatures',
    expected: '401 FAIL',
    ask: () =>
      notify(honest(order), [
        ['wechatpay-signature', honest(order).headers['wechatpay-signature']!],
      ]),
  }
  expect(await wrongOf([...forged, ...odd, twice])).toEqual([])
  const admin = await town.house.call('PUT', '/api/locallife/operators/olga', { role: 'operator' })
  const token = await town.house.token('locallife', admin.id)
  const state = await town.house.call('GET', `/v1/orders/${order}`, undefined, token)
  expect([state.status, state.paid_at]).toEqual(['pending_payment', null])
})

/** Titles of everything that merchants of m1 were ever told. */
async function toldToMerchant(): Promise<number> {
  const path = '/api/channels/locallife/merchant:m1/history?limit=1000'
  return (await town.house.call('GET', path)).messages.length
}

test('L21: of thirty repeats at once all are 204, and the merchant hears of one payment', async () => {
  const order = await ordered(town)
  const known = await toldToMerchant()
  const transaction_id = `4200${String(town.fresh()).padStart(24, '0')}`
  const same = honest(order, { transaction_id })
  const again = () => honest(order, { transaction_id })
  const all = Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? same : again()))
  const answers = await Promise.all(all.map((one) => notify(one)))
  expect(new Set(answers.map(verdictOf))).toEqual(new Set(['204']))
  expect(await toldToMerchant()).toBe(known + 1)
})

test('nobody beside was harmed', () => town.house.unharmed())
