import { expect, test } from 'bun:test'
import { serverKey } from '../../fixture.ts'
import { ask, bets, casino, received } from './casino.ts'

const credit = (amount: unknown, tx_id: unknown) => ({ amount, tx_id })
const path = (rest: string, player = 'alice') => `/api/wallets/${player}/${rest}`

test('a purse is made by the first movement, and every movement is told to its player', async () => {
  await using place = await casino({ flags: { dev: false } })
  await place.call('GET', '/api/wallets/alice', 404)
  expect(await place.call('POST', path('credit'), 200, credit('100.00', 't1'))).toEqual({
    ...{ player: 'alice', balance: '100.00', txId: 't1' },
  })
  const client = await place.play('alice')
  expect(await place.call('POST', path('debit'), 200, credit('30.5', 't2'))).toEqual({
    ...{ player: 'alice', balance: '69.50', txId: 't2' },
  })
  await place.call('POST', path('credit'), 200, credit('0.01', 't3'))
  const heard = await received(client)
  expect(heard.map(({ t, p }) => [t, p.balance, p.changeAmount, p.reason])).toEqual([
    ['BALANCE_UPDATE', '69.50', '-30.50', 'DEBIT'],
    ['BALANCE_UPDATE', '69.51', '0.01', 'CREDIT'],
  ])
  expect(heard[0]).toMatchObject({
    i: expect.stringMatching(/^evt-\d+$/),
    p: { playerId: 'alice', currency: 'USD', gameId: 'crash', timestamp: expect.any(Number) },
  })
  expect(await place.call('GET', '/api/wallets/alice', 200)).toEqual({
    ...{ player: 'alice', balance: '69.51' },
  })
})

test('a repeated tx_id moves nothing and tells nobody; another wish under it is refused', async () => {
  await using place = await casino({ flags: { dev: false } })
  await place.call('POST', path('credit'), 200, credit('100.00', 't1'))
  const client = await place.play('alice')
  const again = await place.call('POST', path('credit'), 200, credit('100', 't1'))
  expect(again.balance).toBe('100.00')
  const others = [
    place.call('POST', path('credit'), 409, credit('99.00', 't1')),
    place.call('POST', path('debit'), 409, credit('100.00', 't1')),
    place.call('POST', path('credit', 'bob'), 409, credit('100.00', 't1')),
  ]
  for (const other of await Promise.all(others)) expect(other.code).toBe('TX_CONFLICT')
  expect(await received(client)).toEqual([])
  expect(await place.balance('alice')).toBe('100.00')
})

test('too little money is 409 with what is there, in decimals', async () => {
  await using place = await casino({ flags: { dev: false } })
  await place.call('POST', path('credit'), 200, credit('1.00', 't1'))
  expect(await place.call('POST', path('debit'), 409, credit('1.01', 't2'))).toEqual({
    code: 'INSUFFICIENT_BALANCE',
    message: expect.any(String),
    details: { required: '1.01', available: '1.00' },
  })
  expect((await place.call('POST', path('debit'), 200, credit('1.00', 't2'))).balance).toBe('0.00')
})

test('a rollback takes a movement back once, and one that comes first bars it', async () => {
  await using place = await casino({ flags: { dev: false } })
  await place.call('POST', path('credit'), 200, credit('100.00', 't1'))
  await place.call('POST', path('debit'), 200, credit('40.00', 't2'))
  const client = await place.play('alice')
  const back = { player: 'alice', balance: '100.00', txId: 't2' }
  expect(await place.call('POST', path('rollback'), 200, { tx_id: 't2' })).toEqual(back)
  expect(await place.call('POST', path('rollback'), 200, { tx_id: 't2' })).toEqual(back)
  const heard = await received(client)
  expect(heard.map(({ p }) => [p.changeAmount, p.reason])).toEqual([['40.00', 'ROLLBACK']])
  const late = await place.call('POST', path('debit'), 409, credit('40.00', 't2'))
  expect(late.code).toBe('TX_ROLLED_BACK')
  await place.call('POST', path('rollback'), 200, { tx_id: 't9' })
  expect((await place.call('POST', path('debit'), 409, credit('5.00', 't9'))).code).toBe(
    'TX_ROLLED_BACK',
  )
  expect(await place.balance('alice')).toBe('100.00')
})

