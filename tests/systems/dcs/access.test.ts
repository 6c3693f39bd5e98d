import { expect, test } from 'bun:test'
import { start, type Fixture } from '../../fixture.ts'
import { partner, received, withKeys, type Partner } from './scenario.ts'
import { headersOf, nextNonce } from './signed.ts'

const getChannel = '/websocket/v1/get-channel'
const search = '/websocket/v1/search'

/** A request with exactly these headers; the whole answer. */
async function raw(server: Fixture, headers: Record<string, string>, path = getChannel) {
  const answer = await fetch(server.url + path, { headers })
  return { status: answer.status, text: await answer.text() }
}

function claimsOf(server: Fixture, { apiKey, apiSecret: secret }: Partner, payload = '') {
  return { apiKey, secret, payload, timestamp: String(server.clock.now()), nonce: nextNonce() }
}

test('D5: a refusal is code, message and success in this order, and nothing more', async () => {
  await using server = await start()
  const { status, text } = await raw(server, {})
  expect([status, text]).toEqual([
    401,
    '{"code":"DAPI_KEY_UNKNOWN","message":"No partner has this X-DAPI-API-KEY","success":false}',
  ])
})

test('D4, D5: the answer has the keys of the sample, in its order, and may not be cached', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const headers = headersOf(claimsOf(server, acme))
  const answer = await fetch(server.url + getChannel, { headers })
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(await answer.text()).toMatch(
    /^\{"code":"SYS_SUCCESS","message":null,"messageDetail":null,"data":"[0-9A-Za-z]{22}","success":true\}$/,
  )
})

test('D19: a missing or unknown key, another’s secret, a wrong or missing signature are 401', async () => {
  await using server = await start()
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  const old = await acme.channel()
  const claims = () => claimsOf(server, acme)
  const attempts: [Record<string, string>, string][] = [
    [headersOf({ ...claims(), apiKey: '0'.repeat(32) }), 'DAPI_KEY_UNKNOWN'],
    [headersOf({ ...claims(), apiKey: acme.apiKey.toLowerCase() }), 'DAPI_KEY_UNKNOWN'],
    // White space around a header's value is no part of it, but here it was signed.
    [headersOf({ ...claims(), apiKey: `${acme.apiKey} ` }), 'DAPI_SIGN_INVALID'],
    [headersOf({ ...claims(), secret: other.apiSecret }), 'DAPI_SIGN_INVALID'],
    [headersOf({ ...claims(), payload: 'a=1' }), 'DAPI_SIGN_INVALID'],
    [{ ...headersOf(claims()), 'X-DAPI-SIGN': '' }, 'DAPI_SIGN_INVALID'],
    [{ ...headersOf(claims()), 'X-DAPI-NONCE': nextNonce() }, 'DAPI_SIGN_INVALID'],
    [
      { ...headersOf(claims()), 'X-DAPI-TIMESTAMP': String(server.clock.now() + 1) },
      'DAPI_SIGN_INVALID',
    ],
    [{ ...headersOf(claims()), 'X-DAPI-API-KEY': other.apiKey }, 'DAPI_SIGN_INVALID'],
  ]
  for (const [headers, code] of attempts) {
    const { status, text } = await raw(server, headers)
    expect([status, JSON.parse(text).code]).toEqual([401, code])
  }
  expect((await server.connect(`/ws/${old}`)).closed).toBeNull()
})

test.each(['09999', '9999', '100000', '0x2710', '10000.0', '-10000', '١٠٠٠٠', ''])(
  'D19: the nonce "%s" is none, however well it is signed',
  async (nonce) => {
    await using server = await start()
    const acme = await partner(server, 'acme')
    const headers = headersOf({ ...claimsOf(server, acme), nonce: encodeURIComponent(nonce) })
    const { status, text } = await raw(server, headers)
    expect([status, JSON.parse(text).code]).toEqual([401, 'DAPI_SIGN_INVALID'])
  },
)

test('D19: a timestamp holds for 5 s to either side of the server’s clock', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const now = server.clock.now()
  const code = async (timestamp: string) => (await acme.call(getChannel, '', { timestamp })).code
  for (const off of [-5_000, 0, 5_000]) expect(await code(String(now + off))).toBe('SYS_SUCCESS')
  const bad = [now - 5_001, now + 5_001, Math.floor(now / 1_000), 0, -now].map(String)
  for (const timestamp of [...bad, '', 'now', `${now}.0`, `0${now}`, '1e13']) {
    expect(await code(timestamp)).toBe('DAPI_TIMESTAMP_EXPIRED')
  }
})

