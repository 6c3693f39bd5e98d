import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, loadConfig, requireProduction, type Sources } from '../../src/config.ts'

const secret = '0123456789abcdef0123456789abcdef'
const folder = mkdtempSync(join(tmpdir(), 'fanfare-dev-test-'))
const file = join(folder, 'some.toml')
writeFileSync(file, '')
afterAll(() => rmSync(folder, { recursive: true }))

function load(sources: Partial<Sources> = {}) {
  return loadConfig({ env: {}, folder: '/nonexistent', ...sources })
}

describe('from the sources, development is what runs when nothing is configured', () => {
  const cases: [string, Partial<Sources>, boolean][] = [
    ['nothing', {}, true],
    ['another key', { env: { FANFARE_LOG_LEVEL: 'warn', NODE_ENV: 'test' } }, true],
    ['a secret', { env: { FANFARE_AUTH_SECRET: secret } }, false],
    ['secrets', { env: { FANFARE_AUTH_SECRETS: `a=${secret}` } }, false],
    ['public keys', { env: { FANFARE_AUTH_JWKS_URL: 'https://id.example' } }, false],
    ['a secret of one system', { env: { FANFARE_AUTH_JIVE_SECRET: secret } }, false],
    ['a secret it signs with', { env: { FANFARE_LOCALLIFE_TOKEN_SECRET: secret } }, false],
    ['an empty file', { file }, false],
    ['NODE_ENV=production', { env: { NODE_ENV: 'production' } }, false],
    ['--dev beside all of it', { file, dev: true, env: { NODE_ENV: 'production' } }, true],
    ['--dev among the flags', { file, flags: { dev: true } }, true],
    ['a verb that is no server', { dev: false }, false],
  ]
  test.each(cases)('%s', async (_, sources, dev) => {
    expect((await load(sources)).config.dev).toBe(dev)
  })
})

describe('--dev', () => {
  test('makes up what is missing, anew each time, and says so', async () => {
    const [one, two] = [await load({ dev: true }), await load({ dev: true })]
    expect(one.config.auth.secret).toHaveLength(64)
    expect(one.config.auth.secret).not.toBe(two.config.auth.secret)
    expect(one.config.server_key).not.toBe(two.config.server_key)
    expect(one.config.data.dir).not.toBe(two.config.data.dir)
    expect(one.config.data.dir).toStartWith(tmpdir())
    expect(one.config.jive.anonymous).toBe(true)
    for (const path of ['auth.secret', 'server_key', 'data.dir', 'jive.anonymous', 'listen']) {
      expect(one.origins.get(path)?.source).toBe('development')
    }
  })

  test('leaves alone what is configured, be it the opposite', async () => {
    const env = {
      FANFARE_AUTH_SECRET: secret,
      FANFARE_SERVER_KEY: 'mine',
      FANFARE_DATA_DIR: '/srv',
      FANFARE_JIVE_ANONYMOUS: 'false',
    }
    const { config } = await load({ dev: true, env })
    expect(config.auth.secret).toBe(secret)
    expect(config.server_key).toBe('mine')
    expect(config.data.dir).toBe('/srv')
    expect(config.jive.anonymous).toBe(false)
  })

  test('makes no secret where public keys check the tokens', async () => {
    const env = { FANFARE_AUTH_JWKS_URL: 'https://id.example/jwks' }
    expect((await load({ dev: true, env })).config.auth.secret).toBeUndefined()
  })
})

test('--dev makes a secret for the systems that have none of their own', async () => {
  const env = { FANFARE_AUTH_JIVE_JWKS_URL: 'https://id.example/jwks' }
  expect((await load({ dev: true, env })).config.auth.secret).toHaveLength(64)
})

describe('production', () => {
  async function refused(env: Record<string, string>, dev: boolean): Promise<readonly string[]> {
    const { config } = await load({ env, dev })
    try {
      requireProduction(config)
    } catch (error) {
      if (error instanceof ConfigError) return error.faults
      throw error
    }
    return []
  }

  test('is refused without a way to check tokens, and the line says how to make one', async () => {
    const [line, ...more] = await refused({}, false)
    expect(line).toStartWith('auth.secret: ')
    expect(line).toContain('openssl rand -hex 32')
    expect(line).toContain('FANFARE_AUTH_SECRET')
    expect(more).toEqual([])
  })

  test('a key of a system that does not run is none', async () => {
    const env = { FANFARE_AUTH_JIVE_SECRET: secret, FANFARE_SYSTEMS: 'dcs,locallife' }
    expect(await refused(env, false)).toHaveLength(1)
  })

  test('lets nobody in without a token', async () => {
    const env = { FANFARE_AUTH_SECRET: secret, FANFARE_JIVE_ANONYMOUS: 'true' }
    expect(await refused(env, false)).toEqual(['jive.anonymous: Allowed with --dev only'])
    expect(await refused(env, true)).toEqual([])
  })

  test('plays for money by chance alone', async () => {
    const env = { FANFARE_AUTH_SECRET: secret, FANFARE_CRASH_SCENARIO: 'fast' }
    expect(await refused(env, false)).toEqual(['crash.scenario: Allowed with --dev only'])
    expect(await refused(env, true)).toEqual([])
  })

  test.each([
    { FANFARE_AUTH_SECRET: secret },
    { FANFARE_AUTH_SECRETS: `a=${secret}` },
    { FANFARE_AUTH_JWKS_URL: 'https://id.example/jwks' },
    { FANFARE_AUTH_JIVE_SECRET: secret },
    { FANFARE_AUTH_LOCALLIFE_JWKS_URL: 'https://id.example/jwks' },
    { FANFARE_LOCALLIFE_TOKEN_SECRET: secret },
    { FANFARE_SYSTEMS: 'dcs' },
  ])('%p is enough', async (env) => {
    expect(await refused(env as unknown as Record<string, string>, false)).toEqual([])
  })
})
