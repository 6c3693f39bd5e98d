import type { Clock } from '../core/clock.ts'
import type { Hub } from '../core/hub.ts'
import type { Authorize, FindCaller } from '../core/keys.ts'
import type { Limiter } from '../core/limiter.ts'
import type { Log } from '../core/log.ts'
import type { Metrics } from '../core/metrics.ts'
import type { Partings } from '../core/partings.ts'
import type { Registry } from '../core/registry.ts'
import type { Sessions } from '../core/sessions.ts'
import type { Store } from '../core/store.ts'
import type { JsonSchema } from '../pages/console/api.ts'
import type { ConfigValues } from '../pages/console/reports.ts'
import type { Check, System } from '../system.ts'

/** What the console looks at and works with. */
export interface ConsoleParts {
  readonly systems: readonly System<any>[]
  readonly registry: Registry
  readonly partings: Partings
  readonly hub: Hub
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly limiter: Limiter
  readonly sessions: Sessions
  readonly authorize: Authorize
  readonly findCaller: FindCaller
  readonly checks: () => Readonly<Record<string, Check>>
  readonly version: string
  /** Whose forwarded addresses are believed. */
  readonly trustedProxies: readonly string[]
  /** Rows that may wait for the disk. */
  readonly mostWaiting: number
  readonly configuration: () => ConfigValues
  /** By system and type, the shapes of what backends publish. */
  readonly schemas: () => Promise<Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>>
  /** Null where locallife does not run. */
  readonly inbox: Inbox | null
  /** Null where crash does not run. */
  readonly books: Books | null
}

/** The inboxes whose notices are acknowledged. */
export interface Inbox {
  readonly system: string
  /** What waits longer than that is dropped, ms, and what has so many newer ones after it. */
  readonly keptMs: number
  readonly keptNewest: number
  /** How often a notice that waits was told again; null when it does not wait. */
  pending(user: string, id: string): Promise<{ readonly attempts: number } | null>
}

/** The books of crash. */
export interface Books {
  /** Newest first, from before `before`; money in minor units. */
  rounds(
    before: number | null,
    limit: number,
  ): Promise<
    readonly {
      readonly round: number
      readonly status: string
      readonly staked: number
      readonly paid: number
    }[]
  >
  /** Starts an audit beside everything else. */
  audit(): { readonly found: Promise<Found>; end(): void }
}

/** What an audit has found. */
export interface Found {
  readonly faults: readonly { readonly row: string; readonly fault: string }[]
  readonly rounds: number
  readonly bets: number
  readonly transfers: number
}
