import type { Clock, Stop } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Audience } from './audience.ts'
import { insist, noteFailure, retryWait, type InsistParts } from './insist.ts'
import type { Ledger, Win } from './ledger.ts'
import type { Table } from './table.ts'

/** Cashes out bets that have reached their targets, in the order of the targets, at exactly these. */
export interface Reaching {
  /** Bets are due since `at` (monotonic ms): what came before that instant goes first. */
  due(bets: readonly number[], at: number): void
  /** Resolves when bets are not just being cashed out; null: they are not. */
  underWay(bets: readonly number[]): Promise<void> | null
  /** Begins nothing more, since the round's end does the rest; resolves when it is known what was written. */
  rest(): Promise<void>
}

/** What reaching works with. */
export interface ReachingParts {
  readonly ledger: Pick<Ledger, 'reach'>
  readonly clock: Clock
  readonly log: Log
  readonly settled: (before: number) => Promise<void>
  readonly table: Table
  readonly insisting: InsistParts
  readonly audience: Pick<Audience, 'balance'>
}

/** For one flight. A disk that fails is tried again. */
export function createReaching(parts: ReachingParts): Reaching {
  const { ledger, clock, log, settled, table, insisting, audience } = parts
  let queue: readonly number[] = []
  let queuedAt = 0
  let failures = 0
  let works = false
  let resting = false
  let current: { readonly bets: ReadonlySet<number>; readonly done: Promise<void> } | null = null
  let wake: Stop = () => {}

  async function work(): Promise<void> {
    works = true
    while (queue.length > 0 && !resting) {
      // What falls due meanwhile has a wait of its own.
      const ripe = queue.length
      await settled(queuedAt)
      if (isResting()) break
      const bets = queue.slice(0, ripe)
      queue = queue.slice(ripe)
      current = { bets: new Set(bets), done: attempt(bets) }
      await current.done
      current = null
      if (failures > 0) await pause(retryWait(failures - 1))
    }
    works = false
  }

  async function attempt(bets: readonly number[]): Promise<void> {
    try {
      const wins = await ledger.reach(bets, clock.now())
      failures = 0
      wins.forEach(tell)
    } catch (error) {
      if (failures++ === 0) noteFailure(log, 'targets', error)
      // Whatever has been written is answered once more.
      queue = [...bets, ...queue]
    }
  }

  function tell({ bet, multiplier, payout, balance }: Win): void {
    const held = table.won({ bet, multiplier, payout })
    if (held === null) return
    const change = { balance, amount: payout, reason: 'AUTO_CASH_OUT' }
    audience.balance(held.person.playerId, change)
  }

  /** Asked of a call, since what happens during a wait is beyond what the types follow. */
  function isResting(): boolean {
    return resting
  }
  function pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = clock.after(ms, resolve)
      wake = () => {
        stop()
        resolve()
      }
    })
  }

  return {
    due(bets, at) {
      queue = [...queue, ...bets]
      queuedAt = Math.max(queuedAt, at)
      if (!works && queue.length > 0) void work()
    },
    underWay(bets) {
      if (current === null) return null
      const { done, bets: leaving } = current
      return bets.some((id) => leaving.has(id)) ? done : null
    },
    async rest() {
      resting = true
      wake()
      await current?.done
      if (failures === 0 || queue.length === 0) return
      const wins = await insist(insisting, 'targets', () => ledger.reach(queue, clock.now()))
      wins.forEach(tell)
    },
  }
}
