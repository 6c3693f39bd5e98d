import type { Clock, Stop } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Audience, Phase, Person, Seat, ShownBet, Stats, Totals } from './audience.ts'
import { createDesk } from './desk.ts'
import { createDoor } from './door.ts'
import { createDoubts } from './doubts.ts'
import { guarded } from './guarded.ts'
import { insist, noteFailure, type InsistParts } from './insist.ts'
import { createLanding } from './landing.ts'
import type { CashedOut, Cancelled, Ledger, Placed, Stake } from './ledger.ts'
import type { Scenario } from './options.ts'
import { simulatePlayers, type Players } from './players.ts'
import { createRounds } from './rounds.ts'
import type { Salting } from './salts.ts'
import { createSources } from './scenario.ts'
import type { Limits } from './stakes.ts'
import { createStats } from './stats.ts'
import { createTable } from './table.ts'
import { createTeller } from './teller.ts'

/** What a client asks for, with the id that makes its repeat harmless and its arrival (monotonic ms), which decides. */
export interface Wish {
  readonly person: Person
  readonly key: string
  /** What it asks for, the same text for equal wishes. */
  readonly body: string
  readonly receivedAt: number
}

/** Reads the stakes of a wish and refuses what cannot be one; `free` refuses a slot that is taken, which comes before any fault of an amount. */
export type ReadStakes = (free: (slot: number) => void) => readonly Stake[]

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
  place(wish: Wish, read: ReadStakes, nextRound: boolean): Promise<Placed>
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
  /** The most that all bets of the round can win beyond their stakes, minor units. */
  exposure(): number
  /** Why no round begins, null while they do: no salt yet, the ledger cannot write. */
  idle(): string | null
  start(): Promise<void>
  /** Finishes the round if it ends within `ms`, else voids it. */
  stop(ms: number): Promise<void>
}

/** What a game works with; times in ms, money in minor units. */
export interface GameParts {
  readonly ledger: Ledger
  readonly salting: Pick<Salting, 'playable' | 'used' | 'idle'>
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly audience: Audience
  /** Resolves once no frame that came before an instant (monotonic ms) waits or is at work. */
  readonly settled: (before: number) => Promise<void>
  readonly limits: Limits
  readonly times: {
    readonly betting: number
    readonly waiting: number
    readonly tick: number
    readonly window: number
  }
  /** Of rounds that a scenario plays without a chain. */
  readonly curve: string
  readonly onDisconnect: 'keep' | 'cash_out'
  readonly scenario: Scenario | null
  /** Play money of simulated players. */
  readonly grant: number
  readonly random: () => number
}

const day = 86_400_000
/** How often statistics are told whatever happens (K7), and stored answers forgotten. */
const minute = 60_000
/** After a bug a round is given back, and the next one begins. */
const repairMs = 1_000

/** A game that has not begun. */
export function createGame(parts: GameParts): Game {
  const { ledger, clock, log, times, limits, scenario } = parts
  let players: Players | null = null
  const audience = guarded(parts.audience, log, () => players)
  const insisting: InsistParts = { clock, log, quits }
  const teller = createTeller(audience, clock, {
    tick: times.tick,
    totals: () => table.state().totals,
  })
  const table = createTable({ clock, teller, audience })
  const door = createDoor()
  const doubts = createDoubts(ledger, insisting)
  const stats = createStats(day)
  const sources = createSources({ ...parts, maxMultiplier: limits.maxMultiplier })
  const shared = { ...parts, audience, teller, table, door, doubts, stats, sources, insisting }
  const rounds = createRounds({
    ...shared,
    land: createLanding({ ...shared, waiting: times.waiting }),
  })
  const desk = createDesk({
    ...{ ledger, clock, door, table, doubts, limits, closed, cap: sources.cap },
    ...{ window: times.window, reaching: rounds.reaching },
  })
  let running: Promise<void> | null = null
  let ready = false
  let stopTimer: Stop = () => {}
  let giveUpAt: number | null = null
  let stopped: Promise<void> | null = null

  function quits(): boolean {
    return giveUpAt !== null && clock.elapsed() >= giveUpAt
  }
  function closed(): Refusal | null {
    if (giveUpAt !== null) return new Refusal('RESTARTING', 'The server is restarting')
    const fault = ledger.fault()
    if (ready && fault === null) return null
    return new Refusal('STORE_UNAVAILABLE', 'No bets are taken while nothing can be written')
  }

  async function open(): Promise<void> {
    const now = clock.now()
    const { rounds: voided, refunds } = await ledger.recover(now)
    for (const round of voided) log.warn('round void', { system: 'crash', round })
    if (refunds.length > 0)
      log.info('bets given back', { system: 'crash', players: refunds.length })
    for (const round of await ledger.ended(now - day)) stats.add(round)
    ready = true
  }

  async function live(): Promise<void> {
    if (!ready) await insist(insisting, 'opening', open)
    if (scenario?.kind === 'players') play(scenario.count)
    while (giveUpAt === null) {
      try {
        await rounds.run()
      } catch (error) {
        if (quits()) return
        log.error('round failed', error, { system: 'crash' })
        await giveBack()
        await new Promise<void>((resolve) => void clock.after(repairMs, resolve))
      }
    }
  }

  function play(count: number): void {
    const { minBet, maxBet } = limits
    players = simulatePlayers({ ...parts, game: desk, count, minBet, maxBet })
    players.start().catch((error: unknown) => noteFailure(log, 'simulated players', error))
  }

  async function giveBack(): Promise<void> {
    const { refunds } = await insist(insisting, 'refunds', () => ledger.recover(clock.now()))
    table.void(refunds)
  }

  async function stop(ms: number): Promise<void> {
    giveUpAt = clock.elapsed() + ms
    players?.stop()
    rounds.stop(ms)
    try {
      await running
      if (running !== null) await giveBack()
    } catch (error) {
      // The next start gives everything back.
      noteFailure(log, 'refunds', error)
    }
    stopTimer()
    teller.stop()
  }

  function everyMinute(): void {
    if (!ready) return
    audience.stats(stats.read(clock.now()))
    ledger.forget(clock.now() - times.window).catch((error: unknown) => {
      noteFailure(log, 'forgetting', error)
    })
  }

  /** Whoever leaves in flight takes what there is, where that is the rule. */
  function takeAll(account: number): void {
    const round = table.round()
    const held = round?.seats.of(account).find(({ shown }) => shown.status === 'active')
    if (parts.onDisconnect === 'keep' || held === undefined || round?.stage() !== 'flying') return
    const receivedAt = clock.elapsed()
    const wish = {
      person: held.person,
      key: `left ${round.id} ${receivedAt}`,
      body: 'CASH_OUT all',
    }
    desk.cashOut({ ...wish, receivedAt }, null, true).catch((error: unknown) => {
      if (!(error instanceof Refusal)) log.error('cash-out failed', error, { system: 'crash' })
    })
  }

  return {
    ...desk,
    ...{ state: table.state, exposure: table.exposure },
    betsOf: table.betsOf,
    joined: table.joined,
    left(account) {
      table.left(account)
      takeAll(account)
    },
    stats: () => stats.read(clock.now()),
    idle: () => ledger.fault() ?? (ready ? rounds.idle() : 'The game has not opened yet'),
    async start() {
      await open().catch((error: unknown) => noteFailure(log, 'opening', error))
      stopTimer = clock.every(minute, everyMinute)
      running = live()
      running.catch(() => {})
    },
    stop: (ms) => (stopped ??= stop(ms)),
  }
}
