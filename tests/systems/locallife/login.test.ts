import { expect, test } from 'bun:test'
import { secret } from '../../fixture.ts'
import { appSecret } from '../../simulators/merchant.ts'
import { openidOf } from '../../simulators/wechat.ts'
import { openShop, settings, type Answered, type Shop } from './shop.ts'

async function login(shop: Shop, body: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(`${shop.server.url}/v1/auth/wechat-login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  const answered: Answered = {
    status: answer.status,
    headers: answer.headers,
    body: await answer.json(),
  }
  return answered
}

test('L19: a code becomes a token of ours that opens HTTP and, with a role, the socket', async () => {
  await using shop = await openShop()
  const { status, body, headers } = await login(shop, { code: 'c-1' })
  expect([status, body]).toEqual([
    200,
    { access_token: expect.any(String), expires_in: 7_200, user: { id: expect.any(String) } },
  ])
  expect(headers.get('cache-control')).toBe('no-store')
  const { access_token: token, user } = body
  const items = [{ name: 'Tea', quantity: 1, price: 1 }]
  const order = { merchant_id: 'm1', region_id: 'r1', items }
  const made = await shop.server.fetch('/v1/orders', { method: 'POST', body: order, token })
  expect(made.status).toBe(201)
  await expect(shop.server.connect(`/v1/ws?token=${token}`)).rejects.toThrow('refused')
  await shop.as('server', 'PUT', `/api/locallife/operators/${user.id}`, { role: 'admin' })
  await shop.server.connect(`/v1/ws?token=${token}`)
})

test('the token says who, for which system and until when, and no more', async () => {
  await using shop = await openShop((own) => (own.token_ttl = 90_500))
  const { body } = await login(shop, { code: 'c-1' })
  expect(body.expires_in).toBe(90)
  const [, claims] = (body.access_token as string).split('.')
  const iat = shop.server.clock.now() / 1_000
  expect(JSON.parse(Buffer.from(claims!, 'base64url').toString())).toEqual({
    sub: body.user.id,
    aud: 'locallife',
    iat,
    exp: iat + 90,
  })
  const path = '/v1/orders/unknown'
  const ask = async () => (await shop.server.fetch(path, { token: body.access_token })).status
  expect(await ask()).toBe(404)
  shop.server.clock.jump(90_000)
  expect(await ask()).toBe(401)
})

test('one openid is one user, over restarts and from many requests at once; another one is another', async () => {
  await using shop = await openShop()
  const many = await Promise.all(Array.from({ length: 20 }, () => login(shop, { code: 'same' })))
  const ids = new Set(many.map(({ body }) => body.user.id))
  expect(ids.size).toBe(1)
  expect((await login(shop, { code: 'other' })).body.user.id).not.toBe([...ids][0])
  await shop.restart()
  expect((await login(shop, { code: 'same' })).body.user.id).toBe([...ids][0])
})

test('neither the openid nor the session key is told, and neither of them, the code or the secret is logged', async () => {
  await using shop = await openShop()
  const good = await login(shop, { code: 'a-secret-code' })
  const bad = await login(shop, { code: 'bad-secret-code' })
  const told = [good, bad].map(({ body }) => JSON.stringify(body)).join()
  shop.wechat.respond = () => new Response('rubbish', { status: 500 })
  await login(shop, { code: 'another-secret-code' })
  shop.wechat.respond = (url) => Response.redirect(`http://127.0.0.1:9/${url.search}`)
  await login(shop, { code: 'a-further-secret-code' })
  await shop.wechat.stop()
  await login(shop, { code: 'a-last-secret-code' })
  const logged = shop.server.logged.join()
  expect(logged).toContain('wechat unavailable')
  const tokens = [good.body.access_token, openidOf('a-secret-code'), 'tiihtNczf5v6AKRyjwEUhQ']
  for (const hidden of ['secret-code', appSecret, ...tokens]) {
    expect(logged).not.toContain(hidden)
    if (hidden !== good.body.access_token) expect(told).not.toContain(hidden)
  }
})

