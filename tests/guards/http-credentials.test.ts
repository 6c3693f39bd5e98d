import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { hashKey } from '../../src/core/keys.ts'
import { scopes, type Scope } from '../../src/core/store.ts'
import { secret, serverKey } from '../fixture.ts'
import { openPremises } from './http-house.ts'
import { routes } from './http-routes.ts'
import { send, steady, type Change, type Route } from './http-send.ts'
import { settle, type Town } from './http-town.ts'
import { wrongOf, type Trial } from './http-judge.ts'

let town: Town
beforeAll(async () => void (town = await settle(await openPremises())))
afterAll(() => town.house.close())

const here = routes.filter(({ dev }) => dev !== true)
const withKey = here.filter(({ who }) => scopes.includes(who as Scope))
const withToken = here.filter(({ who }) => who === 'jive' || who === 'locallife')

/** Every badness on every route: none may come to anything but this. */
async function wrong(
  of: readonly Route[],
  badnesses: (route: Route) => Promise<Readonly<Record<string, Change>>>,
  expected: string,
): Promise<string[]> {
  const trials: Trial[] = []
  for (const route of of) {
    const same = await steady(town, route)
    for (const [what, change] of Object.entries(await badnesses(route))) {
      const ask = () => send(town, same, change)
      trials.push({ what: `${route.method} ${route.path}, ${what}`, expected, ask })
    }
  }
  return wrongOf(trials)
}

const as = (authorization: string): Change => ({ authorization })
const bearer = (token: string): Change => as(`Bearer ${token}`)

test('the good request of every route works, so that what is refused below is refused for its badness', async () => {
  const trials = here.map((route) => ({
    what: `${route.method} ${route.path}`,
    expected: route.status === 404 ? '404 NOT_FOUND' : String(route.status),
    ask: () => send(town, route),
  }))
  expect(await wrongOf(trials)).toEqual([])
  expect(withKey.length + withToken.length).toBeGreaterThanOrEqual(40)
})

test('a route with a server key takes no other proof, and says the same to all of them', async () => {
  const { token, keys } = town.house
  const badnesses = async ({ who }: Route) => {
    const key = keys[who as Scope]
    return {
      'no credentials': { authorization: null },
      'an unknown key': bearer('fk_unknown'),
      'a token of jive': bearer(await token('jive', 'ann', { families: ['f1'] })),
      'a token of crash': bearer(await token('crash', 'alice')),
      'the hash of the key': bearer(hashKey(key)),
      'the key in capitals': bearer(key.toUpperCase()),
      'half of the key': bearer(key.slice(0, 16)),
      'the key and more': bearer(`${key}x`),
      'two keys in one header': bearer(`${key}, Bearer ${key}`),
      'the key twice': { ...bearer(key), headers: [['authorization', `Bearer ${key}`]] },
      'a stranger before it': { ...bearer('x'), headers: [['authorization', `Bearer ${key}`]] },
      'something before the scheme': as(`Basic x, Bearer ${key}`),
      'something behind the key': as(`Bearer ${key} x`),
      'no scheme': as(key),
      'the scheme alone': as('Bearer'),
      'another scheme': as(`Basic ${btoa(`${key}:`)}`),
      'the secret of tokens': bearer(secret),
      '513 characters': bearer('k'.repeat(513)),
      '15 KB': bearer('k'.repeat(15_000)),
      'names of every object': bearer('__proto__'),
      'the key in the query': { authorization: null, query: `token=${key}&key=${key}` },
      'the key in a cookie': { authorization: null, headers: [['cookie', `key=${key}`]] },
      'the key as API key': { authorization: null, headers: [['x-api-key', key]] },
    } satisfies Record<string, Change>
  }
  expect(await wrong(withKey, badnesses, '401 UNAUTHORIZED')).toEqual([])
})

test('a key without the scope is known, and told that it may not', async () => {
  const others = async ({ who, or = [] }: Route) =>
    Object.fromEntries(
      scopes
        .filter((scope) => scope !== who && !or.includes(scope))
        .map((scope) => [scope, bearer(town.house.keys[scope])]),
    )
  expect(await wrong(withKey, others, '403 FORBIDDEN')).toEqual([])
})

test('the scheme of a key may be written in any case, and the first key has every scope', async () => {
  const trials = withKey.map((route, index) => ({
    what: `${route.method} ${route.path}`,
    expected: route.status === 404 ? '404 NOT_FOUND' : String(route.status),
    ask: () => send(town, route, as(`${index % 2 === 0 ? 'BEARER' : 'bearer'} ${serverKey}`)),
  }))
  expect(await wrongOf(trials)).toEqual([])
})

