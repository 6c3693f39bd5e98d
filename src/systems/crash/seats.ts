import type { Person, Seat, ShownBet, Totals } from './audience.ts'
import type { Bet } from './ledger.ts'

/** A bet on the table. */
export interface Held {
  readonly id: number
  readonly person: Person
  /** Where it is cashed out by itself, hundredths. */
  readonly target: number | null
  /** The most it can win, minor units. */
  readonly profit: number
  readonly shown: ShownBet
}

/** Who has bets, and what became of them: no clock, no money. */
export interface Seats {
  /** Seats a bet; false when it is there already. */
  put(person: Person, bet: Bet, status: 'pending' | 'active', profit: number): boolean
  /** Takes a bet away, null when it is not there. */
  take(id: number): Held | null
  find(id: number): Held | null
  inSlot(account: number, slot: number): Held | null
  /** The bets of an account by slot. */
  of(account: number): readonly Held[]
  /** An active bet has won; null when it is none. */
  win(id: number, multiplier: number, payout: number): Held | null
  /** An active bet is lost; null when it is none. */
  lose(id: number): Held | null
  /** The seat of an account, without bets when it has none. */
  seat(person: Person): Seat
  all(): Iterable<Seat>
  bets(): Iterable<Held>
  totals(): Totals
  /** The most that all bets could win together, those included for which room is kept. */
  exposure(): number
  /** Keeps room for what bets could win that are being placed; what it answers gives the room back. */
  reserve(profit: number): () => void
  /** How often something has changed. */
  changes(): number
}

/** An empty table. */
export function createSeats(): Seats {
  const bets = new Map<number, Held>()
  const seats = new Map<number, Held[]>()
  let staked = 0
  let exposure = 0
  let changes = 0

  function place(held: Held): void {
    const row = seats.get(held.person.account) ?? []
    const others = row.filter(({ id }) => id !== held.id)
    others.push(held)
    others.sort((a, b) => a.shown.slot - b.shown.slot)
    seats.set(held.person.account, others)
    bets.set(held.id, held)
    changes++
  }

  /** An active bet ends; it stays on the table. */
  function end(id: number, change: Partial<ShownBet>): Held | null {
    const held = bets.get(id)
    if (held?.shown.status !== 'active') return null
    const ended = { ...held, shown: { ...held.shown, ...change } }
    place(ended)
    return ended
  }

  return {
    put(person, { id, slot, amount, target }, status, profit) {
      if (bets.has(id)) return false
      const shown = { slot, amount, status, target, multiplier: null, payout: null }
      place({ id, person, target, profit, shown })
      staked += amount
      exposure += profit
      return true
    },
    take(id) {
      const held = bets.get(id)
      if (held === undefined) return null
      const { account } = held.person
      const row = (seats.get(account) ?? []).filter((other) => other.id !== id)
      if (row.length > 0) seats.set(account, row)
      else seats.delete(account)
      bets.delete(id)
      staked -= held.shown.amount
      exposure -= held.profit
      changes++
      return held
    },
    find: (id) => bets.get(id) ?? null,
    inSlot: (account, slot) => seats.get(account)?.find(({ shown }) => shown.slot === slot) ?? null,
    of: (account) => seats.get(account) ?? [],
    win: (id, multiplier, payout) => end(id, { status: 'cashed_out', multiplier, payout }),
    lose: (id) => end(id, { status: 'lost' }),
    seat: (person) => seatOf(person, seats.get(person.account) ?? []),
    *all() {
      for (const row of seats.values()) yield seatOf(row[0]!.person, row)
    },
    bets: () => bets.values(),
    totals: () => ({ players: seats.size, staked }),
    exposure: () => exposure,
    reserve(profit) {
      exposure += profit
      return () => void (exposure -= profit)
    },
    changes: () => changes,
  }
}

function seatOf(person: Person, row: readonly Held[]): Seat {
  return { person, bets: row.map(({ shown }) => shown) }
}