test.each([
  ['a bad code', {}, 40_029],
  ['busy', { errcode: -1, errmsg: 'system error' }, -1],
  ['a used code', { errcode: 40_163, errmsg: 'code been used' }, 40_163],
  ['an error beside an openid', { errcode: 40_226, openid: 'o123' }, 40_226],
])('L19: an error of WeChat is 401 with its number: %s', async (_, answer, errcode) => {
  await using shop = await openShop()
  if (Object.keys(answer).length > 0) shop.wechat.respond = () => Response.json(answer)
  const { status, body } = await login(shop, { code: 'bad-1' })
  expect([status, body]).toEqual([
    401,
    { code: 'UNAUTHORIZED', message: expect.any(String), details: { errcode } },
  ])
  expect(JSON.stringify(body)).not.toContain('system error')
  const logged = shop.server.logged.find((line) => line.includes('wechat refused a code'))
  expect(JSON.parse(logged!).errcode).toBe(errcode)
})

test('a wrong secret of ours is 401 with the number that says so', async () => {
  await using shop = await openShop((own) => (own.wechat.app_secret = 'wrong'))
  const { status, body } = await login(shop, { code: 'c-1' })
  expect([status, body.details]).toEqual([401, { errcode: 40_125 }])
})

const rubbish: [what: string, respond: () => Response][] = [
  ['no JSON', () => new Response('<html>')],
  ['nothing', () => new Response('')],
  ['null', () => Response.json(null)],
  ['no openid', () => Response.json({ errcode: 0, session_key: 'x' })],
  ['an openid that is no text', () => Response.json({ openid: 7 })],
  ['an empty openid', () => Response.json({ openid: '' })],
  ['an endless openid', () => Response.json({ openid: 'o'.repeat(65) })],
  ['an errcode that is no number', () => Response.json({ errcode: '40029' })],
  ['an openid beside it', () => Response.json({ errcode: '40029', openid: 'o123' })],
  ['an openid beside half an error', () => Response.json({ errcode: 0.5, openid: 'o123' })],
  ['a 500 with an openid', () => Response.json({ openid: 'o123' }, { status: 500 })],
  ['a megabyte', () => Response.json({ openid: 'o123', more: 'x'.repeat(1_048_576) })],
  [
    'bytes that are no UTF-8',
    () => new Response(Buffer.from('{"openid":"o1","x":"\xff"}', 'latin1')),
  ],
]

test('whatever else comes in place of an answer is 502, and nobody is logged in', async () => {
  await using shop = await openShop()
  for (const [what, respond] of rubbish) {
    shop.wechat.respond = respond
    const { status, body } = await login(shop, { code: 'c-1' })
    expect([what, status, body.code]).toEqual([what, 502, 'UPSTREAM_UNAVAILABLE'])
  }
})

test('a code goes to WeChat once, also when the connection breaks before an answer comes; its address may end in a slash', async () => {
  const asked: string[][] = []
  const body = '{"openid":"o123"}'
  using wechat = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data(socket, bytes) {
        const [, path = '', code = ''] =
          /^GET ([^?]+)\S+js_code=([a-z]+)/.exec(bytes.toString()) ?? []
        asked.push([path, code])
        if (code === 'broken') socket.terminate()
        else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
      },
    },
  })
  const base = `http://127.0.0.1:${wechat.port}/proxy/`
  await using shop = await openShop((own) => (own.wechat.base_url = base))
  expect((await login(shop, { code: 'whole' })).status).toBe(200)
  expect((await login(shop, { code: 'broken' })).status).toBe(502)
  const path = '/proxy/sns/jscode2session'
  expect(asked).toEqual([
    [path, 'whole'],
    [path, 'broken'],
  ])
})

test('an answer that is packed stays packed, since 30 KB of it can be a gigabyte', async () => {
  const asked: (string | null)[] = []
  const packed = Bun.gzipSync(Buffer.from('{"openid":"o123"}'))
  await using wechat = Bun.serve({
    port: 0,
    fetch({ headers }) {
      asked.push(headers.get('accept-encoding'))
      return new Response(packed, { headers: { 'content-encoding': 'gzip' } })
    },
  })
  await using shop = await openShop((own) => (own.wechat.base_url = wechat.url.origin))
  const { status, body } = await login(shop, { code: 'c-1' })
  expect([status, body.code, asked]).toEqual([502, 'UPSTREAM_UNAVAILABLE', ['identity']])
})

