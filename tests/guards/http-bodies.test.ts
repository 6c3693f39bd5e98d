import { afterAll, beforeAll, expect, test } from 'bun:test'
import { gzipSync } from 'node:zlib'
import type { Field } from './http-fields.ts'
import { odd, withField, wrong } from './http-wrongs.ts'
import { openPremises } from './http-house.ts'
import { verdictOf, wrongOf, type Trial } from './http-judge.ts'
import { routes } from './http-routes.ts'
import { send, type Change, type Route } from './http-send.ts'
import { settle, type Town } from './http-town.ts'
import type { Answer } from './raw-http.ts'

let town: Town
let before = 0
beforeAll(async () => {
  const house = await openPremises()
  before = await house.memory()
  town = await settle(house)
})
afterAll(() => town.house.close())

const writing = routes.filter(({ dev, fields }) => dev !== true && fields !== undefined)
const refused = '400 INVALID_REQUEST'

/** A body of each writing route, and what it must come to. */
async function everywhere(
  of: (good: any, route: Route) => Readonly<Record<string, readonly [Change['body'], string]>>,
  also: Change = {},
): Promise<string[]> {
  const trials: Trial[] = []
  for (const route of writing) {
    const good = await route.good(town)
    for (const [what, [body, expected]] of Object.entries(of(good.body, route))) {
      trials.push({
        what: `${route.method} ${route.path}, ${what}`,
        expected,
        ask: async () =>
          send(town, expected === refused ? { ...route, good: () => good } : route, {
            ...also,
            ...(body !== undefined && { body }),
          }),
      })
    }
  }
  expect(trials.length).toBeGreaterThanOrEqual(writing.length)
  return wrongOf(trials)
}

/** The same for all routes: what is no JSON at all. */
const noJson: Readonly<Record<string, string | Uint8Array>> = {
  'a brace': '{',
  'the other brace': '}',
  'a key without value': '{"a":}',
  'single quotes': "{'a':1}",
  'no quotes': '{a:1}',
  'a comma behind': '{"a":1,}',
  'a comment': '{"a":1} // x',
  'two documents': '{"a":1}{"b":2}',
  NaN: '{"a":NaN}',
  Infinity: '{"a":Infinity}',
  'a leading zero': '{"a":01}',
  'a plus': '{"a":+1}',
  'a bare exponent': '{"a":1e}',
  'a raw line end in a text': '{"a":"\n"}',
  'raw NUL in a text': '{"a":"\0"}',
  'raw NUL behind': '{"a":1}\0',
  'half an escape': '{"a":"\\u00"}',
  'an escape of its own': '{"a":"\\x41"}',
  'an open text': '{"a":"',
  'an open list': '[1,2',
  undefined: 'undefined',
  'a form': 'amount=1.00&tx_id=x',
  'a multipart form': '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--',
  XML: '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
  YAML: 'a: !!js/function 1',
  'UTF-16': Buffer.from('{"a":1}', 'utf16le'),
  'bytes that are no UTF-8': new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
  gzip: gzipSync('{"a":1}'),
  'a blank': ' ',
}

test('what is no JSON is 400, and whoever sent it learns nothing of the parser', async () => {
  const bodies = Object.fromEntries(
    Object.entries(noJson).map(([what, body]) => [what, [body, refused]] as const),
  )
  expect(await everywhere(() => bodies)).toEqual([])
})

test('JSON of another kind, empty bodies and none are 400, but where a body may be left out', async () => {
  const kinds = [
    'null',
    '[]',
    '[[]]',
    '[{}]',
    '""',
    '"x"',
    '0',
    '1',
    '-0',
    '1e400',
    'true',
    'false',
  ]
  const bodies = Object.fromEntries(kinds.map((body) => [body, [body, refused]] as const))
  const of = (_: unknown, { bodiless, status }: Route) => {
    const left = bodiless === true ? String(status) : refused
    return { ...bodies, empty: ['', left], none: [null, left] } as const
  }
  expect(await everywhere(of)).toEqual([])
})