test('the entries of a purse tell every movement in order, bets too, page by page', async () => {
  await using place = await casino({ flags: { dev: false } })
  await place.until('betting')
  await place.call('POST', path('credit'), 200, credit('100.00', 't1'))
  const client = await place.play('alice')
  const { p } = await ask(client, bets('1', '10.00'))
  const { entries, more } = await place.call('GET', path('entries'), 200)
  expect(more).toBe(false)
  expect(entries).toEqual([
    {
      ...{ id: expect.any(Number), kind: 'credit', amount: '100.00', balance: '100.00' },
      ...{ roundId: null, txId: 't1', timestamp: expect.any(Number) },
    },
    {
      ...{ id: expect.any(Number), kind: expect.any(String), amount: '-10.00', balance: '90.00' },
      ...{ roundId: p.roundId, txId: null, timestamp: expect.any(Number) },
    },
  ])
  const first = await place.call('GET', path('entries?limit=1'), 200)
  expect(first).toEqual({ entries: entries.slice(0, 1), more: true })
  const next = await place.call('GET', path(`entries?after=${entries[0].id}`), 200)
  expect(next).toEqual({ entries: entries.slice(1), more: false })
})

test('only a key of the scope "wallet" opens purses', async () => {
  await using place = await casino()
  await place.play('alice')
  for (const [method, rest] of [
    ['GET', ''],
    ['GET', '/entries'],
    ['POST', '/credit'],
    ['POST', '/debit'],
    ['POST', '/rollback'],
  ] as const) {
    const body = method === 'POST' ? credit('1.00', 't1') : undefined
    await place.call(method, `/api/wallets/alice${rest}`, 401, body, 'nobody')
    await place.call(method, `/api/wallets/alice${rest}`, 401, body, await place.token('alice'))
  }
  expect(await place.balance('alice')).toBe('10000.00')
})

test.each([
  [credit(1, 't1')],
  [credit('0', 't1')],
  [credit('-1.00', 't1')],
  [credit('1.001', 't1')],
  [credit('1e3', 't1')],
  [credit('1.00', '')],
  [credit('1.00', 'a b')],
  [credit('1.00', 'x'.repeat(129))],
  [credit('1.00', 5)],
  [credit(undefined, 't1')],
  [{ amount: '1.00' }],
  ['{'],
])('a movement %j is refused, and makes no purse', async (body) => {
  await using place = await casino({ flags: { dev: false } })
  const answer = await place.call('POST', path('credit'), 400, body)
  expect(answer.code).toBe('INVALID_REQUEST')
  await place.call('POST', '/api/wallets/a%20b/credit', 400, credit('1.00', 't1'))
  await place.call('GET', '/api/wallets/alice', 404)
})

test('what came first is told first: a balance that is shown last is the last', async () => {
  await using place = await casino({ flags: { dev: false } })
  await place.until('betting')
  await place.call('POST', path('credit'), 200, credit('1000.00', 't0'))
  const client = await place.play('alice')
  for (let n = 1; n <= 20; n++) {
    const moving = [1, 2, 3].map((part) =>
      place.call('POST', path('credit'), 200, credit('1.00', `t${n}-${part}`)),
    )
    client.send(bets(`bet-${n}`, '1.00'))
    client.send({ i: `cancel-${n}`, t: 'CANCEL_BET', p: { slotId: 0 } })
    await Promise.all(moving)
    const heard = (await received(client)).map(({ p }) => p.balance).filter(Boolean)
    expect(heard.at(-1)).toBe(`${1_000 + 3 * n}.00`)
  }
  expect(serverKey).toBeString()
})
