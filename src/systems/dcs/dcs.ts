import { Hono } from 'hono'
import * as v from 'valibot'
import { command } from '../../core/protocol.ts'
import type { Host, System } from '../../system.ts'
import { adminRoutes } from './admin.ts'
import { channelKinds } from './channels.ts'
import { codec, ignored } from './codec.ts'
import { dapiRoutes } from './dapi.ts'
import { refused } from './envelope.ts'
import { listeningOf } from './listening.ts'
import type { Partners } from './partners.ts'
import { authenticate, type Session } from './session.ts'

/** What this system is set up with; times in ms. */
export interface DcsOptions {
  readonly partners: Partners
  /** Life of a listen channel (D3). */
  readonly channelTtl: number
  /** What an earlier channel has left once a new one is fetched; 0 ends it at once (D7). */
  readonly rotationGrace: number
  /** Silence after which a client is closed with 4408; it is pinged three times in it. */
  readonly timeout: number
  /** Whose forwarded addresses are believed. */
  readonly trustedProxies: readonly string[]
}

/** Private, expiring channels: tells each partner, and nobody else, what happens to its users (D1–D21). */
export function dcs(host: Host, options: DcsOptions): System<Session> {
  const { hub, clock, limiter, log, authorize } = host
  const { partners, timeout } = options
  const { commandsPerSecond } = host.limits
  const rate = { perSecond: commandsPerSecond, burst: 2 * commandsPerSecond }
  const channels = hub.channels('dcs')
  const { opened, review, closed } = listeningOf({ partners, channels, clock })
  const routes = new Hono()
  let stopping = false
  const isStopping = () => stopping
  routes.route('/', dapiRoutes({ ...options, channels, clock, limiter, log, rate, isStopping }))
  routes.route('/', adminRoutes({ partners, channels, clock, authorize }))
  return {
    name: 'dcs',
    paths: { shared: ['/ws/:channel'], own: [] },
    codec,
    heartbeat: {
      timeout,
      counts: 'any',
      ping: { interval: timeout / 3, send: (connection) => connection.ping() },
    },
    rates: { other: rate },
    commands: new Map([[ignored, command(v.unknown(), {}, () => undefined)]]),
    authenticate: (handshake) => authenticate(handshake, { partners, channels, clock }),
    opened,
    review,
    closed,
    refused,
    expired: 'gone',
    channels: channelKinds(partners),
    routes,
    drain: async () => void (stopping = true),
  }
}
