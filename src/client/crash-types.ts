/** The phases of a round. */
export type CrashPhase = 'betting' | 'flying' | 'waiting'

/** A bet; amounts are decimal strings, multipliers numbers with two decimals. */
export interface CrashBet {
  readonly slotId: number
  readonly amount: string
  readonly status: 'active' | 'pending' | 'cashed_out' | 'lost'
  readonly autoCashOut?: string
  readonly cashOutMultiplier?: number
  readonly winAmount?: string
}
/** Somebody at the table. */
export interface CrashPlayer {
  readonly playerId: string
  readonly nickname: string
  readonly avatar?: string | null
  readonly isAnonymous?: boolean
  readonly bets: readonly CrashBet[]
}
/** How things stand; times in ms, `timestamp` in epoch ms of the server. */
export interface CrashState {
  readonly roundId: string | null
  readonly phase: CrashPhase
  readonly currentMultiplier: number
  readonly elapsedTime: number
  readonly timeRemaining: number | null
  readonly myBets: readonly CrashBet[]
  readonly players: readonly CrashPlayer[]
  readonly totalPlayers: number
  readonly totalBets: string
  readonly timestamp: number
}

/** Who one is, and what is in one's purse. */
export interface CrashAuth {
  readonly success: boolean
  readonly playerId: string
  readonly nickname: string
  readonly balance: string
  readonly currency: string
  readonly expiresAt: number
  readonly timestamp: number
}

/** What happens, by type. */
export interface CrashEvents {
  readonly AUTH_RESPONSE: CrashAuth
  readonly CRASH_PHASE_CHANGE: {
    readonly roundId: string
    readonly phase: CrashPhase
    readonly duration: number | null
    readonly nextPhase: CrashPhase
    readonly timestamp: number
  }
  readonly CRASH_MULTIPLIER_UPDATE: {
    readonly multiplier: number
    readonly elapsedTime: number
    readonly timestamp: number
  }
  readonly CRASH_PLAYER_UPDATE: {
    readonly action: 'BET_PLACED' | 'CASHED_OUT' | 'LEFT' | 'BET_CANCELLED'
    readonly player: CrashPlayer
    readonly totalPlayers: number
    readonly totalBets: string
    readonly timestamp: number
  }
  readonly CRASH_ROUND_END: {
    readonly roundId: string
    readonly crashPoint: number
    readonly duration: number
    readonly winners: readonly unknown[]
    readonly losers: readonly unknown[]
    readonly totalBets: string
    readonly totalPayout: string
    readonly nextRoundIn: number
    readonly hash: string | null
    readonly roundIndex: number | null
    readonly timestamp: number
  }
  readonly CRASH_STATS: {
    readonly last24h: {
      readonly totalRounds: number
      readonly averageCrashPoint: number
      readonly maxCrashPoint: number
      readonly minCrashPoint: number
      readonly totalBets: string
      readonly totalPayout: string
      readonly rtp: number
    }
    readonly currentStreak: { readonly below2x: number; readonly above10x: number }
    readonly recentCrashPoints: readonly number[]
    readonly timestamp: number
  }
  readonly CRASH_MY_RESULT: {
    readonly roundId: string
    readonly crashPoint: number
    readonly bets: readonly CrashBet[]
    readonly timestamp: number
  }
  readonly BALANCE_UPDATE: {
    readonly playerId: string
    readonly currency: string
    readonly balance: string
    readonly changeAmount: string
    readonly reason: 'AUTO_CASH_OUT' | 'REFUND' | 'CREDIT' | 'DEBIT' | 'ROLLBACK'
    readonly gameId: string
    readonly timestamp: number
  }
  /** A refusal of something that was not asked here, such as the end of a token. */
  readonly ERROR: { readonly code: string; readonly message: string; readonly details?: unknown }
}

/** What can be asked: the payload and the answer of each request. */
export interface CrashRequests {
  readonly AUTH: { payload: { token: string }; answer: CrashAuth }
  readonly PING: { payload: object; answer: { readonly timestamp: number } }
  readonly GET_STATE: { payload: object; answer: CrashState }
  readonly PLACE_BET: {
    payload: {
      crash: { slots: { slotId: number; amount: string; autoCashOut?: string }[] }
      nextRound?: boolean
    }
    answer: {
      readonly roundId: string | null
      readonly slots: readonly CrashBet[]
      readonly balance: string
      readonly timestamp: number
    }
  }
  readonly CASH_OUT: {
    payload: { slotId?: number; cashOutAll?: true }
    answer: {
      readonly results: readonly {
        readonly slotId: number
        readonly betAmount: string
        readonly multiplier: number
        readonly winAmount: string
        readonly profit: string
      }[]
      readonly balance: string
      readonly timestamp: number
    }
  }
  readonly CANCEL_BET: {
    payload: { slotId: number }
    answer: {
      readonly cancelled: readonly number[]
      readonly refundAmount: string
      readonly balance: string
    }
  }
  readonly SUBSCRIBE: { payload: { eventTypes: string[] }; answer: CrashSubscription }
  readonly UNSUBSCRIBE: { payload: { eventTypes: string[] }; answer: CrashSubscription }
}

/** What is heard from now on. */
interface CrashSubscription {
  readonly success: boolean
  readonly eventTypes: readonly string[]
}
