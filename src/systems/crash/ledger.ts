/** What becomes of a bet: `pending` waits for the next round, the last four are ends. */
export type BetStatus = 'pending' | 'active' | 'won' | 'lost' | 'cancelled' | 'refunded'

/** A bet as it is kept; amounts in minor units, multipliers in hundredths. */
export interface Bet {
  readonly id: number
  readonly account: number
  /** 1 to 3. */
  readonly slot: number
  readonly amount: number
  /** Where it is cashed out by itself: the player's own wish or the limit of profit, whichever comes first; null: nowhere. */
  readonly target: number | null
  readonly status: BetStatus
}

/** A player's purse; `balance` in minor units. */
export interface Account {
  readonly account: number
  readonly player: string
  readonly balance: number
}

/** A money command of a player; its repeat within the window gets the first answer and does nothing (R30). */
export interface Command {
  readonly account: number
  /** The client's message id. */
  readonly key: string
  /** What it asks for, the same text for equal wishes: another one under the same key is refused INVALID_REQUEST. */
  readonly body: string
  /** Epoch ms. */
  readonly at: number
  /** Epoch ms: what was answered before it counts as never asked; `at` less the window. */
  readonly since: number
}

/** A bet to be. */
export interface Stake {
  readonly slot: number
  readonly amount: number
  readonly target: number | null
}

/** What a bet of `amount` minor units wins at a multiplier in hundredths: floor(amount · multiplier / 100), exactly. */
export function winOf(amount: number, multiplier: number): number {
  const product = amount * multiplier
  if (Number.isSafeInteger(product)) return Math.floor(product / 100)
  return Number((BigInt(amount) * BigInt(multiplier)) / 100n)
}

/** The most that one bet may win, minor units; a stake that could win more at its target is refused INVALID_AMOUNT. */
export const mostWin = 2 ** 49

/** The most that a player may bring, or have when betting: with all that six bets can win it is still an exact integer, so that no end of a round is ever refused. */
export const mostBrought = 8 * mostWin

/** What placing bets did; `balance` is that of the moment after it. */
export interface Placed {
  /** The round; null for bets that wait for the next one. */
  readonly round: number | null
  readonly bets: readonly Bet[]
  readonly balance: number
  readonly at: number
}

/** What cancelling did. */
export interface Cancelled {
  readonly slots: readonly number[]
  readonly bets: readonly number[]
  readonly refund: number
  readonly balance: number
  readonly at: number
}

/** A bet that was cashed out. */
export interface Win {
  readonly bet: number
  readonly account: number
  readonly slot: number
  readonly amount: number
  readonly multiplier: number
  readonly payout: number
  /** The player's balance after it. */
  readonly balance: number
}

/** What a cash-out did. */
export interface CashedOut {
  readonly wins: readonly Win[]
  readonly balance: number
  readonly at: number
}

/** One bet to cash out: `multiplier` is what the clock said; a target below it wins. `flown` is ms of flight, rounded down. */
export interface Exit {
  readonly bet: number
  readonly multiplier: number
  readonly flown: number
}

/** Where the next crash point comes from. */
export type Draw =
  | { readonly source: 'chain'; readonly chain: number }
  | { readonly source: 'scenario'; readonly crash: number }

/** A round that has begun; chain rounds have burned their hash by now. */
export interface Begun {
  /** `YYYYMMDD` (UTC) and eight digits of a counter, as a number (R9). */
  readonly round: number
  /** The game hash in hex and its place in the chain; null in scenario rounds. Nobody may see it before the crash. */
  readonly hash: string | null
  readonly index: number | null
  /** Bets that waited for this round, now active in it. */
  readonly taken: readonly (Bet & { readonly player: string })[]
}

/** How a round ended; `crash` in hundredths, `flown` ms of flight, `flewAt` epoch ms of take-off. */
export interface Ending {
  readonly round: number
  readonly crash: number
  readonly flown: number
  readonly flewAt: number
  readonly at: number
}

/** What ending a round did: targets up to the crash point won at their targets, the rest lost. */
export interface Ended {
  readonly wins: readonly Win[]
  readonly lost: readonly {
    readonly bet: number
    readonly account: number
    readonly slot: number
    readonly amount: number
  }[]
  /** Stakes and payouts of the whole round, cancelled bets left out. */
  readonly staked: number
  readonly paid: number
}

/** What an account got back of a round: the sum of its bets, and its balance after it. */
export interface Refund {
  readonly account: number
  readonly player: string
  readonly amount: number
  readonly balance: number
}

/** A round as everybody may see it once it is over. */
export interface PastRound {
  readonly round: number
  readonly source: Draw['source']
  readonly status: 'ended' | 'void' | 'open'
  /** Null unless it has ended. */
  readonly crash: number | null
  readonly hash: string | null
  readonly index: number | null
  readonly chain: number | null
  readonly curve: string
  readonly startedAt: number
  readonly endedAt: number | null
  readonly bets: number
  readonly staked: number
  readonly paid: number
}