test('nesting of 32 is read and of 33 is not, and a hundred thousand brackets cost no stack', async () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)
  const of = (good: any, { status, mostBytes = Infinity }: Route) => {
    const limited = (body: string) =>
      [body, body.length > mostBytes ? '413 PAYLOAD_TOO_LARGE' : refused] as const
    return {
      'depth 32': [withField({ ...good, x: 1 }, 'x', nested(31)), String(status)],
      'depth 33': [withField({ ...good, x: 1 }, 'x', nested(32)), refused],
      brackets: limited(nested(100_000)),
      'open brackets': limited('['.repeat(100_000)),
      'open braces': limited('{"a":'.repeat(100_000)),
      'brackets in a text': [
        withField({ ...good, x: 1 }, 'x', `"${'['.repeat(1_000)}"`),
        String(status),
      ],
    } as const
  }
  expect(await everywhere(of)).toEqual([])
})

test('fields that nobody knows are dropped, whatever they are called', async () => {
  const more = [
    '"__proto__":{"isAdmin":true,"scopes":["admin"],"families":["f9"]}',
    '"constructor":{"prototype":{"isAdmin":true}}',
    '"toString":null,"hasOwnProperty":1,"then":"x","toJSON":"x"',
    '"role":"admin","balance":1e9,"available_balance":"1000000.00","id":"mine","user":"root"',
    '"":0,"\\u0000":0,"\\ud800":0,"a.b":0,"$ref":"#"',
    Array.from({ length: 100 }, (_, index) => `"k${index}":${index}`).join(),
  ]
  const of = (good: any, { status, fields }: Route) =>
    Object.fromEntries(
      more
        // What the route does know is no stranger.
        .filter((text) => !Object.keys(fields ?? {}).some((name) => text.includes(`"${name}":`)))
        .map((text) => {
          const body = `{${text},${JSON.stringify(good).slice(1)}`
          return [text.slice(0, 40), [body, String(status)]] as const
        }),
    )
  expect(await everywhere(of)).toEqual([])
})

test('what is dropped has no effect: neither sums nor states nor ids come from it', async () => {
  const { house } = town
  const ann = await house.token('jive', 'ann', { families: ['f1'] })
  const wished = { id: 'mine', available_balance: 5, created_by: 'root', currency: 'CNY' }
  const account = { family_id: 'f1', name: 'Cash', balance: '1.00', ...wished }
  const made = await house.call('POST', '/api/v1/accounts', account, ann)
  expect(made).toMatchObject({ balance: 1, available_balance: 1 })
  expect(made.id).not.toBe('mine')
  const carla = await house.token('locallife', 'carla')
  const items = [{ name: 'Tea', quantity: 1, price: 5, amount: 0, total: 0 }]
  const cheap = { amount: 1, status: 'paid', paid_at: 'now', id: 'mine', consumer: 'mei' }
  const order = { merchant_id: 'm1', region_id: 'r1', items, ...cheap }
  const ordered = await house.call('POST', '/v1/orders', order, carla)
  expect(ordered).toMatchObject({ amount: 5, status: 'pending_payment' })
  const rider = await house.token('locallife', 'rita')
  const online = { region_id: 'r1', status: 'suspended', user: 'mei', online: false }
  const state = await house.call('POST', '/v1/rider/online', online, rider)
  expect(state).toEqual({ user: 'rita', status: 'approved', online: true, region_id: 'r1' })
  const rich = { amount: '0.01', tx_id: 'drop-1', balance: '9.99', player: 'bob', kind: 'grant' }
  const purse = await house.call('POST', '/api/wallets/dropped/credit', rich)
  expect(purse).toEqual({ player: 'dropped', balance: '0.01', txId: 'drop-1' })
})

test('of two equal keys the last counts, as in every parser of JavaScript', async () => {
  const of = (good: any, { status, fields = {} }: Route) => {
    const [name = ''] = Object.keys(fields)
    const text = JSON.stringify(good)
    return {
      'a bad one first': [`{"${name}":{},${text.slice(1)}`, String(status)],
      'a bad one last': [`${text.slice(0, -1)},"${name}":{}}`, refused],
    } as const
  }
  expect(await everywhere(of)).toEqual([])
})

