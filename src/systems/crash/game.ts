import type { Phase, Person, Seat, ShownBet, Stats, Totals } from './audience.ts'
import type { CashedOut, Cancelled, Placed, Stake } from './ledger.ts'

/** What a client asks for, with the id that makes its repeat harmless and its arrival (monotonic ms), which decides. */
export interface Wish {
  readonly person: Person
  readonly key: string
  /** What it asks for, the same text for equal wishes. */
  readonly body: string
  readonly receivedAt: number
}

/** The game as it stands now (K12): multiplier in hundredths, times in ms. */
export interface GameState {
  /** 0 before the first round. */
  readonly round: number
  readonly phase: Phase
  readonly multiplier: number
  readonly elapsed: number
  /** Null while flying. */
  readonly remaining: number | null
  readonly totals: Totals
  /** The seats of the round in order of their first bets. */
  readonly seats: Iterable<Seat>
  /** Rises whenever a seat changes: what was encoded for it may be used again. */
  readonly revision: number
}

/** The game: rounds one after another, judged by when a frame arrived and never by when it is worked on. */
export interface Game {
  /** Refuses in this order: phase, what `read` refuses (slots, then amounts), limits, balance. `nextRound`: they wait for the next round. */
  place(wish: Wish, read: () => readonly Stake[], nextRound: boolean): Promise<Placed>
  /** `slot` 0: all (K13). */
  cancel(wish: Wish, slot: number): Promise<Cancelled>
  /** `slot` null: the only active one (R4). */
  cashOut(wish: Wish, slot: number | null, all: boolean): Promise<CashedOut>
  state(): GameState
  /** The bets of a player that count now: those of the round and those that wait for the next. */
  betsOf(account: number): readonly ShownBet[]
  /** A player has a socket, the first or another one: nobody is told that it left (R29). */
  joined(account: number): void
  /** The last socket of a player has closed (R29). */
  left(account: number): void
  stats(): Stats
  /** Why no round begins, null while they do: no salt yet, the ledger cannot write. */
  idle(): string | null
  start(): Promise<void>
  /** Finishes the round if it ends within `ms`, else voids it. */
  stop(ms: number): Promise<void>
}
