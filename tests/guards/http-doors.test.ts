import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openPremises } from './http-house.ts'
import { wrongOf, type Trial } from './http-judge.ts'
import { routes, sockets } from './http-routes.ts'
import { send, steady, type Route } from './http-send.ts'
import { settle, type Town } from './http-town.ts'
import { ask } from './raw-http.ts'

let town: Town
beforeAll(async () => void (town = await settle(await openPremises())))
afterAll(() => town.house.close())

const here = routes.filter(({ dev }) => dev !== true)
const health = ['/healthz', '/readyz']

/** What is served at a door beside health. */
const own: Readonly<Record<'jive' | 'crash' | 'internal', (path: string) => boolean>> = {
  jive: (path) => /^\/(api\/v1\/|jive\/ws$)/.test(path),
  crash: (path) => /^\/(api\/wallets\/|api\/crash\/|crash\/ws$)/.test(path),
  internal: () => false,
}

test('a listener of one system serves that one and health, and nothing that belongs to others or to all', async () => {
  const trials: Trial[] = []
  for (const door of ['jive', 'crash', 'internal'] as const) {
    const house = { ...town.house, url: town.house.door(door) }
    for (const route of here) {
      const same = await steady(town, route)
      const served = own[door](route.path) || health.includes(route.path)
      trials.push({
        what: `${door}: ${route.method} ${route.path}`,
        expected: served ? String(route.status) : '404 NOT_FOUND',
        ask: () => send({ ...town, house }, served ? route : same),
      })
    }
    for (const target of sockets.filter((path) => !here.some((route) => route.path === path))) {
      const expected = own[door](target) ? '426 UPGRADE_REQUIRED' : '404 NOT_FOUND'
      const what = `${door}: ${target}`
      trials.push({ what, expected, ask: () => ask(house.url, { method: 'GET', target }) })
    }
  }
  expect(trials.length).toBeGreaterThan(180)
  expect(await wrongOf(trials)).toEqual([])
})

test('metrics are told on the listener for operators, and on no other', async () => {
  const at = (door: 'all' | 'jive' | 'crash' | 'internal', expected: string): Trial => ({
    what: door,
    expected,
    ask: () => ask(town.house.door(door), { method: 'GET', target: '/metrics' }),
  })
  const closed = (['all', 'jive', 'crash'] as const).map((door) => at(door, '404 NOT_FOUND'))
  expect(await wrongOf([at('internal', '200'), ...closed])).toEqual([])
})

/** Headers that mean something elsewhere. */
const strange: readonly (readonly [string, string])[] = [
  ['x-http-method-override', 'DELETE'],
  ['x-http-method', 'DELETE'],
  ['x-original-url', '/metrics'],
  ['x-rewrite-url', '/metrics'],
  ['x-forwarded-host', 'evil.example'],
  ['x-forwarded-proto', 'javascript'],
  ['forwarded', 'for=127.0.0.1;host=evil.example'],
  ['accept', 'text/html'],
  ['accept', 'x'.repeat(1_000)],
  ['accept-encoding', 'br, gzip, x'],
  ['accept-language', '../../etc/passwd'],
  ['range', 'bytes=0-0'],
  ['if-match', '"x"'],
  ['te', 'trailers'],
  ['trailer', 'authorization'],
  ['upgrade', 'h2c'],
  ['max-forwards', '0'],
  ['via', '1.1 x'],
  ['cookie', `a=${'b'.repeat(4_000)}; __proto__=x`],
  ['referer', 'javascript:alert(1)'],
  ['origin', 'null'],
  ['origin', 'https://evil.example'],
  ['origin', 'x'.repeat(4_000)],
  ['user-agent', '${jndi:ldap://127.0.0.1/x}'],
  ['content-length', '0'],
  ['__proto__', 'x'],
  ['constructor', 'x'],
]

test('headers that mean something elsewhere change nothing here', async () => {
  const reading = here.filter(({ method, who }) => method === 'GET' && who !== 'partner')
  const trials: Trial[] = []
  for (const route of reading) {
    const same = await steady(town, route)
    for (const one of strange) {
      trials.push({
        what: `${route.path}, ${one[0]}: ${one[1].slice(0, 30)}`,
        expected: String(route.status),
        ask: () => send(town, same, { headers: [one] }),
      })
    }
  }
  expect(trials.length).toBeGreaterThan(600)
  expect(await wrongOf(trials)).toEqual([])
})

test('a GET with a body is a GET', async () => {
  const reading = here.filter(({ method, who }) => method === 'GET' && who !== 'partner')
  const trials = await Promise.all(
    reading.map(async (route): Promise<Trial> => {
      const same: Route = await steady(town, route)
      const body = '{"limit":1e400}'
      return {
        what: route.path,
        expected: String(route.status),
        ask: () => send(town, same, { body }),
      }
    }),
  )
  expect(await wrongOf(trials)).toEqual([])
})

/** What stands where a proxy writes addresses. */
const forwarded = [
  '',
  ',',
  ', ,',
  '::::',
  '1.2.3.4.5',
  '1.2.3',
  '999.1.1.1',
  '01.02.03.04',
  'unknown',
  '[::1]:80',
]
const more = [
  'fe80::1%25eth0',
  '1.2.3.4:80',
  'x'.repeat(4_000),
  '127.0.0.1,'.repeat(400),
  '\u00ff',
  '__proto__',
]

test('what stands where a proxy writes addresses may be anything', async () => {
  const asking = here.filter(({ path }) =>
    /^\/(api\/crash\/stats|api\/v21\/price|v1\/auth)/.test(path),
  )
  const trials = asking.flatMap((route) =>
    [...forwarded, ...more].map((value): Trial => ({
      what: `${route.path}, ${value.slice(0, 30)}`,
      expected: String(route.status),
      ask: () => send(town, route, { headers: [['x-forwarded-for', value]] }),
    })),
  )
  expect(trials.length).toBeGreaterThan(60)
  expect(await wrongOf(trials)).toEqual([])
})

test('nobody beside was harmed', () => town.house.unharmed())