test('a body at the limit of its route is read, and one byte more is 413, whatever it holds', async () => {
  const of = (good: any, { status, mostBytes }: Route) => {
    if (mostBytes === undefined) return {}
    const text = JSON.stringify(good)
    const whole = text + ' '.repeat(mostBytes - Buffer.byteLength(text))
    return {
      'at the limit': [whole, String(status)],
      'a byte more': [`${whole} `, '413 PAYLOAD_TOO_LARGE'],
      'a byte more of rubbish': ['x'.repeat(mostBytes + 1), '413 PAYLOAD_TOO_LARGE'],
    } as const
  }
  expect(await everywhere(of)).toEqual([])
})

test('what a body is called does not count, only what it is', async () => {
  const types = [
    '',
    'text/plain',
    'text/xml',
    'application/json; charset=utf-16',
    'x',
    'a/b; \u00ff',
  ]
  for (const type of types) {
    const headers = [['content-type', type]] as const
    const wrong = await everywhere((_, { status }) => ({ [type]: [undefined, String(status)] }), {
      headers,
    })
    expect(wrong).toEqual([])
  }
})

test('a packed body is not unpacked, so that 30 KB cannot become a gigabyte', async () => {
  const bomb = gzipSync(Buffer.alloc(60_000_000, ' ')).subarray(0, 4_000)
  for (const encoding of ['gzip', 'deflate', 'br', 'x']) {
    const headers = [['content-encoding', encoding]] as const
    expect(await everywhere(() => ({ [encoding]: [bomb, refused] }), { headers })).toEqual([])
  }
})

/** Whether the details of a refusal name a field or what it is part of. */
function names(path: string): NonNullable<Trial['look']> {
  return ({ body }: Answer) => {
    // The parser knows of no fields.
    if (body.includes('A number is beyond all that can be read')) return null
    const { details = [] } = JSON.parse(body) as { details?: readonly { path: string }[] }
    const told = Array.isArray(details) ? details.map((one) => one.path) : []
    const near = told.some(
      (one) => one === path || `${one}.`.startsWith(`${path}.`) || `${path}.`.startsWith(`${one}.`),
    )
    return near ? null : `does not name ${path}`
  }
}

/** Every field of every body with something else in its place. */
async function fieldByField(
  of: (field: Field, route: Route) => readonly (string | undefined)[],
  expected: (route: Route) => string,
  look?: (path: string) => NonNullable<Trial['look']>,
): Promise<[count: number, wrong: string[]]> {
  const trials: Trial[] = []
  for (const route of writing) {
    const good = await route.good(town)
    for (const [path, field] of Object.entries(route.fields ?? {})) {
      for (const json of of(field, route)) {
        const body = withField(good.body, path, json)
        const tooLarge = Buffer.byteLength(body) > (route.mostBytes ?? Infinity)
        trials.push({
          what: `${route.method} ${route.path}, ${path} = ${json?.slice(0, 60)}`,
          expected: tooLarge ? '413 PAYLOAD_TOO_LARGE' : expected(route),
          ask: async () => {
            const own = expected(route) === refused ? good : await route.good(town)
            const again = withField(own.body, path, json)
            return send(town, { ...route, good: () => own }, { body: again })
          },
          ...(look !== undefined && !tooLarge && { look: look(path) }),
        })
      }
    }
  }
  return [trials.length, await wrongOf(trials)]
}

test('every field refuses what is not of its kind, and is named', async () => {
  const of = ({ kind, nullable }: Field) =>
    [...wrong[kind], 'null'].filter((json) => !(nullable === true && json === 'null'))
  const [count, faults] = await fieldByField(of, () => refused, names)
  expect(count).toBeGreaterThan(900)
  expect(faults).toEqual([])
})

test('every field that must be there is missed by its name, and the others are not', async () => {
  const must = ({ optional }: Field) => (optional === true ? [] : [undefined])
  const [count, faults] = await fieldByField(must, () => refused, names)
  expect(count).toBeGreaterThan(25)
  expect(faults).toEqual([])
  const may = ({ optional }: Field) => (optional === true ? [undefined] : [])
  const [left, more] = await fieldByField(may, ({ status }) => String(status))
  expect(left).toBeGreaterThan(8)
  expect(more).toEqual([])
})