const text = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A token made by hand, of a header and claims that may be JSON text that no encoder writes. */
function handmade(header: unknown, claims: unknown, seal: (signed: string) => string): string {
  const signed = `${text(header)}.${text(claims)}`
  return `${signed}.${seal(signed)}`
}

const hmac =
  (key: string, hash = 'sha256') =>
  (signed: string) =>
    createHmac(hash, key).update(signed).digest('base64url')
const rsa = (key: KeyObject) => (signed: string) =>
  sign('sha256', Buffer.from(signed), key).toString('base64url')

const hs = { alg: 'HS256', typ: 'JWT' }
const rs = { alg: 'RS256', typ: 'JWT', kid: 'guards' }
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

/** Claims as they should be for a system. */
function claimsOf(aud: string) {
  const now = Math.floor(Date.now() / 1_000)
  return { sub: aud === 'jive' ? 'ann' : 'carla', aud, exp: now + 3_600, families: ['f1'] }
}

/** Tokens whose claims do not hold, rightly signed. */
function wrongClaims(aud: string): Record<string, unknown> {
  const good = claimsOf(aud)
  const { exp } = good
  const written = JSON.stringify(good)
  const as = (number: string) => written.replace(`"exp":${exp}`, `"exp":${number}`)
  return {
    'of another system': { ...good, aud: aud === 'jive' ? 'locallife' : 'jive' },
    'of crash': { ...good, aud: 'crash' },
    'without aud': { ...good, aud: undefined },
    'with aud in capitals': { ...good, aud: aud.toUpperCase() },
    expired: { ...good, exp: exp - 3_601 },
    'without exp': { ...good, exp: undefined },
    'with exp as text': { ...good, exp: String(exp) },
    'with exp 1e400': as('1e400'),
    'with exp 1e999': as('1e999'),
    'with exp -0': as('-0'),
    'with exp below zero': as('-1'),
    'with a fraction in exp': as(`${exp}.5`),
    'with exp in ms': as(`${exp}000`),
    'that lives for years': { ...good, exp: exp + 400 * 86_400 },
    'not before tomorrow': { ...good, nbf: exp + 86_400 },
    'from tomorrow': { ...good, iat: exp + 86_400 },
    'without sub': { ...good, sub: undefined },
    'with an empty sub': { ...good, sub: '' },
    'with a number as sub': { ...good, sub: 1 },
    'with an object as sub': { ...good, sub: { id: 'ann' } },
    'with a line end in sub': { ...good, sub: 'ann\nadmin' },
    'with NUL in sub': { ...good, sub: 'ann\0' },
    'with a sub of 65 characters': { ...good, sub: 'a'.repeat(65) },
    'that is a list': [good],
    'that is null': null,
    'nested too deeply': `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`,
    'that is no JSON': 'hello',
  }
}

/** Tokens whose claims hold, and whose proof does not. */
function wrongProofs(aud: string): Record<string, string> {
  const good = claimsOf(aud)
  const { publicKey } = town.house.issuer
  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }))
  const jwk = stranger.publicKey.export({ format: 'jwk' })
  const whole = handmade(hs, good, hmac(secret))
  const [head = '', body = '', seal = ''] = whole.split('.')
  const unsigned = (alg: string) => handmade({ alg, typ: 'JWT' }, good, () => '')
  return {
    'alg none': unsigned('none'),
    'alg None': unsigned('None'),
    'alg none, signed': handmade({ alg: 'none' }, good, hmac(secret)),
    'no alg': handmade({ typ: 'JWT' }, good, hmac(secret)),
    'alg HS512': handmade({ ...hs, alg: 'HS512' }, good, hmac(secret, 'sha512')),
    'another secret': handmade(hs, good, hmac('another-secret-for-tests-0123456789abcdef')),
    'an empty secret': handmade(hs, good, hmac('')),
    'the public key as secret': handmade({ ...hs, kid: 'guards' }, good, hmac(pem)),
    'the public key as secret, no kid': handmade(hs, good, hmac(pem)),
    'the secret under RS256': handmade(rs, good, hmac(secret)),
    'a stranger under the known kid': handmade(rs, good, rsa(stranger.privateKey)),
    'an unknown kid': handmade({ ...rs, kid: 'x' }, good, rsa(stranger.privateKey)),
    'a kid of every object': handmade({ ...rs, kid: '__proto__' }, good, rsa(stranger.privateKey)),
    'a kid that is a path': handmade({ ...hs, kid: '../../dev/null' }, good, hmac('')),
    'a key of its own': handmade({ ...rs, jwk }, good, rsa(stranger.privateKey)),
    'a key of its own, known issuer': handmade(
      { ...rs, jwk },
      good,
      rsa(town.house.issuer.privateKey),
    ),
    'a place for keys': handmade({ ...hs, jku: 'http://127.0.0.1/' }, good, hmac(secret)),
    'critical extensions': handmade({ ...hs, crit: ['exp'] }, good, hmac(secret)),
    'another kind of token': handmade({ ...hs, typ: 'logout+jwt' }, good, hmac(secret)),
    'no signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'four parts': `${whole}.${seal}`,
    'a signature with padding': `${whole}=`,
    'a signature that is one letter off': whole.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')),
    'another body': `${head}.${text({ ...good, sub: 'mallory' })}.${seal}`,
    'a list of a token': JSON.stringify([whole]),
    '15 KB': handmade(hs, { ...good, more: 'x'.repeat(11_000) }, hmac(secret)),
    'a server key': town.house.keys.admin,
    'the first server key': serverKey,
    'the secret itself': secret,
  }
}

