/** How the players of crash speak to a server, and what else their bench asks of it. */
export interface Gaming {
  /** Whether it plays: rounds by itself, bets, money. */
  readonly plays: boolean
  /** The path with which a player comes. */
  path(player: number): string
  /** Has a server that does not play tell multipliers at an even rate from now on; resolves when the time is over. */
  fly(flight: Flight): Promise<void>
  /** Ends the server as an operator does and has its money audited: the exit code, NaN where there is none. */
  audit(): Promise<number>
}

/** Multipliers to tell, so many a second, and along with them so many changes of players. */
export interface Flight {
  readonly rate: number
  readonly changes: number
  readonly seconds: number
}

/** Settings of crash by the names they have in the environment after `FANFARE_CRASH_`. */
export type Settings = Readonly<Record<string, string>>
