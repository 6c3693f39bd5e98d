import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Audience } from './audience.ts'
import { insist, type InsistParts } from './insist.ts'
import type { Ended, Ledger } from './ledger.ts'
import type { Round } from './round.ts'
import type { Held } from './seats.ts'
import type { StatsWindow } from './stats.ts'
import type { Table } from './table.ts'

/** What the end of rounds works with. */
export interface LandingParts {
  readonly ledger: Pick<Ledger, 'end' | 'imbalance'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly audience: Audience
  readonly table: Table
  readonly stats: StatsWindow
  readonly insisting: InsistParts
  /** From the result to the next round, ms. */
  readonly waiting: number
}

const reason = 'AUTO_CASH_OUT'

/**
 * Ends a round that has crashed at its instant: the settlement is written, however often that takes, then everybody
 * is told, then each player its own result (K17, R26). Answers when the next round may begin, monotonic ms; throws
 * when it had to give up.
 */
export function createLanding(
  parts: LandingParts,
): (round: Round, flewAt: number) => Promise<number> {
  const { ledger, clock, audience, table, stats, insisting, waiting } = parts
  const count = counters(parts)

  async function land(round: Round, flewAt: number): Promise<number> {
    const { id, crash } = round
    const ending = { round: id, crash, flown: round.flight(), flewAt, at: clock.now() }
    const ended = await insist(insisting, 'round', () => ledger.end(ending))
    const nextAt = clock.elapsed() + waiting
    const bets = round.end(ended, nextAt)
    stats.add({ crash, staked: ended.staked, paid: ended.paid, at: ending.at })
    tell(round, ended, bets)
    table.ended(bets)
    count(round, ended)
    return nextAt
  }

  function tell(round: Round, { wins, staked, paid }: Ended, bets: readonly Held[]): void {
    const { id, crash, hash, index, seats } = round
    const players = new Map(bets.map((held) => [held.id, held.person.playerId]))
    const proof = { round: id, crash, flown: round.flight(), hash, index }
    audience.ended({ ...proof, ...round.outcome(), staked, paid, nextRoundIn: waiting })
    for (const { bet, balance, payout: amount } of wins) {
      const player = players.get(bet)
      if (player !== undefined) audience.balance(player, { balance, amount, reason })
    }
    for (const { person, bets: own } of seats.all()) {
      audience.own(person.playerId, { round: id, crash, bets: own })
    }
    audience.phase({ round: id, phase: 'waiting', duration: waiting })
    audience.stats(stats.read(clock.now()))
  }

  return land
}

/** All accounts are read for their sum, and there may be many. */
const summedEveryMs = 60_000

/** What is counted of a round is counted once it is over, so that no metric tells more than the audience knows. */
function counters({ ledger, clock, log, metrics }: LandingParts) {
  const rounds = metrics.counter('crash_rounds_total', 'Rounds that have ended with a result')()
  const bets = metrics.counter('crash_bets_total', 'Bets of rounds that have ended')()
  const staked = metrics.counter('crash_staked_total', 'Stakes of rounds that ended, minor units')()
  const paid = metrics.counter('crash_paid_total', 'Payouts of rounds that ended, minor units')()
  const imbalance = metrics.gauge(
    'ledger_imbalance',
    'Sum of all balances, minor units: 0 unless money was made or lost',
  )()

  let summedAt = -Infinity

  return ({ seats }: Round, ended: Ended): void => {
    rounds.inc()
    bets.inc([...seats.bets()].length)
    staked.inc(ended.staked)
    paid.inc(ended.paid)
    if (clock.elapsed() - summedAt < summedEveryMs) return
    summedAt = clock.elapsed()
    ledger.imbalance().then(
      (sum) => {
        imbalance.set(sum)
        if (sum !== 0) log.error('ledger out of balance', new Error(`The sum is ${sum}`))
      },
      // The disk fails: it is asked again in a minute.
      () => {},
    )
  }
}