test('the log says why WeChat was of no use', async () => {
  await using shop = await openShop()
  const kinds = () =>
    shop.server.logged
      .filter((line) => line.includes('wechat unavailable'))
      .map((line) => JSON.parse(line).kind)
  shop.wechat.respond = () => new Response('', { status: 503 })
  await login(shop, { code: 'c-1' })
  shop.wechat.respond = () => new Response('x'.repeat(16_385))
  await login(shop, { code: 'c-1' })
  shop.wechat.respond = () => new Response('x')
  await login(shop, { code: 'c-1' })
  shop.wechat.respond = () => Response.json({})
  await login(shop, { code: 'c-1' })
  shop.wechat.respond = () => new Promise<Response>(() => {})
  const hanging = login(shop, { code: 'c-1' })
  await shop.server.settled(() => shop.wechat.asked === 5)
  shop.server.clock.advance(5_000)
  await hanging
  expect(kinds()).toEqual(['status 503', 'too long', 'SyntaxError', 'no openid', 'timeout'])
})

test('the way to somebody else is not taken, since the secret would go with it', async () => {
  await using shop = await openShop()
  let asked = 0
  const stranger = Bun.serve({
    port: 0,
    fetch: () => {
      asked++
      return Response.json({ openid: 'o123' })
    },
  })
  shop.wechat.respond = (url) => Response.redirect(`${stranger.url.origin}/${url.search}`)
  const { status, body } = await login(shop, { code: 'c-1' })
  await stranger.stop(true)
  expect([status, body.code, asked]).toEqual([502, 'UPSTREAM_UNAVAILABLE', 0])
})

test('a WeChat that is not there is 502', async () => {
  await using shop = await openShop()
  await shop.wechat.stop()
  const { status, body } = await login(shop, { code: 'c-1' })
  expect([status, body.code]).toEqual([502, 'UPSTREAM_UNAVAILABLE'])
})

test.each([
  ['says nothing', () => new Promise<Response>(() => {})],
  [
    'begins an answer and stops',
    () => new Response(new ReadableStream({ start: (to) => to.enqueue(Buffer.from('{"op')) })),
  ],
])('a WeChat that %s is given up after 5 s', async (_, respond) => {
  await using shop = await openShop()
  shop.wechat.respond = respond
  let answer: Answered | undefined
  const asking = login(shop, { code: 'c-1' }).then((one) => (answer = one))
  await shop.server.settled(() => shop.wechat.asked === 1)
  shop.server.clock.advance(4_999)
  // While this goes to and fro, an answer that is on its way arrives.
  await shop.server.fetch('/healthz')
  expect(answer).toBeUndefined()
  shop.server.clock.advance(1)
  await asking
  expect([answer!.status, answer!.body.code]).toEqual([502, 'UPSTREAM_UNAVAILABLE'])
})

test.each([
  ['{', undefined],
  [{}, 'code'],
  [{ code: 7 }, 'code'],
  [{ code: '' }, 'code'],
  [{ code: 'a b' }, 'code'],
  [{ code: 'x'.repeat(129) }, 'code'],
])('what is no code is 400 and WeChat is not asked: %j', async (body, path) => {
  await using shop = await openShop()
  const answer = await login(shop, body)
  expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST'])
  if (path !== undefined) expect(answer.body.details[0].path).toBe(path)
  expect(shop.wechat.asked).toBe(0)
})

test('a body over 4 KB is 413 and WeChat is not asked', async () => {
  await using shop = await openShop()
  const { status, body } = await login(shop, { code: 'c-1', more: 'x'.repeat(4_096) })
  expect([status, body.code, shop.wechat.asked]).toEqual([413, 'PAYLOAD_TOO_LARGE', 0])
})

