import { describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { signToken } from '../../src/core/auth.ts'
import { emptyFolder, fanfare } from './run.ts'

const secret = '0123456789abcdef0123456789abcdef'
const env = { FANFARE_AUTH_SECRET: secret }
const now = Math.floor(Date.now() / 1_000)

test('a created token is let in, and says who, where, what and until when', async () => {
  const words = ['token', 'create', 'ann', '--name', 'Ann', '--ttl', '2h', '--family', 'f1', 'f2']
  const { out: jwt, err } = await fanfare(words, { env })
  expect(err).toBe('')
  const { iat = 0, exp = 0, ...claims } = decodeJwt(jwt)
  expect(claims).toEqual({ sub: 'ann', aud: 'jive', name: 'Ann', families: ['f1', 'f2'] })
  expect(exp - iat).toBe(7_200)
  const { out, exitCode } = await fanfare(['token', 'check', jwt, '--json'], { env })
  expect(exitCode).toBe(0)
  expect(JSON.parse(out)).toEqual({ ok: true, claims: { ...claims, iat, exp } })
})

test('what the configuration demands of tokens, created ones have', async () => {
  const all = { ...env, FANFARE_AUTH_ISSUER: 'me', FANFARE_AUTH_AUDIENCE: 'app' }
  const { out: jwt } = await fanfare(['token', 'create', 'ann'], { env: all })
  expect(decodeJwt(jwt)).toMatchObject({ iss: 'me', aud: ['jive', 'app'] })
  expect((await fanfare(['token', 'check', jwt], { env: all })).exitCode).toBe(0)
})

test('of secrets by key id the last signs, unless --kid names one', async () => {
  const folder = emptyFolder()
  const text = `[auth.secrets]\nold = "${secret}"\nnew = "${secret}2"\n`
  writeFileSync(join(folder, 'fanfare.toml'), text)
  const newest = await fanfare(['token', 'create', 'ann'], { folder })
  expect(decodeProtectedHeader(newest.out).kid).toBe('new')
  const named = await fanfare(['token', 'create', 'ann', '--kid', 'old'], { folder })
  expect(decodeProtectedHeader(named.out).kid).toBe('old')
  expect((await fanfare(['token', 'check', named.out], { folder })).exitCode).toBe(0)
  expect((await fanfare(['token', 'create', 'ann', '--kid', 'x'], { folder })).exitCode).toBe(2)
})

test('a system with a secret of its own gets tokens signed with that', async () => {
  const own = { ...env, FANFARE_AUTH_JIVE_SECRET: `${secret}-jive` }
  const { out: jwt } = await fanfare(['token', 'create', 'ann'], { env: own })
  expect((await fanfare(['token', 'check', jwt], { env: own })).exitCode).toBe(0)
  expect((await fanfare(['token', 'check', jwt], { env })).exitCode).toBe(1)
})

test('tokens of locallife name it, and are signed with its own secret where it has one', async () => {
  const make = ['token', 'create', 'rider-1', '--system', 'locallife']
  const shared = (await fanfare(make, { env })).out
  expect(decodeJwt(shared)).toMatchObject({ sub: 'rider-1', aud: 'locallife' })
  const own = { ...env, FANFARE_LOCALLIFE_TOKEN_SECRET: `${secret}-locallife` }
  const check = async (jwt: string, of: Record<string, string>, system = 'locallife') =>
    (await fanfare(['token', 'check', jwt, '--system', system], { env: of })).exitCode
  const { out: jwt } = await fanfare(make, { env: own })
  expect(await check(jwt, own)).toBe(0)
  expect(await check(shared, own)).toBe(1)
  expect(await check(shared, env)).toBe(0)
  // Beside a secret of somebody else's tokens, its own has a name of its own.
  const both = { ...own, FANFARE_AUTH_LOCALLIFE_SECRET: `${secret}-somebody` }
  expect(await check((await fanfare(make, { env: both })).out, both)).toBe(0)
  expect(await check(shared, env, 'jive')).toBe(1)
})

test('without a secret nothing can be signed, which is a fault of the configuration', async () => {
  const { err, exitCode } = await fanfare(['token', 'create', 'ann'])
  expect(exitCode).toBe(2)
  expect(err).toContain('openssl rand -hex 32')
})

test.each(['99d', '1', '500ms', 'soon'])('--ttl %s is no life a token may have', async (ttl) => {
  const { exitCode } = await fanfare(['token', 'create', 'ann', '--ttl', ttl], { env })
  expect(exitCode).toBe(2)
})

test.each([
  ['ann@home', 'f1'],
  ['ann', 'f 1'],
])('ids that jive takes from nobody make no token: %s, %s', async (sub, family) => {
  const ran = await fanfare(['token', 'create', sub, '--family', family], { env })
  expect(ran).toMatchObject({ out: '', exitCode: 2 })
})

test('the longest life is told as it is configured', async () => {
  const { err } = await fanfare(['token', 'create', 'ann', '--ttl', '99d'], { env })
  expect(err).toContain('"1s" to auth.max_span (30d), got "99d"')
})

describe('a refused token exits 1 and the operator hears why', () => {
  const good = { sub: 'ann', aud: 'jive', exp: now + 3_600 }
  const cases: [string, Record<string, unknown>, RegExp][] = [
    ['expired', { ...good, exp: now - 10 }, /expired at 20/],
    ['no exp', { ...good, exp: undefined }, /"exp" is missing/],
    ['another system', { ...good, aud: 'crash' }, /"aud" lacks "jive"/],
    ['no subject', { ...good, sub: undefined }, /"sub" is missing/],
    ['from the future', { ...good, iat: now + 600 }, /"iat" is no time of the past/],
    ['not yet', { ...good, nbf: now + 600 }, /"nbf" is no time of the past/],
    ['an id jive does not take', { ...good, sub: 'ann@home' }, /"sub" is no id of jive/],
    ['a family that is none', { ...good, families: ['f 1'] }, /"families" is no list of ids/],
    ['too long a life', { ...good, exp: now + 31 * 86_400 }, /longer than auth.max_span/],
  ]
  test.concurrent.each(cases)('%s', async (_, claims, reason) => {
    const { err, exitCode } = await fanfare(['token', 'check', await signToken(claims, secret)], {
      env,
    })
    expect(exitCode).toBe(1)
    expect(err).toMatch(reason)
  })

  test('another secret', async () => {
    const jwt = await signToken(good, `${secret}x`)
    const { out, err, exitCode } = await fanfare(['token', 'check', jwt, '--json'], { env })
    expect(exitCode).toBe(1)
    expect(err).toContain('signature fits no configured key')
    expect(JSON.parse(out).ok).toBe(false)
  })

  test('no token at all', async () => {
    expect((await fanfare(['token', 'check', 'abc'], { env })).err).toContain('no well-formed JWT')
  })
})