test('texts that others choke on are texts: NUL, line ends, terminals, half letters, other directions', async () => {
  const of = ({ kind }: Field) => (kind === 'text' ? odd.map((text) => JSON.stringify(text)) : [])
  const [count, faults] = await fieldByField(of, ({ status }) => String(status))
  expect(count).toBeGreaterThan(200)
  expect(faults).toEqual([])
})

/** Channels that nobody has, those nobody publishes to, and those that want something else. */
const channels: Readonly<Record<string, string>> = {
  '': '404 NOT_FOUND',
  jive: '404 NOT_FOUND',
  'jive/': '404 NOT_FOUND',
  '/family:f1': '404 NOT_FOUND',
  'jive//family:f1': '404 NOT_FOUND',
  'jive/family': '404 NOT_FOUND',
  'jive/family:': '404 NOT_FOUND',
  [`jive/family:${'f'.repeat(64)}`]: '200',
  [`jive/family:${'f'.repeat(65)}`]: '404 NOT_FOUND',
  [`jive/family:${'f'.repeat(129)}`]: '404 NOT_FOUND',
  [`jive/family:${'f'.repeat(100_000)}`]: '404 NOT_FOUND',
  'jive/family:f 1': '404 NOT_FOUND',
  'jive/family:f1\n': '404 NOT_FOUND',
  'jive/family:f1\0': '404 NOT_FOUND',
  'jive/family:\u2028': '404 NOT_FOUND',
  'jive/family:\ud800': '404 NOT_FOUND',
  'jive/family:é': '404 NOT_FOUND',
  'jive/family:f1/x': '404 NOT_FOUND',
  'jive/../jive/family:f1': '404 NOT_FOUND',
  'JIVE/family:f1': '404 NOT_FOUND',
  'jive/Family:f1': '404 NOT_FOUND',
  'nobody/family:f1': '404 NOT_FOUND',
  '__proto__/family:f1': '404 NOT_FOUND',
  'constructor/name': '404 NOT_FOUND',
  'jive/__proto__:f1': '404 NOT_FOUND',
  'jive/constructor': '404 NOT_FOUND',
  'jive/toString:f1': '404 NOT_FOUND',
  'jive/account:nobody': '404 NOT_FOUND',
  'jive/account:__proto__': '404 NOT_FOUND',
  'dcs/partner:acme': '400 INVALID_REQUEST',
  'dcs/partner:nobody': '404 NOT_FOUND',
  'dcs/partner:__proto__': '404 NOT_FOUND',
  'dcs/listen:0123456789abcdef0123456789abcdef': '404 NOT_FOUND',
  'locallife/rider:rita': '400 INVALID_REQUEST',
  'locallife/user:mei': '403 FORBIDDEN',
  'pledge/price:PLGR-USDT': '403 FORBIDDEN',
  'crash/player:alice': '403 FORBIDDEN',
}

test('a publish reaches channels that are, from those who may, and nothing else', async () => {
  const publish = writing.find(({ path }) => path === '/api/publish')!
  const { body } = await publish.good(town)
  const trials = Object.entries(channels).map(([channel, expected]): Trial => ({
    what: channel.slice(0, 60),
    expected,
    ask: () =>
      send(town, publish, {
        body: JSON.stringify({ ...(body as object), idempotencyKey: undefined, channel }),
      }),
  }))
  expect(await wrongOf(trials)).toEqual([])
  const data = { title: 'Hello', content: 'Here I am' }
  const people = [
    'rider:nobody',
    'merchant:constructor',
    'operator:__proto__',
    `rider:${'r'.repeat(65)}`,
  ]
  const others = people.map((name): Trial => {
    const told = { channel: `locallife/${name}`, type: 'notification', data }
    const ask = () => send(town, publish, { body: JSON.stringify(told) })
    return { what: name, expected: '404 NOT_FOUND', ask }
  })
  expect(await wrongOf(others)).toEqual([])
})

/** Numbers in fields that only go on to others, and how they arrive; null: refused. */
const numbers: Readonly<Record<string, string | null>> = {
  '1': '1',
  '1.50': '1.5',
  '-0': '0',
  '1e3': '1000',
  '9007199254740991': '9007199254740991',
  '9007199254740993': '9007199254740993',
  '-1234567890123456789012': '-1234567890123456789012',
  '0.12345678901234567890': '0.12345678901234567890',
  '12345678901234567890e-5': '12345678901234567890e-5',
  '1e308': '1e+308',
  '1e400': null,
  '-1e999': null,
  '1E+0400': null,
  ['9'.repeat(400)]: null,
}