test('a route with a token takes no token that does not hold, and never says why', async () => {
  const badnesses = async ({ who }: Route): Promise<Record<string, Change>> => {
    const claims = Object.entries(wrongClaims(who)).map(
      ([what, claims]) => [`a token ${what}`, bearer(handmade(hs, claims, hmac(secret)))] as const,
    )
    const proofs = Object.entries(wrongProofs(who)).map(
      ([what, token]) => [what, bearer(token)] as const,
    )
    const good = handmade(hs, claimsOf(who), hmac(secret))
    return {
      ...Object.fromEntries([...claims, ...proofs]),
      'no credentials': { authorization: null },
      'the token in the query': { authorization: null, query: `token=${good}` },
      'the token in a cookie': { authorization: null, headers: [['cookie', `token=${good}`]] },
      'the token twice': { ...bearer(good), headers: [['authorization', `Bearer ${good}`]] },
      'something before the scheme': as(`Basic x, Bearer ${good}`),
      'a letter before the scheme': as(`xBearer ${good}`),
      'something behind the token': as(`Bearer ${good} x`),
      'no scheme': as(good),
      'another scheme': as(`Token ${good}`),
    }
  }
  expect(await wrong(withToken, badnesses, '401 UNAUTHORIZED')).toEqual([])
})

test('tokens made by hand hold when nothing is wrong with them, so that the refusals above are of their badness', async () => {
  const { privateKey } = town.house.issuer
  const reading = [
    { path: '/api/v1/accounts', who: 'jive' },
    { path: '/v1/orders', who: 'locallife' },
  ]
  for (const { path, who } of reading) {
    const route = here.find((one) => one.path === path && one.who === who)!
    for (const token of [
      handmade(hs, claimsOf(who), hmac(secret)),
      handmade(rs, claimsOf(who), rsa(privateKey)),
    ]) {
      expect((await send(town, route, bearer(token))).status).toBe(route.status)
    }
  }
})

test('who needs no credentials is not judged by those it brings', async () => {
  const anybody = here.filter(({ who }) => who === 'anybody')
  const trials = anybody.flatMap((route) =>
    ['Bearer rubbish', 'Basic !', '\u00ff', `Bearer ${'x'.repeat(10_000)}`].map((rubbish) => ({
      what: `${route.method} ${route.path}, ${rubbish.slice(0, 20)}`,
      expected: String(route.status),
      ask: () => send(town, route, as(rubbish)),
    })),
  )
  expect(anybody.length).toBeGreaterThan(10)
  expect(await wrongOf(trials)).toEqual([])
})

test('what belongs to somebody else looks like what is not there', async () => {
  const { house, account, transaction, rule, order } = town
  const strangers = [
    ['GET', `/api/v1/accounts/${account}`, 'jive'],
    ['GET', `/api/v1/transactions/${transaction}`, 'jive'],
    ['DELETE', `/api/v1/transactions/${transaction}`, 'jive'],
    ['POST', `/api/v1/rules/${rule}/execute`, 'jive'],
    ['GET', `/v1/orders/${order}`, 'locallife'],
    ['POST', `/v1/orders/${order}/urge`, 'locallife'],
  ] as const
  for (const [method, path, system] of strangers) {
    const token = await house.token(system, 'mallory', { families: ['f9'] })
    const route = { method, path, who: system, status: 404, good: () => ({}) }
    const missing = { ...route, path: path.replace(/[0-9a-f]{4}(?=\/|$)/, '0000') }
    const answers = await Promise.all([route, missing].map((one) => send(town, one, bearer(token))))
    const told = answers.map(({ status, body }) => [status, body])
    expect([path, told[0]]).toEqual([path, [404, expect.stringContaining('NOT_FOUND')]])
    expect(told[0]).toEqual(told[1]!)
  }
})

test('nobody beside was harmed', () => town.house.unharmed())