test('D19: the window is one of the clock on the wall, not of time that has passed', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const timestamp = String(server.clock.now())
  server.clock.jump(5_001)
  expect((await acme.call(getChannel, '', { timestamp })).code).toBe('DAPI_TIMESTAMP_EXPIRED')
  server.clock.jump(-1)
  expect((await acme.call(getChannel, '', { timestamp })).code).toBe('SYS_SUCCESS')
})

test('D19: the order is key, timestamp, signature, nonce, so that each tells what to mend first', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const used = { timestamp: String(server.clock.now()), nonce: nextNonce() }
  expect((await acme.call(getChannel, '', used)).code).toBe('SYS_SUCCESS')
  const code = async (claims: object) => (await acme.call(getChannel, '', claims)).code
  expect(await code(used)).toBe('DAPI_NONCE_USED')
  expect(await code({ ...used, secret: 'x' })).toBe('DAPI_SIGN_INVALID')
  expect(await code({ ...used, secret: 'x', timestamp: '1' })).toBe('DAPI_TIMESTAMP_EXPIRED')
  const apiKey = 'F'.repeat(32)
  expect(await code({ ...used, secret: 'x', timestamp: '1', apiKey })).toBe('DAPI_KEY_UNKNOWN')
})

test('D21: a nonce is used up for its timestamp and its key alone, whatever the route', async () => {
  await using server = await start()
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  await acme.tell('u1')
  const now = server.clock.now()
  const nonce = '54321'
  const used = { nonce, timestamp: String(now) }
  expect((await acme.call(getChannel, '', used)).code).toBe('SYS_SUCCESS')
  expect((await acme.call(search, 'version=1', used)).code).toBe('DAPI_NONCE_USED')
  expect((await other.call(getChannel, '', used)).code).toBe('SYS_SUCCESS')
  for (const timestamp of [now - 1, now + 1].map(String)) {
    expect((await acme.call(getChannel, '', { nonce, timestamp })).code).toBe('SYS_SUCCESS')
  }
})

test('D21: what was refused for its signature has not used the nonce up', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const claims = { timestamp: String(server.clock.now()), nonce: nextNonce() }
  const forged = await acme.call(getChannel, '', { ...claims, secret: 'x' })
  expect(forged.code).toBe('DAPI_SIGN_INVALID')
  expect((await acme.call(getChannel, '', claims)).code).toBe('SYS_SUCCESS')
})

test('D21: of one request sent 20 times at once one goes through, and its channel lives', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const headers = headersOf(claimsOf(server, acme))
  const answers = await Promise.all(Array.from({ length: 20 }, () => raw(server, headers)))
  const codes = answers.map(({ text }) => JSON.parse(text).code).toSorted()
  expect(codes).toEqual([...Array(19).fill('DAPI_NONCE_USED'), 'SYS_SUCCESS'])
  const { data } = answers.map(({ text }) => JSON.parse(text)).find(({ success }) => success)
  expect((await server.connect(`/ws/${data}`)).closed).toBeNull()
})

test('D21: neither a restart nor a clock that is set back makes a used nonce good again', async () => {
  const before = await start()
  const acme = await partner(before, 'acme')
  const claims = { timestamp: String(before.clock.now()), nonce: nextNonce() }
  expect((await acme.call(getChannel, '', claims)).code).toBe('SYS_SUCCESS')
  await using server = await before.restart()
  const same = withKeys(server, acme)
  server.clock.jump(Number(claims.timestamp) - server.clock.now())
  expect((await same.call(getChannel, '', claims)).code).toBe('DAPI_NONCE_USED')
  server.clock.jump(50_000)
  expect((await same.call(getChannel)).code).toBe('SYS_SUCCESS')
  server.clock.jump(-50_000)
  expect((await same.call(getChannel, '', claims)).code).toBe('DAPI_NONCE_USED')
})

