import { generateKeyPairSync } from 'node:crypto'
import { afterAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError, loadConfig, requireProduction, type Sources } from '../src/config.ts'
import { keys, variableOf } from '../src/config/keys.ts'

const folder = mkdtempSync(join(tmpdir(), 'fanfare-config-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secret = '0123456789abcdef0123456789abcdef'
let files = 0

/** Writes a file of its own; import keeps what it has read once. */
function file(text: string, name = `${files++}.toml`): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Loads as a production server would, from an empty folder. */
function load(sources: Partial<Sources> = {}) {
  return loadConfig({ env: {}, dev: false, folder: join(folder, 'empty'), ...sources })
}

async function faults(sources: Partial<Sources>): Promise<readonly string[]> {
  try {
    await load(sources)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

function at(config: object, path: string): unknown {
  return path.split('.').reduce((table: any, name) => table[name], config)
}

describe('precedence: flag over environment over file over default', () => {
  const path = file('[log]\nlevel = "warn"\n')
  const env = { FANFARE_LOG_LEVEL: 'error' }
  const flags = { 'log.level': 'debug' }
  const cases = [
    ['default', {}, 'info', 'default'],
    ['file', { file: path }, 'warn', `${path}:2:1`],
    ['environment', { file: path, env }, 'error', 'environment FANFARE_LOG_LEVEL'],
    ['flag', { file: path, env, flags }, 'debug', 'flag --log-level'],
  ] as const
  test.each(cases)('%s wins over what comes before it', async (_, sources, level, source) => {
    const { config, origins } = await load(sources)
    expect(config.log.level).toBe(level)
    expect(origins.get('log.level')).toEqual({ source, raw: level })
  })

  test('a flag that was not given changes nothing, because commander hands over undefined', async () => {
    const { config } = await load({ env, flags: { 'log.level': undefined } })
    expect(config.log.level).toBe('error')
  })
})

describe('the file', () => {
  test('fanfare.toml of the working folder is read without being named', async () => {
    const own = mkdtempSync(join(folder, 'own-'))
    writeFileSync(join(own, 'fanfare.toml'), 'internal = ""\n')
    expect((await load({ folder: own })).config.internal).toBeNull()
  })

  test('FANFARE_CONFIG names it, and -c wins over that', async () => {
    const named = file('[log]\nlevel = "warn"')
    const flagged = file('[log]\nlevel = "error"')
    const env = { FANFARE_CONFIG: named }
    expect((await load({ env })).config.log.level).toBe('warn')
    expect((await load({ env, file: flagged })).config.log.level).toBe('error')
    expect((await load({ env, flags: { config: flagged } })).config.log.level).toBe('error')
  })

  test('one that is named but not there is a fault, not a silent default', async () => {
    const path = join(folder, 'missing.toml')
    expect(await faults({ file: path })).toEqual([
      `Cannot read the configuration file "${path}" (ENOENT)`,
    ])
  })

  test('a syntax error has line and column, which the TOML parser alone does not tell', async () => {
    const path = file('[log]\nlevel = "warn"\n[auth\n')
    const [fault = '', ...more] = await faults({ file: path })
    expect(fault).toEndWith(`(${path}:3:6)`)
    expect(more).toEqual([])
  })

  test('an unknown key names line, column and the nearest known key', async () => {
    const path = file('[limits]\n\n  max_conections = 3\n')
    expect(await faults({ file: path })).toEqual([
      `limits.max_conections: Unknown key, did you mean "limits.max_connections" (${path}:3:3)`,
    ])
  })

  test('a key in the wrong table is pointed to its own', async () => {
    const path = file('max_frame = "2MB"\n')
    const [fault] = await faults({ file: path })
    expect(fault).toContain('did you mean "limits.max_frame"')
  })

  test('a value where a table belongs is a fault', async () => {
    const path = file('limits = 3\n')
    expect(await faults({ file: path })).toEqual([
      `limits: Expected a table of settings (${path}:1:1)`,
    ])
  })

  test('keys that look like parts of every object are unknown keys like any other', async () => {
    const path = file('[constructor]\nx = 1\n[auth]\n"__proto__" = 1\ntoString = 2\n')
    expect((await faults({ file: path })).map((fault) => fault.split(':')[0])).toEqual([
      'constructor',
      'auth.__proto__',
      'auth.toString',
    ])
  })

  test('all faults of all sources are told at once, each with its place', async () => {
    const path = file('listen = [\n  "x",\n  "1=jvie",\n]\nnonsense = 1\n[jive]\ntimeout = 5\n')
    const env = { FANFARE_LIMITS_MAX_FRAME: 'big', FANFARE_AUTH_SECRET: 'short' }
    const told = await faults({ file: path, env, flags: { 'log.level': 'loud' } })
    expect([...told].sort()).toEqual([
      'auth.secret: Expected at least 32 bytes, got 5 (environment FANFARE_AUTH_SECRET)',
      `jive.timeout: Expected a duration such as "60s", got 5 (${path}:7:1)`,
      'limits.max_frame: Expected a size such as "1MB", got "big" (environment FANFARE_LIMITS_MAX_FRAME)',
      `listen.0: Expected "[host:]port=systems" such as "127.0.0.1:8080=*", got "x" (${path}:2:3)`,
      `listen.1: Unknown system "jvie", did you mean "jive" (${path}:3:3)`,
      'log.level: Expected one of "trace", "debug", "info", "warn", "error", got "loud" (flag --log-level)',
      `nonsense: Unknown key, did you mean "listen" (${path}:5:1)`,
    ])
  })
})

describe('the environment', () => {
  test('an unknown FANFARE_ variable is warned about by name, since a typo must not pass in silence', async () => {
    const env = { FANFARE_LIMITS_MAX_FRAM: '1', FANFARE_URL: 'http://x', OTHER: '1' }
    const { warnings } = await load({ env })
    expect(warnings).toEqual([
      'Unknown environment variable "FANFARE_LIMITS_MAX_FRAM", did you mean "FANFARE_LIMITS_MAX_FRAME"',
    ])
  })

  test('no two keys share a variable', () => {
    expect(new Set(keys.map(({ path }) => variableOf(path))).size).toBe(keys.length)
  })

  test('lists are separated by spaces or commas', async () => {
    const env = {
      FANFARE_LIMITS_ORIGINS: 'https://a.example, https://b.example  https://c.example',
    }
    const origins = ['https://a.example', 'https://b.example', 'https://c.example']
    expect((await load({ env })).config.limits.origins).toEqual(origins)
  })
})

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

describe('values', () => {
  const MB = 1024 ** 2
  const good: [string, string, unknown][] = [
    ['limits.max_frame', '1MB', MB],
    ['limits.max_frame', '64KB', 65_536],
    ['limits.max_frame', '2048', 2_048],
    ['limits.max_connections', '7', 7],
    ['server.drain', '0s', 0],
    ['server.drain', '100ms', 100],
    ['history.retention', '30d', 30 * 86_400_000],
    ['jive.ping_interval', '100ms', 100],
    ['jive.timeout', '5m', 300_000],
    ['jive.anonymous', 'true', true],
    ['jive.anonymous', '0', false],
    ['internal', '', null],
    ['internal', '[::1]:9191', { host: '::1', port: 9191 }],
    ['auth.issuer', '', undefined],
    ['auth.jwks_url', 'https://id.example/jwks', 'https://id.example/jwks'],
    ['auth.secrets', `a=${secret}= b=${secret}`, { a: `${secret}=`, b: secret }],
    ['limits.trusted_proxies', '10.0.0.0/8 loopback', ['10.0.0.0/8', 'loopback']],
    [
      'limits.origins',
      'http://localhost:5173 capacitor://localhost',
      ['http://localhost:5173', 'capacitor://localhost'],
    ],
    ['server_key', 'k', 'k'],
    ['systems', 'dcs jive', ['dcs', 'jive']],
    ['dcs.rotation_grace', '5m', 300_000],
    ['locallife.redeliver_times', '0', 0],
    ['locallife.wechat_pay.api_v3_key', 'k'.repeat(32), 'k'.repeat(32)],
    ['crash.rates', 'bet=50,state=9', { bet: 50, cash_out: 10, state: 9, other: 5 }],
    ['crash.curve', 'power:0.1916:1.1894', 'power:0.1916:1.1894'],
    ['crash.scenario', '', undefined],
    ['crash.scenario', 'fixed:1.00,12.35', { kind: 'fixed', points: [100, 1_235] }],
    ['crash.scenario', 'players:50', { kind: 'players', count: 50 }],
    ['crash.scenario', 'latency:80ms±40ms', { kind: 'latency', delay: 80, jitter: 40 }],
  ]
  test.each(good)('%s = %p is taken', async (path, text, value) => {
    const { config } = await load({ env: { [variableOf(path)]: text } })
    expect(at(config, path)).toEqual(value)
  })

  const bad: [string, string][] = [
    ['limits.max_frame', '1XB'],
    ['limits.max_frame', '-1'],
    ['limits.max_frame', '10B'],
    ['limits.max_frame', '1e3'],
    ['limits.max_connections', '0'],
    ['limits.max_connections', '1.5'],
    ['limits.max_connections', ' 5'],
    ['limits.max_connections', '0x10'],
    ['server.drain', '10'],
    ['server.drain', '2h'],
    ['jive.ping_interval', '50ms'],
    ['jive.anonymous', 'yes'],
    ['internal', '9090'],
    ['internal', '127.0.0.1:70000'],
    ['data.dir', ''],
    ['auth.secret', ''],
    ['auth.secret', secret.slice(1)],
    ['auth.secrets', `a=${secret} b=short`],
    ['auth.secrets', `a b=${secret}`],
    ['auth.jwks_url', 'id.example/jwks'],
    ['limits.trusted_proxies', '10.0.0.0/33'],
    ['limits.origins', 'https://App.example'],
    ['limits.origins', 'https://app.example:443'],
    ['limits.origins', 'https://app.example/path'],
    ['limits.origins', 'app.example'],
    ['limits.origins', 'https://a.example/path'],
    ['server_key', 'with space'],
    ['log.format', 'xml'],
    ['tls.cert', '/etc/cert.pem'],
    ['systems', 'dcs jvie'],
    ['systems', ''],
    ['dcs.channel_ttl', '0s'],
    ['locallife.wechat_pay.api_v3_key', 'k'.repeat(31)],
    ['locallife.wechat_pay.mch_id', 'mch'],
    ['locallife.wechat_pay.public_keys', 'A1=key'],
    ['locallife.wechat_pay.public_key', '-----BEGIN PUBLIC KEY-----AAAA-----END PUBLIC KEY-----'],
    ['locallife.wechat.base_url', 'api.weixin.qq.com'],
    ['locallife.token_secret', 'short'],
    ['crash.rtp', '97'],
    ['crash.rtp', '0.49'],
    ['crash.curve', 'exp:0'],
    ['crash.curve', 'exp:0.0'],
    ['crash.curve', 'exp:0.9'],
    ['crash.curve', 'power:1:0.5'],
    ['crash.curve', 'line:1'],
    ['crash.max_multiplier', '100000000.00'],
    ['crash.max_bet', '1e3'],
    ['crash.max_bet', '1.001'],
    ['crash.max_bet', '0.00'],
    ['crash.min_bet', '0.00'],
    ['crash.max_profit', '1.00'],
    ['crash.max_multiplier', '1.00'],
    ['crash.max_exposure', '10000000000000.00'],
    ['limits.subscriptions', '5'],
    ['crash.rates', 'bet=5 fly=2'],
    ['crash.rates', 'bet=0'],
    ['crash.scenario', 'slow'],
    ['crash.scenario', 'fixed:0.99'],
    ['crash.scenario', 'fixed:1.5'],
    ['crash.scenario', 'latency:10ms±20ms'],
    ['pledge.symbols', 'plgr-usdt'],
    ['pledge.symbols', Array.from({ length: 301 }, (_, n) => `A${n}-USDT`).join(' ')],
  ]
  test.each(bad)(
    '%s = %p is refused, and the message names where it came from',
    async (path, text) => {
      const [fault = '', ...more] = await faults({ env: { [variableOf(path)]: text } })
      expect(fault).toStartWith(path)
      expect(fault).toEndWith(`(environment ${variableOf(path)})`)
      expect(more).toEqual([])
    },
  )

  test('a duration as a number is refused, because nobody can tell its unit', async () => {
    expect(await faults({ file: file('[server]\ndrain = 10\n') })).toHaveLength(1)
  })

  test('keys by name are PEM text in the file, and files by name in the environment', async () => {
    const pem = String(rsa.publicKey.export({ type: 'spki', format: 'pem' })).trim()
    const path = file(`[locallife.wechat_pay.public_keys]\nA1 = '''${pem}'''\n`)
    const { config } = await load({ file: path })
    expect(config.locallife.wechat_pay.public_keys).toEqual({ A1: pem })
    const env = { FANFARE_LOCALLIFE_WECHAT_PAY_PUBLIC_KEYS: `B2=file:${file(`${pem}\n`)}` }
    expect((await load({ env })).config.locallife.wechat_pay.public_keys).toEqual({ B2: pem })
  })

  test.each([
    ['an EC key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey],
    ['a short one', generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
  ])('%s checks no signature of WeChat Pay, which is told at once', async (_, key) => {
    const env = {
      FANFARE_LOCALLIFE_WECHAT_PAY_SERIAL: 'A1',
      FANFARE_LOCALLIFE_WECHAT_PAY_PUBLIC_KEY: String(key.export({ type: 'spki', format: 'pem' })),
    }
    const [fault] = await faults({ env })
    expect(fault).toStartWith('locallife.wechat_pay.public_key: Expected an RSA public key')
  })

  test('a private key in place of a public one is told, and not shown', async () => {
    const pem = String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    const path = file(`[locallife.wechat_pay.public_keys]\nA1 = '''${pem}'''\n`)
    const [fault = ''] = await faults({ file: path })
    expect(fault).toStartWith('locallife.wechat_pay.public_keys.A1: Expected an RSA public key')
    expect(fault).not.toContain(pem.split('\n')[1]!)
  })

  test('settings that only fail together are told, with the place of the one that was written', async () => {
    const path = file('[jive]\nping_interval = "60s"\n')
    expect(await faults({ file: path })).toEqual([
      `jive.timeout: Expected more than jive.ping_interval (${path}:2:1)`,
    ])
    const [silence] = await faults({ env: { FANFARE_LOCALLIFE_TIMEOUT: '54s' } })
    expect(silence).toStartWith('locallife.timeout: Expected more than locallife.ping_interval')
    const [nameless] = await faults({
      env: {
        FANFARE_LOCALLIFE_WECHAT_PAY_PUBLIC_KEY: String(
          rsa.publicKey.export({ type: 'spki', format: 'pem' }),
        ),
      },
    })
    expect(nameless).toContain('Expected locallife.wechat_pay.serial beside it')
    const [fault] = await faults({ env: { FANFARE_TLS_CERT: '-----BEGIN CERTIFICATE-----' } })
    expect(fault).toStartWith('tls.cert: Expected tls.key beside it')
  })
})

describe('secrets', () => {
  test('file:/path stands for the contents of that file without the newline at its end', async () => {
    const path = file(`${secret}\n`, 'secret')
    const text = `[auth]\nsecret = "file:${path}"\n[auth.secrets]\nold = "file:${path}"\n`
    const { config, origins } = await load({ file: file(text) })
    expect(config.auth.secret).toBe(secret)
    expect(config.auth.secrets).toEqual({ old: secret })
    expect(origins.get('auth.secret')?.raw).toBe(`file:${path}`)
  })

  test('a file that cannot be read is a fault at the place that names it', async () => {
    const path = file('[auth.secrets]\nold = "file:/nowhere"\n')
    expect(await faults({ file: path })).toEqual([
      `auth.secrets.old: Cannot read "/nowhere" (ENOENT) (${path}:2:1)`,
    ])
  })

  test('no secret is in the origins or in a fault, since both are printed', async () => {
    const env = { FANFARE_AUTH_SECRET: secret, FANFARE_SERVER_KEY: 'my key' }
    expect((await faults({ env })).join()).not.toContain('my key')
    const { origins } = await load({ env: { ...env, FANFARE_SERVER_KEY: 'the-key' } })
    expect(JSON.stringify([...origins])).not.toMatch(/the-key|0123456789/)
    expect(origins.get('auth.secret')?.raw).toBe('***')
  })
})
