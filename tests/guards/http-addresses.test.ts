import { afterAll, beforeAll, expect, test } from 'bun:test'
import { openPremises } from './http-house.ts'
import { routes, sockets } from './http-routes.ts'
import { send, steady, type Route } from './http-send.ts'
import { settle, type Town } from './http-town.ts'
import { ask } from './raw-http.ts'
import { verdictOf, wrongOf, type Trial } from './http-judge.ts'

let town: Town
beforeAll(async () => void (town = await settle(await openPremises())))
afterAll(() => town.house.close())

const here = routes.filter(({ dev }) => dev !== true)
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']

test('another method on an address is 404, with the credentials of the right one too; on a WebSocket address 426', async () => {
  const trials: Trial[] = []
  for (const path of new Set(here.map((route) => route.path))) {
    const own = here.filter((route) => route.path === path)
    const same = await steady(town, own[0]!)
    for (const method of methods) {
      if (own.some((route) => route.method === method)) continue
      if (method === 'HEAD' && own.some((route) => route.method === 'GET')) continue
      const expected = sockets.includes(path) ? '426 UPGRADE_REQUIRED' : '404 NOT_FOUND'
      const bare = method === 'HEAD' ? expected.slice(0, 3) : expected
      trials.push({
        what: `${method} ${path}`,
        expected: bare,
        ask: () => send(town, same, { method }),
      })
    }
  }
  expect(trials.length).toBeGreaterThan(250)
  expect(await wrongOf(trials)).toEqual([])
})

test('HEAD is GET without a body, but for partners, whose channel it would end unseen', async () => {
  const reading = here.filter(({ method }) => method === 'GET')
  const trials = await Promise.all(
    reading.map(async (route): Promise<Trial> => {
      const same = await steady(town, route)
      const expected = route.who === 'partner' ? '404' : String(route.status)
      return {
        what: `HEAD ${route.path}`,
        expected,
        ask: () => send(town, same, { method: 'HEAD' }),
      }
    }),
  )
  expect(await wrongOf(trials)).toEqual([])
})

test('a plain request to a WebSocket address says what is missing, whatever its method', async () => {
  const bare = sockets.filter((path) => !here.some((route) => route.path === path))
  const trials = bare.flatMap((path) =>
    ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'].map((method) => ({
      what: `${method} ${path}`,
      expected: '426 UPGRADE_REQUIRED',
      ask: () => ask(town.house.url, { method, target: path.replace(':channel', 'x'.repeat(22)) }),
    })),
  )
  expect(trials.length).toBeGreaterThanOrEqual(25)
  expect(await wrongOf(trials)).toEqual([])
})

