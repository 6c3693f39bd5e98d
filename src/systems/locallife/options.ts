import type { Host } from '../../system.ts'
import type { Channels } from '../../core/hub.ts'
import type { Rate } from '../../core/limiter.ts'
import type { Inbox } from './inbox.ts'
import type { Orders } from './orders.ts'
import type { People } from './people.ts'

/** What this system is set up with; times in ms. */
export interface LocallifeOptions {
  readonly people: People
  readonly inbox: Inbox
  readonly orders: Orders
  readonly times: {
    /** Between two WebSocket pings to a client (L14). */
    readonly pingInterval: number
    /** Silence after which a client is closed with 4408 (L15). */
    readonly timeout: number
    /** Until a notice without acknowledgement is told again (L12). */
    readonly redeliverAfter: number
    /** How long a notice waits for its acknowledgement (L12). */
    readonly noticeTtl: number
    /** Until an unpaid order expires. */
    readonly paymentDeadline: number
    /** Life of a token from wechat-login. */
    readonly tokenTtl: number
  }
  /** How often a notice is told again while somebody listens (L12). */
  readonly redeliverTimes: number
  /** A JSON ping beside each WebSocket ping (L16). */
  readonly jsonPing: boolean
  /** Signs a token of `tokenTtl` for a user; null where no secret is configured. */
  readonly sign: (user: string) => Promise<string> | null
  /** Addresses and ranges whose forwarded headers are believed. */
  readonly trustedProxies: readonly string[]
  /** The mini-program at WeChat; what is absent is not configured. */
  readonly wechat: {
    readonly baseUrl: string
    readonly appId?: string | undefined
    readonly appSecret?: string | undefined
  }
  /** The merchant at WeChat Pay; keys are PEM texts, `publicKeys` has them by serial. */
  readonly pay: {
    readonly mchId?: string | undefined
    readonly apiV3Key?: string | undefined
    readonly publicKey?: string | undefined
    readonly serial?: string | undefined
    readonly publicKeys: Readonly<Record<string, string>>
  }
}

/** What the parts of this system work with: what it was given, its channels, and how often one user may ask over HTTP. */
export interface LocallifeParts
  extends
    LocallifeOptions,
    Pick<Host, 'clock' | 'verify' | 'authorize' | 'limiter' | 'log' | 'metrics'> {
  readonly channels: Channels
  readonly rate: Rate
}
