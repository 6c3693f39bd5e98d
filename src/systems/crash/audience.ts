import type { Win } from './ledger.ts'

/** The phases that clients know (K3). */
export type Phase = 'betting' | 'flying' | 'waiting'

/** Who plays, as others see it. */
export interface Person {
  readonly account: number
  readonly playerId: string
  readonly nickname: string
  readonly avatar: string
  readonly isAnonymous: boolean
}

/** A bet as others see it; `multiplier` in hundredths and `payout` once it is cashed out. */
export interface ShownBet {
  readonly slot: number
  readonly amount: number
  readonly status: 'pending' | 'active' | 'cashed_out' | 'lost'
  readonly target: number | null
  readonly multiplier: number | null
  readonly payout: number | null
}

/** A player of the round with its bets. */
export interface Seat {
  readonly person: Person
  readonly bets: readonly ShownBet[]
}

/** What happened to a player (K16, R12). */
export type PlayerAction = 'BET_PLACED' | 'BET_CANCELLED' | 'CASHED_OUT' | 'LEFT'

/** One change of one player; the newest of a tick. */
export interface PlayerChange {
  readonly action: PlayerAction
  readonly seat: Seat
}

/** The sums of the round as it stands: stakes in minor units. */
export interface Totals {
  readonly players: number
  readonly staked: number
}

/** A phase has begun; `duration` in ms, null while flying (R8). */
export interface PhaseChange {
  readonly round: number
  readonly phase: Phase
  readonly duration: number | null
}

/** How a round came out (K17): times in ms, `flown` is the computed instant. */
export interface RoundResult {
  readonly round: number
  readonly crash: number
  readonly flown: number
  readonly hash: string | null
  readonly index: number | null
  readonly winners: readonly {
    readonly person: Person
    readonly win: Omit<Win, 'account' | 'balance'>
  }[]
  readonly losers: readonly {
    readonly person: Person
    readonly slot: number
    readonly amount: number
  }[]
  readonly staked: number
  readonly paid: number
  readonly nextRoundIn: number
}

/** Statistics of the last 24 hours (K20); multipliers in hundredths. */
export interface Stats {
  readonly rounds: number
  /** Rounded half up; 0 without a round, like the next two. */
  readonly average: number
  readonly most: number
  readonly least: number
  readonly staked: number
  readonly paid: number
  /** Consecutive rounds from the newest on, below 2.00 and above 10.00 (R24). */
  readonly below2x: number
  readonly above10x: number
  /** Newest first, at most ten. */
  readonly recent: readonly number[]
}

/** Whom the game tells what happens; all of it is fleeting, and in this order on every socket. */
export interface Audience {
  phase(change: PhaseChange): void
  /** `multiplier` in hundredths at `elapsed` whole ms of flight. */
  tick(multiplier: number, elapsed: number): void
  players(changes: readonly PlayerChange[], totals: Totals): void
  ended(result: RoundResult): void
  stats(stats: Stats): void
  /** A player's balance has changed by something else than the answer to its own command. */
  balance(
    playerId: string,
    change: { readonly balance: number; readonly amount: number; readonly reason: string },
  ): void
  /** What the round came to for one player, after `ended`. */
  own(playerId: string, result: OwnResult): void
}

/** A player's own results of a round (R26). */
export interface OwnResult {
  readonly round: number
  readonly crash: number
  readonly bets: readonly ShownBet[]
}
