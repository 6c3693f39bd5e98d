import type { Clock } from '../../core/clock.ts'
import type { Audience, Person, PlayerAction, ShownBet } from './audience.ts'
import type { GameState } from './game.ts'
import type { Bet, Placed, Refund, Win } from './ledger.ts'
import type { Round } from './round.ts'
import { createSeats, type Held, type Seats } from './seats.ts'
import type { Teller } from './teller.ts'

/** What is on the table: the round with its bets, and the bets that wait for the next one. It follows the ledger, never the other way round. */
export interface Table {
  /** The round that runs, or the last one. */
  round(): Round | null
  /** Bets for the next round. */
  readonly waiting: Seats
  /** A round's betting has begun with the bets that waited for it; what else waited is gone. */
  begin(round: Round, taken: readonly (Bet & { readonly player: string })[]): void
  /** Those who just sat down with a bet that had waited are shown to everybody. */
  introduce(): void
  /** Bets are written; a repeat's are old and left out. `profits`: the most that each slot can win. */
  placed(person: Person, answer: Placed, profits: ReadonlyMap<number, number>): void
  /** The same, when only asking again has told that they are written. */
  found(person: Person, answer: Placed, profits: ReadonlyMap<number, number>): void
  cancelled(bets: readonly number[]): void
  won(win: Pick<Win, 'bet' | 'multiplier' | 'payout'>): Held | null
  /** Bets have ended with the round: who is away has left. */
  ended(bets: readonly Held[]): void
  /** Everything was given back, the round has no result. */
  void(refunds: readonly Refund[]): void
  joined(account: number): void
  left(account: number): void
  state(): GameState
  /** The most that all bets of the round can win beyond their stakes, minor units; 0 once it is over. */
  exposure(): number
  /** The bets of an account that count now. */
  betsOf(account: number): readonly ShownBet[]
}

/** What a table works with. */
export interface TableParts {
  readonly clock: Clock
  readonly teller: Teller
  readonly audience: Pick<Audience, 'balance'>
}

/** An empty table before the first round. */
export function createTable({ clock, teller, audience }: TableParts): Table {
  const waiting = createSeats()
  /** The newest bet of each account in this round: an older one is in the answer to a repeat. */
  const newest = new Map<number, number>()
  let newestBefore = 0
  let newestOfAll = 0
  const away = new Set<number>()
  let round: Round | null = null
  let revision = 0

  const plays = (account: number) =>
    (round?.seats.of(account).length ?? 0) + waiting.of(account).length > 0
  const flies = (account: number) =>
    round?.seats.of(account).some(({ shown }) => shown.status === 'active') ?? false

  function note(action: PlayerAction, { person }: Pick<Held, 'person'>): void {
    if (round !== null) teller.note(action, round.seats.seat(person))
  }

  function put(person: Person, answer: Placed, profits: ReadonlyMap<number, number>): void {
    const open = round?.stage() === 'betting' && round.id === answer.round
    const seats = answer.round === null ? waiting : open ? round?.seats : undefined
    let seated = false
    for (const bet of answer.bets) {
      newestOfAll = Math.max(newestOfAll, bet.id)
      newest.set(person.account, Math.max(newest.get(person.account) ?? 0, bet.id))
      const status = answer.round === null ? 'pending' : 'active'
      if (seats?.put(person, bet, status, profits.get(bet.slot) ?? 0)) seated = true
    }
    if (seated && seats !== waiting) note('BET_PLACED', { person })
  }

  /** Whether a player who is away has nothing in the air any more (R29). */
  function leaves({ person: { account } }: Held): boolean {
    return away.has(account) && !flies(account)
  }

  return {
    waiting,
    round: () => round,
    begin(next, taken) {
      revision += round?.seats.changes() ?? 0
      round = next
      revision++
      teller.clear()
      for (const bet of taken) {
        const held = waiting.take(bet.id)
        next.seats.put(held?.person ?? stranger(bet), bet, 'active', held?.profit ?? 0)
      }
      clear(waiting)
      newest.clear()
      newestBefore = newestOfAll
      for (const account of away) if (!plays(account)) away.delete(account)
    },
    introduce() {
      for (const person of round?.people() ?? []) note('BET_PLACED', { person })
    },
    placed(person, answer, profits) {
      const seen = newest.get(person.account) ?? newestBefore
      if (answer.bets.every(({ id }) => id > seen)) put(person, answer, profits)
    },
    found: put,
    cancelled(bets) {
      const shown = new Map<number, Person>()
      for (const id of bets) {
        waiting.take(id)
        const held = round?.seats.take(id) ?? null
        if (held !== null) shown.set(held.person.account, held.person)
      }
      for (const person of shown.values()) note('BET_CANCELLED', { person })
    },
    won({ bet, multiplier, payout }) {
      const held = round?.seats.win(bet, multiplier, payout) ?? null
      if (held !== null) note(leaves(held) ? 'LEFT' : 'CASHED_OUT', held)
      return held
    },
    ended(bets) {
      for (const held of bets) if (leaves(held)) note('LEFT', held)
    },
    void(refunds) {
      clear(waiting)
      if (round !== null && round.stage() !== 'ended') round.void()
      teller.clear()
      for (const { player, amount, balance } of refunds) {
        audience.balance(player, { balance, amount, reason: 'REFUND' })
      }
    },
    joined: (account) => void away.delete(account),
    left(account) {
      if (!plays(account)) return
      away.add(account)
      const [held] = round?.seats.of(account) ?? []
      if (held !== undefined && !flies(account)) note('LEFT', held)
    },
    exposure() {
      const over = round === null || round.view(clock.elapsed()).phase === 'waiting'
      return over ? 0 : round!.seats.exposure()
    },
    betsOf(account) {
      const own = [...(round?.seats.of(account) ?? []), ...waiting.of(account)]
      return own.map(({ shown }) => shown)
    },
    state() {
      const now = clock.elapsed()
      const view = round?.view(now) ?? beforeAll
      const { id = 0, seats = nobody } = round ?? {}
      const totals = seats.totals()
      return {
        ...{ ...view, round: id, totals, seats: seats.all() },
        revision: revision + seats.changes(),
      }
    },
  }
}

const nobody = createSeats()

const beforeAll = { phase: 'waiting', multiplier: 100, elapsed: 0, remaining: 0 } as const

function clear(seats: Seats): void {
  for (const { id } of [...seats.bets()]) seats.take(id)
}

/** The player of a bet that nobody here has seen placed. */
function stranger({ account, player }: Bet & { readonly player: string }): Person {
  return { account, playerId: player, nickname: player, avatar: '', isAnonymous: true }
}
