import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hashKey } from '../../src/core/keys.ts'
import { scopes, type Scope } from '../../src/core/store.ts'
import { createKey } from '../../src/storage/sqlite/keys.ts'
import { openBeside } from '../../src/storage/sqlite/open.ts'
import { apiV3Key, appId, mchId } from '../simulators/merchant.ts'
import { startWechat, type Wechat } from '../simulators/wechat.ts'
import { openHouse, type House } from './house.ts'

const merchant = { appId, appSecret: 'app-secret-of-guards-only', mchId, apiV3Key }

/** A server at which everything is configured that can be asked for over HTTP, and what it talks to beside it. */
export interface Premises {
  /** Of the listener that serves everything. */
  readonly url: string
  /** Of the listeners that serve one system alone, and of that for operators. */
  readonly door: House['url']
  readonly call: House['call']
  readonly token: House['token']
  /** A server key for each scope alone. */
  readonly keys: Readonly<Record<Scope, string>>
  readonly wechat: Wechat
  /** Signs tokens that the server checks with a public key; its kid is `guards`. */
  readonly issuer: { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
  /** What must not be in a log. */
  readonly secrets: House['secrets']
  /** Fails unless the process lives, has logged no error, and every bystander has everything in order, each once. */
  unharmed(): Promise<void>
  /** Bytes of memory the process holds. */
  memory(): Promise<number>
  /** How many lines of the log hold this text. */
  logged: House['logged']
  /** Ends it; fails unless it was unharmed. */
  close(): Promise<void>
}

/** Starts the server as a process in production mode, with bystanders on every system. */
export async function openPremises(): Promise<Premises> {
  const folder = mkdtempSync(join(tmpdir(), 'fanfare-premises-'))
  const dir = join(folder, 'data')
  const wechat = await startWechat(merchant)
  const issuer = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keySet = show(issuer.publicKey)
  const house = await openHouse({
    ...settingsOf(wechat),
    DATA_DIR: dir,
    AUTH_JWKS_URL: keySet.url.href,
  })
  const keys = makeKeys(dir)
  for (const one of [...Object.values(keys), merchant.appSecret, merchant.apiV3Key]) {
    house.secrets.add(one)
  }
  const { call, token, unharmed, logged, secrets } = house
  return {
    ...{ call, token, keys, wechat, issuer, unharmed, logged, secrets },
    url: house.url(),
    door: house.url,
    async memory() {
      const text = await house.metrics()
      return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1])
    },
    async close() {
      try {
        await house.close()
      } finally {
        await Promise.all([wechat.stop(), keySet.stop(true)])
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
      }
    },
  }
}

function settingsOf(wechat: Wechat): Record<string, string> {
  return {
    // Each request may say where it comes from, so that the rates of addresses do not add up.
    LIMITS_TRUSTED_PROXIES: 'loopback',
    LIMITS_COMMANDS_PER_SECOND: '100000',
    LOG_LEVEL: 'trace',
    SERVER_DRAIN: '1s',
    LOCALLIFE_WECHAT_BASE_URL: wechat.url,
    LOCALLIFE_WECHAT_APP_ID: merchant.appId,
    LOCALLIFE_WECHAT_APP_SECRET: merchant.appSecret,
    LOCALLIFE_WECHAT_PAY_MCH_ID: merchant.mchId,
    LOCALLIFE_WECHAT_PAY_API_V3_KEY: merchant.apiV3Key,
    LOCALLIFE_WECHAT_PAY_PUBLIC_KEY: wechat.publicKey,
    LOCALLIFE_WECHAT_PAY_SERIAL: wechat.serial,
  }
}

/** The public key as an issuer of tokens shows it. */
function show(key: KeyObject) {
  const keys = [{ ...key.export({ format: 'jwk' }), kid: 'guards', alg: 'RS256', use: 'sig' }]
  return Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => Response.json({ keys }) })
}

/** As `fanfare key create` does it, beside the running server. */
function makeKeys(dir: string): Record<Scope, string> {
  using db = openBeside(dir)
  const made = scopes.map((scope) => {
    const key = `fk_guards-only-${scope}-0123456789`
    createKey(db, { name: scope, hash: hashKey(key), scopes: [scope], createdAt: Date.now() })
    return [scope, key]
  })
  return Object.fromEntries(made)
}
