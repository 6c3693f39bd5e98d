import { expect, test } from 'bun:test'
import { serverKey, start, type Fixture } from '../../fixture.ts'
import { golden, partner, publish, received, versions } from './scenario.ts'

const samples = {
  KYC_STATUS: JSON.parse(golden('kyc-status')).data,
  BALANCE_CHANGE: JSON.parse(golden('balance-change')).data,
  CARD_TRANSACTION: JSON.parse(golden('card-transaction')).data,
  ORDER_STATUS: JSON.parse(golden('order-status')).data,
}
type Type = keyof typeof samples

async function post(server: Fixture, body: object | string, path = '/api/publish') {
  const answer = await server.fetch(path, { method: 'POST', body, token: serverKey })
  const text = await answer.text()
  const { code, details } = JSON.parse(text)
  return { text, fault: [answer.status, code, details?.[0]?.path] }
}

function message(type: string, data: unknown, more: object = {}) {
  return { channel: 'dcs/partner:acme', type, data, externalUserId: 'u1', ...more }
}

const allFields = Object.entries(samples).flatMap(([type, data]) =>
  Object.keys(data).map((field) => [type as Type, field] as const),
)

test('D12–D16: every field of every type is required and a string, and a fault reaches nobody', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  expect(allFields).toHaveLength(1 + 9 + 10 + 13)
  for (const [type, field] of allFields) {
    const { [field]: _, ...without } = samples[type]
    for (const data of [
      without,
      { ...samples[type], [field]: 7 },
      { ...samples[type], [field]: null },
    ]) {
      const { fault } = await post(server, message(type, data))
      expect(fault).toEqual([400, 'INVALID_REQUEST', `data.${field}`])
    }
  }
  expect(await received(client)).toEqual([])
  expect(await acme.tell('u1')).toBe(1)
})

const enumerated: [Type, string, readonly string[], readonly string[]][] = [
  ['KYC_STATUS', 'status', ['UNDO', 'INIT', 'PENDING', 'PASS', 'REFUSE'], ['', 'pass', 'DONE']],
  ['CARD_TRANSACTION', 'response', ['A', 'D'], ['', 'a', 'ACCEPT']],
  ['CARD_TRANSACTION', 'direction', ['CREDIT', 'DEBIT'], ['C', 'D', '']],
  [
    'ORDER_STATUS',
    'transStatus',
    ['PENDING_NORMAL', 'PENDING_CREDIT', 'PENDING_AUDIT', 'SUCCESS', 'FAILED'],
    ['PENDING', 'success', ''],
  ],
  ['CARD_TRANSACTION', 'transactionCurrencyCode', ['702', '036'], ['SGD', '36', '']],
  ['CARD_TRANSACTION', 'localTransactionDate', ['1211', '0101'], ['12-11', '211', '20241211']],
  ['CARD_TRANSACTION', 'localTransactionTime', ['161420', '000000'], ['16:14:20', '1614']],
  ['BALANCE_CHANGE', 'network', ['', 'Ethereum'], ['x'.repeat(257)]],
  ['BALANCE_CHANGE', 'type', ['', 'spend', 'deposit', 'withdraw', 'convert'], ['x'.repeat(257)]],
  ['ORDER_STATUS', 'toaddress', ['', '0x5'], ['x'.repeat(257)]],
]

test.each(enumerated)(
  'D12–D16: %s takes for %s what it may be, and nothing else',
  async (type, field, good, bad) => {
    await using server = await start()
    const acme = await partner(server, 'acme')
    const client = await acme.connect()
    for (const value of bad) {
      const { fault } = await post(server, message(type, { ...samples[type], [field]: value }))
      expect(fault).toEqual([400, 'INVALID_REQUEST', `data.${field}`])
    }
    for (const value of good) {
      await publish(server, 'acme', type, { ...samples[type], [field]: value })
    }
    expect((await received(client)).map(({ data }) => data[field])).toEqual([...good])
  },
)

test('D11: four types and no other', async () => {
  await using server = await start()
  await partner(server, 'acme')
  for (const type of ['kyc_status', 'KYC', '', 'constructor', 'Notification']) {
    const { fault } = await post(server, message(type, samples.KYC_STATUS))
    expect(fault).toEqual([400, 'INVALID_REQUEST', 'type'])
  }
})

test('D15: a card number that is not masked is refused, told to nobody, and neither answered nor logged', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  const number = '4111111111110617'
  const bad = [
    number,
    '4111 1111 1111 0617',
    '**** **** 1111 0617',
    '**** **** ****0617',
    '************0617',
    '**** **** **** 061',
    '**** **** **** 0617 ',
    `**** **** **** 0617\n${number}`,
    '',
    Number(number),
    { number },
  ]
  for (const cardNumber of bad) {
    const { fault, text } = await post(
      server,
      message('CARD_TRANSACTION', { ...samples.CARD_TRANSACTION, cardNumber }),
    )
    expect(fault).toEqual([400, 'INVALID_REQUEST', 'data.cardNumber'])
    expect(text.replaceAll(' ', '')).not.toContain('11110617')
  }
  expect(await received(client)).toEqual([])
  expect(server.logged.join('')).not.toContain('1111')
})

