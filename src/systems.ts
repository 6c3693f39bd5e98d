import type { Config } from './config.ts'
import type { AnySystem } from './server.ts'
import { dcsPartners } from './storage/sqlite/dcs.ts'
import type { Thread } from './storage/sqlite/procedure.ts'
import { jiveBooks } from './storage/sqlite/jive.ts'
import { locallifeInbox } from './storage/sqlite/locallife-inbox.ts'
import { locallifeOrders } from './storage/sqlite/locallife-orders.ts'
import { locallifePeople } from './storage/sqlite/locallife-people.ts'
import { signFor } from './signing.ts'
import type { Host } from './system.ts'
import { dcs } from './systems/dcs/dcs.ts'
import { jive } from './systems/jive/jive.ts'
import { locallife } from './systems/locallife/locallife.ts'
import { kucoin } from './systems/pledge/kucoin.ts'
import { pledge } from './systems/pledge/pledge.ts'

/** Makes the systems of a server from what they are given. */
export type Plug = (host: Host, thread: Thread, config: Config) => readonly AnySystem[]

/** Every system there is. */
export const allSystems: Plug = (host, thread, config) =>
  [plugDcs, plugJive, plugLocallife, plugPledge]
    .map((plug) => plug(host, thread, config))
    .filter(({ name }) => config.systems.includes(name as never))

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