test('D19: the query is signed as it is sent, escaped or not, in its order', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  await acme.tell('u1')
  const good = [
    'version=1&x=%20',
    'x=a+b&version=1',
    'version=1&',
    '&version=1&&x=[]',
    'version=1&x=%e4%bD',
  ]
  for (const query of good) expect((await acme.call(search, query)).code).toBe('SYS_SUCCESS')
  for (const [query, payload] of [
    ['x=%20&version=1', 'x= &version=1'],
    ['x=%2F&version=1', 'x=%2f&version=1'],
    ['a=1&version=1', 'version=1&a=1'],
    ['version=1', '?version=1'],
    ['version=1', ''],
  ] as const) {
    expect((await acme.call(search, query, { payload })).code).toBe('DAPI_SIGN_INVALID')
  }
  expect((await acme.call(`${getChannel}?`)).code).toBe('SYS_SUCCESS')
})

test('D19: who asks too often waits; another partner and one who only knows the key do not use the rate up', async () => {
  await using server = await start({ limits: { commands_per_second: 2 } })
  const [acme, other] = [await partner(server, 'acme'), await partner(server, 'other')]
  const forged = { secret: 'x' }
  for (let count = 0; count < 6; count++) {
    expect((await acme.call(getChannel, '', forged)).code).toBe('DAPI_SIGN_INVALID')
  }
  for (let count = 0; count < 4; count++) {
    expect((await acme.call(getChannel)).code).toBe('SYS_SUCCESS')
  }
  const claims = { timestamp: String(server.clock.now()), nonce: nextNonce() }
  const headers = headersOf({ ...claimsOf(server, acme), ...claims })
  const refused = await fetch(server.url + getChannel, { headers })
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1'])
  expect(await refused.json()).toEqual({
    code: 'RATE_LIMITED',
    message: 'Too many requests',
    success: false,
  })
  expect((await other.call(getChannel)).code).toBe('SYS_SUCCESS')
  server.clock.advance(500)
  expect((await acme.call(getChannel, '', claims)).code).toBe('SYS_SUCCESS')
})

test('D19: an address that tries keys is slowed down before any key is looked up; behind a proxy it is the client’s', async () => {
  const limits = { commands_per_second: 1, trusted_proxies: ['loopback'] }
  await using server = await start({ limits })
  const acme = await partner(server, 'acme')
  const from = (address: string) => ({
    ...headersOf(claimsOf(server, acme)),
    'x-forwarded-for': address,
  })
  for (let count = 0; count < 8; count++) {
    const { text } = await raw(server, { 'x-forwarded-for': '198.51.100.7' })
    expect(JSON.parse(text).code).toBe('DAPI_KEY_UNKNOWN')
  }
  const blocked = await raw(server, from('198.51.100.7'))
  expect([blocked.status, JSON.parse(blocked.text).code]).toEqual([429, 'RATE_LIMITED'])
  expect(JSON.parse((await raw(server, from('198.51.100.8'))).text).code).toBe('SYS_SUCCESS')
})

test.each([
  ['GET', '/websocket/v1/nothing'],
  ['GET', '/websocket/v1/'],
  ['POST', getChannel],
  ['DELETE', search],
])('D5: %s %s does not exist, and is told so in the envelope', async (method, path) => {
  await using server = await start()
  const answer = await server.fetch(path, { method })
  expect([answer.status, await answer.json()]).toEqual([
    404,
    { code: 'NOT_FOUND', message: 'No such address', success: false },
  ])
})

test('D7: a HEAD ends no channel: its answer could not tell the next one', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const client = await acme.connect()
  const claims = claimsOf(server, acme)
  const headers = headersOf(claims)
  expect((await fetch(server.url + getChannel, { method: 'HEAD', headers })).status).toBe(404)
  expect(await received(client)).toEqual([])
  expect(client.closed).toBeNull()
  // Nor has it used the nonce up.
  expect((await raw(server, headers)).status).toBe(200)
  expect((await client.close()).code).toBe(4404)
})

test('D5: a fault of ours is INTERNAL_ERROR in the envelope and says nothing of itself', async () => {
  await using server = await start()
  const acme = await partner(server, 'acme')
  const { store } = server.host
  const { since } = store
  Object.assign(store, { since: () => Promise.reject(new Error('a secret reason')) })
  const answer = await acme.call(search, 'version=1')
  Object.assign(store, { since })
  expect(answer).toEqual({
    status: 500,
    code: 'INTERNAL_ERROR',
    message: 'Internal error',
    success: false,
  })
  expect(server.logged.filter((line) => line.includes('a secret reason'))).toHaveLength(1)
})