test('D15: no other field is looked at, since ids and hashes have as many digits', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  const data = { ...samples.CARD_TRANSACTION, externalTranId: '4111111111111111' }
  await publish(server, 'acme', 'CARD_TRANSACTION', data)
  expect((await client.next()).data).toEqual(data)
})

test('D10: fields that are not of the type are dropped, and cannot speak in place of the frame’s own', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  const body = `{"channel":"dcs/partner:acme","type":"KYC_STATUS","externalUserId":"u1","version":"99","timestamp":"1","data":{"status":"PASS","version":"99","__proto__":{"x":1},"reason":"none"}}`
  const answer = await server.fetch('/api/publish', { method: 'POST', body, token: serverKey })
  expect(answer.status).toBe(200)
  expect(await client.next()).toMatchObject({
    version: '1',
    timestamp: String(server.clock.now()),
    data: { status: 'PASS' },
  })
  expect(await received(client)).toEqual([])
})

test('D10: a publish says whose user it is about', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  const { externalUserId: _, ...without } = message('KYC_STATUS', samples.KYC_STATUS)
  for (const body of [
    without,
    { ...without, externalUserId: '' },
    { ...without, externalUserId: 7 },
  ]) {
    expect((await post(server, body)).fault).toEqual([400, 'INVALID_REQUEST', 'externalUserId'])
  }
  const odd = 'Ä "渠道"\\\u2028</script>'
  await publish(server, 'acme', 'KYC_STATUS', samples.KYC_STATUS, odd)
  expect((await client.next()).externalUserId).toBe(odd)
})

test('D2: a partner that does not exist is 404, and so is everything that is no partner', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  const { connections } = (await (
    await server.fetch('/api/connections', { token: serverKey })
  ).json()) as any
  const presence = connections[0].channels.find((name: string) => name.startsWith('listen:'))
  for (const name of [
    'partner:nobody',
    'partner:ACME',
    'partner:acme:x',
    'partner',
    'acme',
    presence,
    'listen',
  ]) {
    const body = { ...message('KYC_STATUS', samples.KYC_STATUS), channel: `dcs/${name}` }
    expect((await post(server, body)).fault).toEqual([404, 'NOT_FOUND', 'channel'])
  }
  expect(await received(client)).toEqual([])
})

test('a batch for several partners is all or nothing, and its faults are named', async () => {
  await using server = await start()
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  const [first, second] = [await acme.connect(), await other.connect()]
  const good = message('KYC_STATUS', samples.KYC_STATUS)
  const foreign = { ...good, channel: 'dcs/partner:other' }
  const bad = message('KYC_STATUS', { status: 'MAYBE' })
  const batch = (messages: object[]) => post(server, { messages }, '/api/publish/batch')
  const order = message('ORDER_STATUS', { ...samples.ORDER_STATUS, amount: 2.5 })
  expect((await batch([good, order])).fault).toEqual([
    400,
    'INVALID_REQUEST',
    'messages.1.data.amount',
  ])
  expect((await batch([good, bad])).fault).toEqual([
    400,
    'INVALID_REQUEST',
    'messages.1.data.status',
  ])
  const { text } = await batch([good, foreign, good])
  expect(JSON.parse(text).results.map(({ version }: any) => version)).toEqual([1, 1, 2])
  expect(versions(await received(first))).toEqual([1, 2])
  expect(versions(await received(second))).toEqual([1])
})

test('D16: a sum of ours is text, whatever another system reads as a number under the same name', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  const update = {
    channel: 'jive/family:f1',
    type: 'TransactionUpdate',
    data: { transaction_id: 't', action: 'created', data: { amount: 0 } },
  }
  const order = (amount: unknown) => message('ORDER_STATUS', { ...samples.ORDER_STATUS, amount })
  const batch = (amount: unknown) => {
    const body = JSON.stringify({ messages: [update, order(amount)] })
    return post(server, body.replace('"amount":0', '"amount":1000.00'), '/api/publish/batch')
  }
  expect((await batch(2.5)).fault).toEqual([400, 'INVALID_REQUEST', 'messages.1.data.amount'])
  expect((await post(server, order(2.5))).fault).toEqual([400, 'INVALID_REQUEST', 'data.amount'])
  expect((await batch('2.59000000')).fault[0]).toBe(200)
  expect((await received(client)).map(({ data }) => data.amount)).toEqual(['2.59000000'])
  const kept = await server.fetch('/api/channels/jive/family:f1/history', { token: serverKey })
  expect(await kept.text()).toContain('"amount":1000.00')
})

test('a repeat under the same idempotency key is told once', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  const body = message('KYC_STATUS', samples.KYC_STATUS, { idempotencyKey: 'k1' })
  const first = await post(server, body)
  expect((await post(server, body)).text).toBe(first.text)
  expect(versions(await received(client))).toEqual([1])
})