/** A movement on a player's account; `amount` is negative where the player paid. */
export interface Entry {
  readonly id: number
  readonly kind: string
  readonly amount: number
  readonly balance: number
  readonly round: number | null
  /** The wallet's tx_id, null for bets. */
  readonly txId: string | null
  readonly at: number
}

/** A movement that a backend asks for; `actor` is its server key's name. */
export interface WalletMove {
  readonly player: string
  readonly kind: 'credit' | 'debit'
  readonly amount: number
  readonly txId: string
  readonly actor: string
  readonly at: number
}

/** What a movement came to; `amount` is what the balance changed by, 0 when it was a repeat. */
export interface WalletAnswer {
  readonly player: string
  readonly account: number
  readonly balance: number
  readonly txId: string
  readonly amount: number
}

/**
 * The money: double entry in one place, every change one transaction, durable (fsync) when it resolves.
 * Sums that outgrow exact integers are refused INVALID_AMOUNT; a disk that fails STORE_UNAVAILABLE, a full queue OVERLOADED.
 */
export interface Ledger {
  /** The account of a player; a new one is made and gets `grant` minor units of play money (0: none). */
  open(player: string, grant: number, at: number): Promise<Account>
  /** Voids every round that has not ended and gives back all that is at stake, waiting bets too; answers the rounds. */
  recover(
    at: number,
  ): Promise<{ readonly rounds: readonly number[]; readonly refunds: readonly Refund[] }>
  /** Begins the next round, burns its hash and takes the bets that waited for it. Refuses CONFLICT while one is open or the chain is at its end. */
  begin(draw: Draw, curve: string, at: number): Promise<Begun>
  /** Places all bets or none. `round` null: they wait for the next one. Refuses INSUFFICIENT_BALANCE with `required` and `available` (minor units), MAX_BETS_EXCEEDED for a slot that is taken. */
  place(command: Command, round: number | null, stakes: readonly Stake[]): Promise<Placed>
  /** Gives back active or pending bets of the account by id. Refuses BET_NOT_FOUND when one of them is neither. */
  cancel(command: Command, bets: readonly number[]): Promise<Cancelled>
  /** Pays active bets of the account out. Refuses ALREADY_CASHED_OUT when one of them has won already and BET_NOT_FOUND when it is not active. */
  cashOut(command: Command, exits: readonly Exit[]): Promise<CashedOut>
  /** Pays out bets that have reached their targets, at their targets; those that ended otherwise are left out. A repeat answers the same. */
  reach(bets: readonly number[], at: number): Promise<readonly Win[]>
  /** Ends a round: one transaction for the round and all its bets. A repeat answers the same wins and losses; refuses CONFLICT for a round that is void or ended otherwise. */
  end(ending: Ending): Promise<Ended>
  /** Ends a round without a result and gives everything back; bets that wait for the next one go on waiting. A repeat answers the same refunds; refuses CONFLICT for a round that has ended. */
  void(round: number, at: number): Promise<readonly Refund[]>
  /** The stored answer to a command that would be refused now, null when there is none; refuses INVALID_REQUEST for another body. */
  answered(command: Command): Promise<unknown>
  /** Rounds that are over or open, newest first, from before `before`. */
  rounds(before: number | null, limit: number): Promise<readonly PastRound[]>
  round(id: number): Promise<PastRound | null>
  /** Ended rounds since `from` (epoch ms), oldest first: for statistics at the start. */
  ended(
    from: number,
  ): Promise<readonly Readonly<Record<'crash' | 'staked' | 'paid' | 'at', number>>[]>
  /** Null when nobody ever opened an account for the player. */
  account(player: string): Promise<Account | null>
  /** The repeat of a tx_id does nothing; refuses TX_CONFLICT for another wish under it, TX_ROLLED_BACK after its rollback, INSUFFICIENT_BALANCE (409). */
  move(move: WalletMove): Promise<WalletAnswer>
  /** Takes a movement back once; of an unknown tx_id it leaves a tombstone. Refuses TX_CONFLICT and INSUFFICIENT_BALANCE. */
  rollback(wish: Omit<WalletMove, 'kind' | 'amount'>): Promise<WalletAnswer>
  /** Movements after the entry `after`, oldest first. */
  entries(
    player: string,
    after: number,
    limit: number,
  ): Promise<{ readonly entries: readonly Entry[]; readonly more: boolean }>
  /** Σ of all balances: 0 unless money was made or lost. */
  imbalance(): Promise<number>
  /** Drops stored answers older than `before`. */
  forget(before: number): Promise<void>
  /** Why writes fail at the moment, null when they work. */
  fault(): string | null
}
