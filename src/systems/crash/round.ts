import type { Person, Phase, RoundResult } from './audience.ts'
import type { Curve } from './curve.ts'
import { createExits, type Exits } from './exits.ts'
import type { Ended } from './ledger.ts'
import { createSeats, type Held, type Seats } from './seats.ts'

/** What a round is made of; times in monotonic ms. */
export interface RoundTerms {
  readonly id: number
  readonly hash: string | null
  readonly index: number | null
  /** Hundredths; nobody may hear of it before the flight has ended. */
  readonly crash: number
  readonly curve: Curve
  readonly bettingAt: number
  /** From this instant on no bet is taken. */
  readonly deadline: number
}

/** How far a round has come; `landing`: it has crashed, and its settlement is not written yet. */
export type Stage = 'betting' | 'flying' | 'landing' | 'ended' | 'void'

/** What an instant was in a round: between `betting` and `flying` it was `locked`. */
export type Moment = 'before' | 'betting' | 'locked' | 'flying' | 'crashed'

/** What a round shows at an instant (K12); multiplier in hundredths, times in ms. */
export interface RoundView {
  readonly phase: Phase
  readonly multiplier: number
  readonly elapsed: number
  readonly remaining: number | null
}

/** One round, from its first bet to its result: no clock, no dice, no purse. */
export interface Round extends RoundTerms {
  readonly seats: Seats
  stage(): Stage
  /** What an instant was; an arrival is judged by it (R14). */
  moment(at: number): Moment
  /** Ends the betting: the flight begins at `at`, its multipliers count from there. */
  takeOff(at: number): void
  /** When the flight began and when it crashes, monotonic ms; an Error before take-off. */
  takenOffAt(): number
  crashAt(): number
  /** How long the whole flight is, whole ms. */
  flight(): number
  /** Whole ms of flight at an instant, never as many as the whole flight has. */
  flown(at: number): number
  /** The targets that the flight has yet to reach. */
  exits(): Exits
  /** No cash-out counts any more. */
  land(): void
  /** Takes over how the ledger has settled it; answers what ended only now. `nextAt`: when the next round may begin, monotonic ms. */
  end(ended: Ended, nextAt: number): readonly Held[]
  /** It ends without a result, and its bets are given back. */
  void(): void
  view(now: number): RoundView
  /** Who won and who lost. */
  outcome(): Pick<RoundResult, 'winners' | 'losers'>
  /** Everybody who has a bet in it. */
  people(): readonly Person[]
}

/** A round whose betting has begun. */
export function createRound(terms: RoundTerms): Round {
  const { crash, curve, bettingAt, deadline } = terms
  const seats = createSeats()
  const flight = curve.flight(crash)
  let stage: Stage = 'betting'
  let exits: Exits = createExits([])
  let takeoff: number | null = null
  let over = 0

  function takenOffAt(): number {
    if (takeoff === null) throw new Error('The round has not taken off')
    return takeoff
  }
  function flown(at: number): number {
    return Math.max(0, Math.min(Math.floor(at - takenOffAt()), flight - 1))
  }
  function moment(at: number): Moment {
    if (at < bettingAt) return 'before'
    if (at < deadline) return 'betting'
    if (takeoff === null || at < takeoff) return 'locked'
    return at < takeoff + flight ? 'flying' : 'crashed'
  }

  return {
    ...terms,
    seats,
    moment,
    takenOffAt,
    flown,
    stage: () => stage,
    flight: () => flight,
    crashAt: () => takenOffAt() + flight,
    exits: () => exits,
    takeOff(at) {
      takeoff = at
      stage = 'flying'
      exits = createExits(seats.bets())
    },
    land() {
      stage = 'landing'
    },
    end(ended, nextAt) {
      stage = 'ended'
      over = nextAt
      return settle(seats, ended)
    },
    void() {
      stage = 'void'
      for (const { id } of [...seats.bets()]) seats.take(id)
    },
    view(now) {
      const left = (until: number) => Math.max(0, Math.ceil(until - now))
      if (stage === 'betting') {
        return { phase: 'betting', multiplier: 100, elapsed: 0, remaining: left(deadline) }
      }
      if (stage === 'flying' || stage === 'landing') {
        const elapsed = flown(now)
        return { phase: 'flying', multiplier: curve.multiplier(elapsed), elapsed, remaining: null }
      }
      if (stage === 'void') return { phase: 'waiting', multiplier: 100, elapsed: 0, remaining: 0 }
      return { phase: 'waiting', multiplier: crash, elapsed: flight, remaining: left(over) }
    },
    outcome: () => outcomeOf(seats),
    people: () => [...seats.all()].map(({ person }) => person),
  }
}

/** Takes over what the ledger names as won or lost; answers what was still in the air. */
function settle(seats: Seats, { wins, lost }: Ended): readonly Held[] {
  const ended: (Held | null)[] = []
  for (const { bet, multiplier, payout } of wins) ended.push(seats.win(bet, multiplier, payout))
  for (const { bet } of lost) ended.push(seats.lose(bet))
  return ended.filter((held) => held !== null)
}

function outcomeOf(seats: Seats): Pick<RoundResult, 'winners' | 'losers'> {
  const winners: RoundResult['winners'][number][] = []
  const losers: RoundResult['losers'][number][] = []
  for (const { id: bet, person, shown } of seats.bets()) {
    const { slot, amount, multiplier, payout } = shown
    if (multiplier === null || payout === null) losers.push({ person, slot, amount })
    else winners.push({ person, win: { bet, slot, amount, multiplier, payout } })
  }
  return { winners, losers }
}
