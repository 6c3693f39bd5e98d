import { randomBytes } from 'node:crypto'
import type { Config } from './config.ts'
import { systemNames } from './config/listen.ts'
import { parseAmount } from './core/money.ts'
import type { AnySystem } from './server.ts'
import { crashChains } from './storage/sqlite/crash-chains.ts'
import { crashLedger } from './storage/sqlite/crash.ts'
import { dcsPartners } from './storage/sqlite/dcs.ts'
import type { Thread } from './storage/sqlite/procedure.ts'
import { jiveBooks } from './storage/sqlite/jive.ts'
import { locallifeInbox } from './storage/sqlite/locallife-inbox.ts'
import { locallifeOrders } from './storage/sqlite/locallife-orders.ts'
import { locallifePeople } from './storage/sqlite/locallife-people.ts'
import { signFor } from './signing.ts'
import type { Host } from './system.ts'
import { crash } from './systems/crash/crash.ts'
import { dcs } from './systems/dcs/dcs.ts'
import { jive } from './systems/jive/jive.ts'
import { locallife } from './systems/locallife/locallife.ts'
import { kucoin } from './systems/pledge/kucoin.ts'
import { pledge } from './systems/pledge/pledge.ts'

/** Makes the systems of a server from what they are given. */
export type Plug = (host: Host, thread: Thread, config: Config) => readonly AnySystem[]

/** Every system there is. */
export const allSystems: Plug = (host, thread, config) =>
  systemNames
    .filter((name) => config.systems.includes(name))
    .map((name) => ({
      ...plugs[name](host, thread, config),
      compression: config[name].compression,
    }))

const plugDcs = (host: Host, thread: Thread, config: Config): AnySystem =>
  dcs(host, {
    partners: dcsPartners(thread),
    channelTtl: config.dcs.channel_ttl,
    rotationGrace: config.dcs.rotation_grace,
    timeout: config.dcs.timeout,
    trustedProxies: config.limits.trusted_proxies,
  })

const plugJive = (host: Host, thread: Thread, config: Config): AnySystem =>
  jive(host, {
    books: jiveBooks(thread),
    pingInterval: config.jive.ping_interval,
    timeout: config.jive.timeout,
    anonymous: config.jive.anonymous,
  })

const plugLocallife = (host: Host, thread: Thread, config: Config): AnySystem => {
  const { wechat, wechat_pay: pay, ...own } = config.locallife
  const tokenTtl = Math.min(own.token_ttl, config.auth.max_span)
  return locallife(host, {
    people: locallifePeople(thread),
    inbox: locallifeInbox(thread),
    orders: locallifeOrders(thread),
    times: {
      pingInterval: own.ping_interval,
      timeout: own.timeout,
      redeliverAfter: own.redeliver_after,
      noticeTtl: own.notice_ttl,
      paymentDeadline: own.payment_deadline,
      tokenTtl,
    },
    redeliverTimes: own.redeliver_times,
    jsonPing: own.json_ping,
    sign: (user) => signFor(config, 'locallife', { sub: user, ttl: tokenTtl }, host.clock),
    trustedProxies: config.limits.trusted_proxies,
    wechat: { baseUrl: wechat.base_url, appId: wechat.app_id, appSecret: wechat.app_secret },
    pay: {
      mchId: pay.mch_id,
      apiV3Key: pay.api_v3_key,
      publicKey: pay.public_key,
      serial: pay.serial,
      publicKeys: pay.public_keys,
    },
  })
}

const plugPledge = (host: Host, _: Thread, config: Config): AnySystem => {
  const { symbols, upstream_url: url, timeout, stale_after: staleAfter, required } = config.pledge
  const random = Math.random
  return pledge(host, {
    ...{ symbols, timeout, staleAfter, required, random },
    exchange: url === '' ? null : kucoin({ url, clock: host.clock, random }),
    trustedProxies: config.limits.trusted_proxies,
  })
}

const plugCrash = (host: Host, thread: Thread, config: Config): AnySystem => {
  const { crash: own, limits, dev } = config
  const { decimals, rates } = own
  const minor = (text: string) => parseAmount(text, { decimals, zero: true })
  const cap = parseAmount(own.max_multiplier, { decimals: 2 })
  return crash(host, {
    ledger: crashLedger(thread),
    chains: crashChains(thread),
    terms: { rtpBps: parseAmount(own.rtp, { decimals: 4 }), curve: own.curve, cap },
    chainLength: own.chain_length,
    saltSource: own.salt_source,
    drandUrl: own.drand_url,
    currency: own.currency,
    limits: {
      minBet: minor(own.min_bet),
      maxBet: minor(own.max_bet),
      maxProfit: minor(own.max_profit),
      maxExposure: minor(own.max_exposure),
      maxMultiplier: cap,
      decimals,
    },
    times: {
      betting: own.betting,
      waiting: own.waiting,
      tick: own.tick,
      timeout: own.timeout,
      window: own.idempotency_window,
    },
    rates,
    onDisconnect: own.on_disconnect,
    scenario: own.scenario ?? null,
    // Where nobody's money is at stake, a new player has some to play with.
    grant: dev ? minor('10000') : 0,
    maxSpectatorsPerIp: limits.max_spectators_per_ip,
    dev,
    trustedProxies: limits.trusted_proxies,
    sign: dev
      ? (sub, ttl, claims) => signFor(config, 'crash', { sub, ttl, claims }, host.clock)
      : null,
    random: Math.random,
    secret: randomBytes(32),
  })
}

const plugs: Readonly<
  Record<(typeof systemNames)[number], (...given: Parameters<Plug>) => AnySystem>
> = { dcs: plugDcs, jive: plugJive, locallife: plugLocallife, pledge: plugPledge, crash: plugCrash }
