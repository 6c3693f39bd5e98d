/** The round that runs; money in minor units of `currency`. Its crash point is in no answer before it has crashed. */
export interface CrashGlance {
  /** Empty before the first one. */
  readonly round: string
  readonly phase: 'betting' | 'flying' | 'waiting'
  /** In hundredths, what everybody sees. */
  readonly multiplier: number
  readonly players: number
  readonly staked: number
  /** The most that all bets of the round can win beyond their stakes. */
  readonly exposure: number
  readonly mostExposure: number
  readonly currency: string
  readonly decimals: number
  /** Why no round begins; null where they do. */
  readonly idle: string | null
}

/** What crash has paid back, over the newest rounds that ended and had stakes; ratios: 0.97 is 97 %. */
export interface CrashFigures {
  readonly glance: CrashGlance
  readonly rounds: number
  /** Minor units. */
  readonly staked: number
  readonly paid: number
  /** Paid by staked; null where nothing was staked. */
  readonly rtp: number | null
  /** 95 % confidence; null with fewer than two rounds. */
  readonly interval: readonly [low: number, high: number] | null
  /** What the chain in play promises; null while there is none. */
  readonly promised: number | null
}

/** The audit of crash's books: the last one, or the one that runs; times in epoch ms. */
export type AuditState =
  | { readonly state: 'never' }
  | { readonly state: 'running'; readonly startedAt: number; readonly by: string }
  | {
      readonly state: 'done'
      readonly startedAt: number
      readonly endedAt: number
      readonly by: string
      readonly ok: boolean
      readonly rounds: number
      readonly bets: number
      readonly transfers: number
      /** The first 100. */
      readonly faults: readonly { readonly row: string; readonly fault: string }[]
      readonly faultCount: number
    }
  | {
      readonly state: 'failed'
      readonly startedAt: number
      readonly endedAt: number
      readonly by: string
      readonly reason: string
    }

/** From the most talkative to the quietest. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

/** One line of the log. */
export interface LogLine {
  readonly at: number
  readonly level: LogLevel
  readonly event: string
  readonly fields: Readonly<Record<string, string | number | boolean | null>>
  /** Of what was thrown. */
  readonly error?: string
  readonly stack?: string
}

/** Every setting, in the order of the schema; a secret only as its `file:` or `***`. */
export interface ConfigValues {
  readonly values: readonly {
    readonly path: string
    /** As it was written; null where it is not set. */
    readonly value: unknown
    /** `default`, `development`, `fanfare.toml:3:1`, `environment FANFARE_LISTEN`, `flag --listen`. */
    readonly origin: string
    readonly description: string
  }[]
}

/** Why a step of a delivery has its answer, by name, and what that speaks of. Names are for programs and stay; the sentences in English beside them may change. */
export interface Reasons {
  readonly recorded: { readonly version: number; readonly channel: string }
  readonly version_not_kept: { readonly version: number; readonly channel: string }
  readonly id_not_kept: { readonly id: string }
  /** Ids of the connections that were there. */
  readonly connected: { readonly user: string; readonly connections: readonly string[] }
  readonly closed_not_known: {}
  /** How many came later. */
  readonly not_connected: { readonly user: string; readonly later: number }
  readonly nobody_to_ask: {}
  readonly not_listening: { readonly channel: string }
  readonly not_listening_now: { readonly channel: string }
  /** How many of the connections listen. */
  readonly always_listening: Listening
  readonly listening_now: Listening
  readonly told_live: {}
  readonly told_if_listening: {}
  readonly told_if_arrived: {}
  readonly past_not_kept: { readonly system: string; readonly later: number }
  readonly nobody_known: {}
  readonly nobody_there: {}
  readonly told_again: { readonly user: string; readonly times: number }
  readonly got_by_acknowledging: {}
  readonly no_acknowledgements: { readonly system: string }
  readonly not_in_inbox: { readonly user: string }
  readonly not_told_again_yet: {}
  readonly waits: { readonly times: number }
  readonly acknowledged_or_dropped: {}
  readonly acknowledged: { readonly user: string }
  readonly no_message: {}
}

interface Listening {
  readonly user: string
  readonly channel: string
  readonly listening: number
}