/** Ways to write an address almost. */
const almost: readonly (readonly [what: string, write: (path: string) => string])[] = [
  ['in capitals', (path) => path.toUpperCase()],
  ['with a capital first', (path) => path.replace(/[a-z]/, (letter) => letter.toUpperCase())],
  ['with a slash behind', (path) => `${path}/`],
  ['with two slashes before', (path) => `/${path}`],
  ['with two slashes inside', (path) => path.replace(/(?<=.)\//, '//')],
  ['with more behind', (path) => `${path}/x/y/z`],
  ['with more before', (path) => `/x${path}`],
  // A dot alone is no name, and gone like those below.
  ['with a dot behind', (path) => (path === '/' ? path : `${path}.`)],
  ['with an escaped slash', (path) => path.replace(/(?<=.)\//, '%2f')],
  ['with a backslash', (path) => path.replace(/(?<=.)\//, '%5c')],
  ['with NUL behind', (path) => `${path}%00`],
  ['with a line end behind', (path) => `${path}%0d%0aX:%20y`],
  ['with a semicolon', (path) => `${path};x=y`],
  ['with a tail in another alphabet', (path) => `${path}%e2%80%a8`],
  ['with an overlong slash', (path) => path.replace(/(?<=.)\//, '%c0%af')],
]

test('an address that is almost one is none, and has the envelope of its neighbours', async () => {
  const trials: Trial[] = []
  const plain = here.filter(({ path }) => !path.includes(':'))
  for (const route of plain) {
    const same = await steady(town, route)
    for (const [, write] of almost) {
      const target = write(route.path)
      if (target === route.path) continue
      trials.push({
        what: `${route.method} ${target}`,
        expected: '404 NOT_FOUND',
        ask: () => send(town, same, { target }),
      })
    }
  }
  expect(trials.length).toBeGreaterThan(350)
  expect(await wrongOf(trials)).toEqual([])
})

test('dots in an address are gone before it means anything, so that no rule of a proxy is walked around unseen', async () => {
  const reading = here.filter(({ method, who }) => method === 'GET' && who !== 'partner')
  const trials: Trial[] = []
  for (const route of reading) {
    const same = await steady(town, route)
    const { params = {} } = await same.good(town)
    const path = route.path.replace(/:(\w+)/g, (_, name) => params[name]!)
    for (const target of [`/x/..${path}`, `/.${path}`, `/x/%2e%2e${path}`, `/%2E${path}`]) {
      trials.push({
        what: target,
        expected: String(route.status),
        ask: () => send(town, same, { target }),
      })
    }
  }
  expect(await wrongOf(trials)).toEqual([])
})

/** Names outside of every alphabet that a part of a path has. */
const misnomers = [
  '%00',
  'a%00',
  '%2f',
  'a%2fb',
  '..%2f..%2fetc%2fpasswd',
  '%252e%252e',
  '%c0%ae%c0%ae',
  '%ff',
  '%ed%a0%80',
  '%',
  '%zz',
  'a%0d%0aSet-Cookie:x',
  'a%0a',
  '%e2%80%a8',
  '%e2%80%ae',
  '%F0%9F%98%80',
  '%1b%5b31m',
  '%20',
  'a%20b',
  '*',
  "'%20OR%201=1--",
  '%24%7bx%7d',
  '%3cscript%3e',
  'a;b',
  'a,b',
  '\u00ff',
  'a'.repeat(161),
  'a'.repeat(8_000),
]

test('what cannot be the name of anything is 400 or 404 in every place of every path, the same every time', async () => {
  const trials: Trial[] = []
  for (const route of here) {
    const same = await steady(town, route)
    for (const [, name = ''] of route.path.matchAll(/:(\w+)/g)) {
      const expected = route.misnamed?.[name] ?? '404 NOT_FOUND'
      for (const misnomer of misnomers) {
        trials.push({
          what: `${route.method} ${route.path}, ${name} = ${misnomer.slice(0, 40)}`,
          expected,
          ask: () => send(town, same, { params: { [name]: misnomer } }),
        })
      }
    }
  }
  expect(trials.length).toBeGreaterThan(700)
  expect(await wrongOf(trials)).toEqual([])
})

test('names that every object has are names like any other: nothing is found under them', async () => {
  const trials: Trial[] = []
  for (const route of here.filter(({ method }) => method === 'GET')) {
    const same = await steady(town, route)
    for (const [, name = ''] of route.path.matchAll(/:(\w+)/g)) {
      for (const value of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
        trials.push({
          what: `${route.path}, ${name} = ${value}`,
          expected: '404 NOT_FOUND',
          ask: () => send(town, same, { params: { [name]: value } }),
        })
      }
    }
  }
  expect(await wrongOf(trials)).toEqual([])
})

test('a channel is named in its own alphabet and in at most 128 characters, or it is not there', async () => {
  const history = here.find(({ path }) => path.endsWith('/history'))!
  const names = {
    'family:f1': '200',
    [`family:${'f'.repeat(128)}`]: '200',
    [`family:${'f'.repeat(129)}`]: '404 NOT_FOUND',
    'family:': '404 NOT_FOUND',
    family: '200',
    'Family:f1': '404 NOT_FOUND',
    'nobody:f1': '404 NOT_FOUND',
    'family:f%201': '404 NOT_FOUND',
    'family:f1%0a': '404 NOT_FOUND',
    'family:f%00': '404 NOT_FOUND',
    'family:%e2%80%a8': '404 NOT_FOUND',
    'family:__proto__': '200',
    '__proto__:f1': '404 NOT_FOUND',
    constructor: '404 NOT_FOUND',
  }
  const trials = Object.entries(names).map(([name, expected]) => ({
    what: name,
    expected,
    ask: () => send(town, history, { params: { name } }),
  }))
  expect(await wrongOf(trials)).toEqual([])
})

/** Texts that are no whole number. */
const noNumbers = [
  '-1',
  '%2B1',
  '1e2',
  '1e400',
  '0x10',
  '1.5',
  'NaN',
  'Infinity',
  'null',
  'true',
  '',
  '%201',
  '1%20',
  '1,2',
  '1_000',
  '%EF%BC%91',
  '%D9%A1',
  '[]',
  '{}',
  '1%00',
  '9'.repeat(40),
]

test('a number of a query is a whole one within its bounds, or 400', async () => {
  const trials: Trial[] = []
  for (const route of here) {
    for (const [name, [least, most]] of Object.entries(route.numbers ?? {})) {
      const outside = [
        ...(least > 0 ? [String(least - 1)] : []),
        ...(most < 1e16 ? [String(most + 1)] : []),
      ]
      for (const value of [...noNumbers, ...outside]) {
        const expected = '400 INVALID_REQUEST'
        const what = `${route.path}?${name}=${value}`
        trials.push({ what, expected, ask: () => asked(route, name, value) })
      }
      for (const value of [least, Math.min(most, Number.MAX_SAFE_INTEGER)]) {
        const what = `${route.path}?${name}=${value}`
        trials.push({ what, expected: '200', ask: () => asked(route, name, String(value)) })
      }
    }
  }
  expect(trials.length).toBeGreaterThan(250)
  expect(await wrongOf(trials)).toEqual([])
})

test('what is given twice is 400, since the two may disagree', async () => {
  const trials: Trial[] = []
  for (const route of here) {
    for (const name of Object.keys(route.numbers ?? {})) {
      for (const value of ['1', `1&${name}=1`, `1&x=1&${name}=2`, `1&${name}=`]) {
        const expected = value === '1' ? '200' : '400 INVALID_REQUEST'
        const what = `${route.path}?${name}=${value}`
        trials.push({ what, expected, ask: () => asked(route, name, value) })
      }
    }
  }
  expect(trials.length).toBeGreaterThan(40)
  expect(await wrongOf(trials)).toEqual([])
})

/** The good request with one number in place of what it asks for. */
async function asked(route: Route, name: string, value: string) {
  const { query = '' } = await route.good(town)
  const others = query.split('&').filter((pair) => pair !== '' && !pair.startsWith(`${name}=`))
  return send(town, route, { query: [...others, `${name}=${value}`].join('&') })
}

test('what a route does not ask for changes nothing in its query', async () => {
  const strange = [
    'x=1&x=2',
    '__proto__=1&__proto__=2',
    '__proto__=1',
    'constructor[prototype]=1',
    'limit[]=x',
    'x',
    '=',
    '%',
    '%ff=%ff',
    'a'.repeat(8_000),
  ]
  const trials: Trial[] = []
  for (const route of here.filter(({ method, who }) => method === 'GET' && who !== 'partner')) {
    const same = await steady(town, route)
    const { query = '' } = await same.good(town)
    for (const one of strange) {
      trials.push({
        what: `${route.path}?${one.slice(0, 30)}`,
        expected: String(route.status),
        ask: () => send(town, same, { query: query === '' ? one : `${query}&${one}` }),
      })
    }
  }
  expect(await wrongOf(trials)).toEqual([])
})

test('partners and everybody else hear of a wrong address in the envelope they know', async () => {
  for (const route of here) {
    const answer = await send(town, await steady(town, route), { target: `${route.path}/x/y/z` })
    const keys = Object.keys(JSON.parse(answer.body)).join()
    expect([route.path, verdictOf(answer), keys]).toEqual([
      route.path,
      '404 NOT_FOUND',
      route.path.startsWith('/websocket/') ? 'code,message,success' : 'code,message',
    ])
  }
})

test('nobody beside was harmed', () => town.house.unharmed())
