import type { Chains, Terms } from './chains.ts'
import type { Ledger } from './ledger.ts'
import type { SaltKind } from './salt-source.ts'
import type { Limits } from './stakes.ts'
import type { TestParts } from './test-routes.ts'

/** What is played instead of chance, or beside it (K31). */
export type Scenario =
  | { readonly kind: 'fast' }
  /** Crash points in hundredths, one after another and again from the first. */
  | { readonly kind: 'fixed'; readonly points: readonly number[] }
  | { readonly kind: 'players'; readonly count: number }
  /** In ms. */
  | { readonly kind: 'latency'; readonly delay: number; readonly jitter: number }

/** What this system is set up with; times in ms, money in minor units. */
export interface CrashOptions {
  readonly ledger: Ledger
  readonly chains: Chains
  /** What the next chain is promised with, and how many rounds it has. */
  readonly terms: Omit<Terms, 'saltSource'>
  readonly chainLength: number
  readonly saltSource: SaltKind
  readonly drandUrl: string
  readonly currency: string
  readonly limits: Limits
  readonly times: {
    readonly betting: number
    readonly waiting: number
    /** Between two multipliers told in flight. */
    readonly tick: number
    /** Silence after which a connection is closed with 4408. */
    readonly timeout: number
    /** How long the repeat of a money command gets its first answer (R30). */
    readonly window: number
  }
  /** Commands of one player in a second, by name of the rate (K24). */
  readonly rates: Readonly<Record<string, number>>
  readonly onDisconnect: 'keep' | 'cash_out'
  readonly scenario: Scenario | null
  /** Play money of a new player: 0 where money is real. */
  readonly grant: number
  readonly maxSpectatorsPerIp: number
  /** Spectators of this machine are not counted. */
  readonly dev: boolean
  readonly trustedProxies: readonly string[]
  /** Signs tokens for whoever asks; null outside of development. */
  readonly sign: TestParts['sign'] | null
  /** Chance, from 0 up to but not 1; never that of a round. */
  readonly random: () => number
  /** What the names of anonymous players are made with. */
  readonly secret: Uint8Array
}