test('a code is sent as it is, so that nobody adds parameters to what WeChat is asked', async () => {
  await using shop = await openShop()
  let asked: URLSearchParams | undefined
  shop.wechat.respond = (url) => {
    asked = url.searchParams
    return Response.json({ openid: 'o1' })
  }
  expect((await login(shop, { code: 'c&appid=other#?' })).status).toBe(200)
  expect(Object.fromEntries(asked!)).toEqual({
    appid: 'wx0123456789abcdef',
    secret: appSecret,
    js_code: 'c&appid=other#?',
    grant_type: 'authorization_code',
  })
  expect(asked!.getAll('appid')).toHaveLength(1)
})

test('an address that logs in too often is told to wait, another one is not', async () => {
  await using shop = await openShop()
  await shop.restart({
    limits: { trusted_proxies: ['loopback'] },
  })
  const from = (address: string) => login(shop, { code: 'c-1' }, { 'x-forwarded-for': address })
  const many = await Promise.all(Array.from({ length: 100 }, () => from('192.0.2.1')))
  expect(new Set(many.map(({ status }) => status))).toEqual(new Set([200]))
  const asked = shop.wechat.asked
  const refused = await from('192.0.2.1')
  expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
    429,
    'RATE_LIMITED',
    '1',
  ])
  expect(shop.wechat.asked).toBe(asked)
  expect((await from('192.0.2.2')).status).toBe(200)
  const network = (host: number) => from(`2001:db8::${host + 1}`)
  const others = await Promise.all(Array.from({ length: 101 }, (_, host) => network(host)))
  expect(others.map(({ status }) => status).sort()).toEqual([...Array(100).fill(200), 429])
  shop.server.clock.advance(100)
  expect((await from('192.0.2.1')).status).toBe(200)
})

test('while WeChat hangs, so many wait and the next one is told to come back', async () => {
  await using shop = await openShop()
  await shop.restart({ limits: { trusted_proxies: ['loopback'] } })
  shop.wechat.respond = () => new Promise<Response>(() => {})
  const waiting = Array.from({ length: 100 }, (_, nth) =>
    login(shop, { code: 'c-1' }, { 'x-forwarded-for': `192.0.2.${nth}` }),
  )
  await shop.server.settled(() => shop.wechat.asked === 100)
  const refused = await login(shop, { code: 'c-1' }, { 'x-forwarded-for': '198.51.100.1' })
  expect([refused.status, refused.body.code]).toEqual([503, 'OVERLOADED'])
  shop.server.clock.advance(5_000)
  expect(new Set((await Promise.all(waiting)).map(({ status }) => status))).toEqual(new Set([502]))
  shop.wechat.respond = null
  expect((await login(shop, { code: 'c-1' })).status).toBe(200)
})

test.each([
  ['locallife.wechat.app_id', (own: any) => (own.wechat.app_id = undefined)],
  ['locallife.wechat.app_secret', (own: any) => (own.wechat.app_secret = undefined)],
])('without "%s" logging in is 503 and names it', async (key, take) => {
  await using shop = await openShop(take)
  const { status, body } = await login(shop, { code: 'c-1' })
  expect([status, body.code, body.details]).toEqual([503, 'NOT_CONFIGURED', { key }])
  expect(body.message).toContain(key)
  expect(shop.wechat.asked).toBe(0)
})

test('without a secret to sign with logging in is 503, and no code is spent', async () => {
  await using shop = await openShop()
  const jwks = { secret: undefined, jwks_url: 'http://127.0.0.1:9/jwks' }
  await shop.restart({ auth: jwks })
  const { status, body } = await login(shop, { code: 'c-1' })
  const key = 'locallife.token_secret'
  expect([status, body.code, body.details]).toEqual([503, 'NOT_CONFIGURED', { key }])
  expect(shop.wechat.asked).toBe(0)
})

test('a secret of its own signs its tokens, and the shared one opens nothing here any more', async () => {
  await using shop = await openShop()
  const token_secret = `${secret}-of-its-own`
  await shop.restart({ locallife: { ...settings(shop.wechat), token_secret } })
  const { body } = await login(shop, { code: 'c-1' })
  const ask = async (token: string) =>
    (await shop.server.fetch('/v1/orders/unknown', { token })).status
  expect(await ask(body.access_token)).toBe(404)
  expect(await ask(await shop.token('near'))).toBe(401)
})