test('a number that nobody here looks at arrives as it was sent, or is refused: ids of 64 bits lost their last digits', async () => {
  const publish = writing.find(({ path }) => path === '/api/publish')!
  const ways = {
    'locallife/region:numbers': ['notification', '{"title":"t","content":"c","deep":[{"n":N}]}'],
    'jive/user:numbers': [
      'TransactionUpdate',
      '{"transaction_id":"t","action":"created","data":{"deep":[{"n":N}]}}',
    ],
    'jive/user:balances': [
      'TransactionUpdate',
      '{"transaction_id":"t","action":"created","data":{"deep":[{"balance":N}]}}',
    ],
  } as const
  for (const [channel, [type, data]] of Object.entries(ways)) {
    const own = channel.endsWith('balances')
    const trials = Object.entries(numbers).map(([number, told]): Trial => ({
      what: `${channel}: ${number.slice(0, 40)}`,
      expected: told === null ? refused : '200',
      ask: () => {
        const wanted = `{"channel":"${channel}","type":"${type}","data":${data.replace('N', number)}}`
        return send(town, publish, { body: wanted })
      },
    }))
    expect(await wrongOf(trials)).toEqual([])
    const path = `${town.house.url}/api/channels/${channel}/history`
    const headers = { authorization: `Bearer ${town.house.keys.publish}` }
    const text = await (await fetch(path, { headers })).text()
    const told = [...text.matchAll(/"(?:n|balance)":([^}\]]+)/g)].map(([, number]) => number)
    const expected = Object.values(numbers).filter((number) => number !== null)
    if (own) expect(told).toHaveLength(expected.length)
    else expect(told.toSorted()).toEqual(expected.toSorted())
  }
})

test('a card number that is not masked is refused, and no digit of it comes back', async () => {
  const publish = writing.find(({ path }) => path === '/api/publish')!
  const text = {
    transactionCurrencyCode: '702',
    transactionAmount: '1',
    localTransactionDate: '0102',
  }
  const more = {
    localTransactionTime: '030405',
    response: 'A',
    direction: 'DEBIT',
    systemTraceAuditNumber: '1',
  }
  const rest = { ...text, ...more, requestAmountInUsd: '1', externalTranId: '1' }
  const told = { channel: 'dcs/partner:acme', type: 'CARD_TRANSACTION', externalUserId: 'u1' }
  for (const cardNumber of [
    '4111111111111111',
    '4111 1111 1111 1111',
    '**** **** *111 1111',
    '4111-1111-1111-1111',
  ]) {
    const body = JSON.stringify({ ...told, data: { ...rest, cardNumber } })
    const answer = await send(town, publish, { body })
    expect(verdictOf(answer)).toBe(refused)
    expect(answer.body.replaceAll('**** **** **** 0617', '')).not.toMatch(/\d{4}/)
    expect(town.house.logged(cardNumber)).toBe(0)
  }
  const masked = JSON.stringify({ ...told, data: { ...rest, cardNumber: '**** **** **** 0617' } })
  expect(verdictOf(await send(town, publish, { body: masked }))).toBe('200')
})

test('what was told with odd texts comes back as it was, but for half characters, which nobody could read', async () => {
  const { house } = town
  const channel = 'jive/user:odd'
  const data = odd.map((text) => ({ level: 'info', title: text, message: text }))
  const messages = data.map((one) => ({ channel, type: 'Notification', data: one }))
  await house.call('POST', '/api/publish/batch', { messages })
  const { messages: kept } = await house.call('GET', `/api/channels/${channel}/history`)
  const whole = odd.map((text) => text.toWellFormed())
  expect(kept.map((one: any) => one.data.title)).toEqual(whole)
  expect(kept.map((one: any) => one.data.message)).toEqual(whole)
})

test('nobody beside was harmed, and memory did not grow with what was refused', async () => {
  await town.house.unharmed()
  expect((await town.house.memory()) - before).toBeLessThan(250_000_000)
  expect(verdictOf(await send(town, writing[0]!))).toBe('200')
})
