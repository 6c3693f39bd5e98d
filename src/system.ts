import type { Hono } from 'hono'
import type { GenericSchema } from 'valibot'
import type { Verify } from './core/auth.ts'
import type { Clock } from './core/clock.ts'
import type { Gateway } from './core/gateway.ts'
import type { Hub } from './core/hub.ts'
import type { Authorize } from './core/keys.ts'
import type { Limiter } from './core/limiter.ts'
import type { Log } from './core/log.ts'
import type { Metrics } from './core/metrics.ts'
import type { MaybePromise, Protocol } from './core/protocol.ts'
import type { Store } from './core/store.ts'

/** What a system is given. */
export interface Host {
  readonly hub: Hub
  readonly store: Store
  readonly clock: Clock
  readonly verify: Verify
  /** Finds who calls with a server key. */
  readonly authorize: Authorize
  /** For the rates of HTTP routes; commands of sockets are limited before they get here. */
  readonly limiter: Limiter
  /** Resolves once every frame that came to a system before an instant is done (`gateway.settled`). */
  readonly settled: Gateway['settled']
  readonly log: Log
  readonly metrics: Metrics
  readonly limits: { readonly subscriptions: number; readonly commandsPerSecond: number }
}

/** One type of message of a kind of channel. */
export interface EventType {
  /** Shape of its data as a backend publishes it. */
  readonly schema: GenericSchema
  /** Writes the parsed data as the JSON text clients get; `JSON.stringify` when absent. */
  readonly encode?: (data: never) => string
}

/** What may be published to channels of a kind (`family` of `family:f1`, or the whole name). */
export interface ChannelKind {
  readonly events: Readonly<Record<string, EventType>>
  /** Whether backends may publish here; otherwise 403. */
  readonly publish: boolean
  /** Whether the named channel exists; absent: every well-formed one does. */
  readonly exists?: (name: string) => MaybePromise<boolean>
  /** The further channels (names like its own) in which a publish to the named one is recorded too; null when it does not exist. */
  readonly expand?: (name: string) => MaybePromise<readonly string[] | null>
  /** Whether what stands behind the colon of the name is a user whose connections listen to the channel from their opening to their end. */
  readonly owned?: true
  /** Whether a publish must say whose user it is about (`externalUserId`, kept as the message's `meta`); otherwise it may not. */
  readonly externalUser?: true
}

/** One thing that has to work before traffic should come: null, or why it does not work; `tolerated`: that is told and keeps nobody away. */
export type Check = () => MaybePromise<string | null | { readonly tolerated: string }>

/** A protocol with its channels, HTTP routes and background work: all that the server plugs in. */
export interface System<Session = never> extends Protocol<Session> {
  readonly channels: Readonly<Record<string, ChannelKind>>
  /** Keys whose numbers reach the event schemas as their literal text, so that money is judged by what was written. */
  readonly literalNumbers?: readonly string[]
  readonly routes?: Hono
  /** What people who look after the server are shown of it, as plain JSON and nothing that is still to be a secret; made when asked for. */
  readonly glance?: () => unknown
  /** What /readyz tells of it, by name. */
  readonly checks?: Readonly<Record<string, Check>>
  start?(): Promise<void>
  /** The server is to stop: ends what has begun while connections still hear of it, at most `ms` long. `stop` follows. */
  drain?(ms: number): Promise<void>
  stop?(): Promise<void>
}
