import type { Clock, Stop } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Audience } from './audience.ts'
import type { Door } from './door.ts'
import type { Doubts } from './doubts.ts'
import { fly } from './flight.ts'
import { noteFailure, retryWait, type InsistParts } from './insist.ts'
import type { Ledger } from './ledger.ts'
import { createReaching, type Reaching } from './reaching.ts'
import { createRound, type Round } from './round.ts'
import type { Source, Sources } from './scenario.ts'
import type { Table } from './table.ts'
import type { Teller } from './teller.ts'
import { createWaits } from './waits.ts'

/** What the loop of rounds works with. */
export interface RoundsParts {
  readonly ledger: Ledger
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly audience: Audience
  readonly settled: (before: number) => Promise<void>
  readonly times: { readonly betting: number; readonly tick: number }
  readonly door: Door
  readonly doubts: Doubts
  readonly table: Table
  readonly teller: Teller
  readonly sources: Sources
  readonly insisting: InsistParts
  /** Ends a round that has crashed; answers when the next one may begin. */
  readonly land: (round: Round, flewAt: number) => Promise<number>
}

/** One round after another. */
export interface Rounds {
  /** Plays until it is stopped; a round that had to be given up is left open for whoever gives its bets back. */
  run(): Promise<void>
  /** No further round: one that takes bets ends at once, one in flight may go on for `ms`. */
  stop(ms: number): void
  /** Of the flight under way. */
  reaching(): Reaching | null
  /** Why no round begins, null while they do. */
  idle(): string | null
}

/** How soon a chain that has been salted is noticed, ms. */
const idleMs = 250

/** A loop that has not begun. */
export function createRounds(parts: RoundsParts): Rounds {
  const { ledger, clock, log, audience, settled, times, door, doubts, table, teller, sources } =
    parts
  const waits = createWaits(clock)
  const lag = parts.metrics.histogram(
    'crash_tick_lag_seconds',
    'How late multipliers were told',
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1],
  )
  let stopping = false
  let cutShort: (() => void) | null = null
  let stopPatience: Stop = () => {}
  let idle: string | null = null
  let reaching: Reaching | null = null
  let failures = 0

  /** A moment in which no command is under way and of none it is in doubt whether it was written. */
  async function alone<Result>(act: () => Result | Promise<Result>): Promise<Result> {
    for (;;) {
      await doubts.none()
      await door.shut()
      try {
        if (doubts.waiting() === 0) return await act()
      } finally {
        door.open()
      }
    }
  }

  async function run(): Promise<void> {
    for (let nextAt = clock.elapsed(); !stopping;) {
      await waits.until(nextAt)
      const round = await begin()
      if (round === null) continue
      const flewAt = await takeOff(round)
      if (flewAt === null || !(await flight(round))) return
      nextAt = await parts.land(round, flewAt)
      reaching = null
    }
  }

  /** Null: not now, try again. */
  async function begin(): Promise<Round | null> {
    if (stopping) return null
    const source = sources.next()
    if (source === null) {
      rest(sources.idle() ?? 'There is nothing to play')
      await waits.until(clock.elapsed() + idleMs)
      return null
    }
    try {
      const round = await alone(() => beginWith(source))
      rest(null)
      failures = 0
      return round
    } catch (error) {
      if (failures === 0) noteFailure(log, 'beginning', error)
      rest(error instanceof Error ? error.message : String(error))
      await waits.until(clock.elapsed() + retryWait(failures++))
      return null
    }
  }

  async function beginWith(source: Source): Promise<Round> {
    // A try whose answer got lost may have begun a round that nobody can play.
    if (failures > 0) await clearAway()
    const begun = await ledger.begin(source.draw, source.curve, clock.now())
    sources.began(source, begun)
    const bettingAt = clock.elapsed()
    const round = createRound({
      ...{ id: begun.round, hash: begun.hash, index: begun.index, crash: source.point(begun) },
      ...{ curve: source.shape, bettingAt, deadline: bettingAt + times.betting },
    })
    table.begin(round, begun.taken)
    audience.phase({ round: round.id, phase: 'betting', duration: times.betting })
    table.introduce()
    return round
  }

  async function clearAway(): Promise<void> {
    const [last] = await ledger.rounds(null, 1)
    if (last?.status !== 'open') return
    const { rounds, refunds } = await ledger.recover(clock.now())
    log.warn('round void', { system: 'crash', round: rounds.at(-1) })
    table.void(refunds)
  }

  function rest(reason: string | null): void {
    if (reason === idle) return
    idle = reason
    if (reason !== null) log.warn('no rounds', { system: 'crash', reason })
    else log.info('rounds go on', { system: 'crash' })
  }

  /** Waits out the betting; answers the epoch ms of take-off, null when the round is not to fly. */
  async function takeOff(round: Round): Promise<number | null> {
    await waits.until(round.deadline)
    if (!isStopping()) await settled(round.deadline)
    return alone(() => {
      if (stopping) return null
      const flewAt = clock.now()
      round.takeOff(clock.elapsed())
      reaching = createReaching(parts)
      teller.flying(true)
      audience.phase({ round: round.id, phase: 'flying', duration: null })
      return flewAt
    })
  }

  /** Flies; true when it has crashed, false when it was cut short. Then all that came before is done, and no more counts. */
  async function flight(round: Round): Promise<boolean> {
    const crashed = await new Promise<boolean>((resolve) => {
      const stop = fly({
        ...{ clock, tick: times.tick, takeoff: round.takenOffAt(), crashAt: round.crashAt() },
        ticked: (elapsed, late) => tick(round, elapsed, late),
        crashed: () => resolve(true),
      })
      cutShort = () => {
        stop()
        resolve(false)
      }
    })
    cutShort = null
    stopPatience()
    await settled(crashed ? round.crashAt() : clock.elapsed())
    await alone(() => round.land())
    await reaching?.rest()
    teller.flying(false)
    return crashed
  }

  function tick(round: Round, elapsed: number, late: number): void {
    const multiplier = round.curve.multiplier(elapsed)
    lag.observe(late / 1_000)
    audience.tick(multiplier, elapsed)
    teller.ticked()
    reaching?.due(round.exits().due(multiplier), round.takenOffAt() + elapsed)
  }

  /** Asked of a call, since what happens during a wait is beyond what the types follow. */
  function isStopping(): boolean {
    return stopping
  }

  return {
    run,
    reaching: () => reaching,
    idle: () => idle,
    stop(ms) {
      stopping = true
      waits.interrupt()
      if (ms <= 0) return cutShort?.()
      stopPatience = clock.after(ms, () => cutShort?.())
    },
  }
}
