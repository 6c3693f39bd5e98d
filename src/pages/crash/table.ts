import type {
  CrashBet,
  CrashEvents,
  CrashPhase,
  CrashPlayer,
  CrashRequests,
  CrashState,
} from '../../client/crash-types.ts'

/** One of the three slots: the bet of this round, and the one that waits for the next. */
export interface Seat {
  readonly bet: CrashBet | null
  readonly queued: CrashBet | null
}
/** When something ends: by the server's clock, and by this machine's for as long as the two cannot be compared. */
interface Deadline {
  readonly server: number
  readonly here: number
  /** Ms that it lasts in all. */
  readonly length: number
}
/** A round that is over. */
export interface Landed {
  readonly roundId: string
  readonly crashPoint: number
}
/** What everybody sees of the game, and one's own seats. */
export interface Table {
  readonly roundId: string | null
  /** Null until the server has told. */
  readonly phase: CrashPhase | null
  /** Of the round that has just ended. */
  readonly crashPoint: number | null
  readonly ends: Deadline | null
  readonly seats: readonly Seat[]
  readonly players: ReadonlyMap<string, CrashPlayer>
  readonly totalPlayers: number
  readonly totalBets: string
}

const free: Seat = { bet: null, queued: null }
/** Players that are listed: the sums are always those of all. */
const mostPlayers = 200

/** Before anything was told. */
export const unknownTable: Table = {
  roundId: null,
  phase: null,
  crashPoint: null,
  ends: null,
  seats: [free, free, free],
  players: new Map(),
  totalPlayers: 0,
  totalBets: '0',
}

/** How things stand, told as a whole. */
export function stood(table: Table, state: CrashState, now: number): Table {
  const { roundId, phase, currentMultiplier, timeRemaining, myBets, timestamp } = state
  // A round that is void was never in the air.
  const isOver = phase === 'waiting' && state.elapsedTime > 0
  const length = Math.max(timeRemaining ?? 0, table.phase === phase ? (table.ends?.length ?? 0) : 0)
  return {
    roundId,
    phase,
    crashPoint: isOver ? currentMultiplier : null,
    ends: timeRemaining === null ? null : deadline(timestamp, timeRemaining, now, length),
    seats: [1, 2, 3].map((slot) => {
      const own = myBets.filter(({ slotId }) => slotId === slot)
      const queued = own.find(({ status }) => status === 'pending') ?? null
      return { bet: own.findLast(({ status }) => status !== 'pending') ?? null, queued }
    }),
    players: new Map(state.players.map((player) => [player.playerId, player])),
    totalPlayers: state.totalPlayers,
    totalBets: state.totalBets,
  }
}

/** A phase begins; what waited for a round is in it from then on. */
export function phased(
  table: Table,
  { roundId, phase, duration, timestamp }: CrashEvents['CRASH_PHASE_CHANGE'],
  now: number,
): Table {
  const ends = duration === null ? null : deadline(timestamp, duration, now, duration)
  if (phase !== 'betting' || roundId === table.roundId) return { ...table, roundId, phase, ends }
  return {
    ...{ roundId, phase, ends, crashPoint: null },
    seats: table.seats.map(({ queued }) => ({ bet: queued && begun(queued), queued: null })),
    players: new Map(),
    totalPlayers: 0,
    totalBets: '0',
  }
}

/** The flight is over. */
export function ended(table: Table, told: CrashEvents['CRASH_ROUND_END'], now: number): Table {
  const { roundId, crashPoint, nextRoundIn, timestamp } = told
  const ends = deadline(timestamp, nextRoundIn, now, nextRoundIn)
  return { ...table, roundId, phase: 'waiting', crashPoint, ends }
}

/** A player's bets have changed, perhaps one's own: what auto cash-outs came to is told here first. */
export function moved(
  table: Table,
  { action, player, totalPlayers, totalBets }: CrashEvents['CRASH_PLAYER_UPDATE'],
  me: string | null,
): Table {
  const players = new Map(table.players)
  const { playerId, bets } = player
  if (action === 'LEFT' || bets.length === 0) players.delete(playerId)
  else if (players.has(playerId) || players.size < mostPlayers || playerId === me)
    players.set(playerId, player)
  const changed = { ...table, players, totalPlayers, totalBets }
  return playerId === me ? settled(changed, bets) : changed
}

/** One's own bets as they are now. */
export function settled(table: Table, bets: readonly CrashBet[]): Table {
  return withSeats(table, (seat, slot) => {
    const now = bets.find(({ slotId, status }) => slotId === slot && status !== 'pending')
    return now === undefined ? seat : { ...seat, bet: { ...seat.bet, ...now } }
  })
}

/** Bets were taken, for this round or for the next. */
export function placed(table: Table, answer: CrashRequests['PLACE_BET']['answer']): Table {
  return withSeats(table, (seat, slot) => {
    const bet = answer.slots.find(({ slotId }) => slotId === slot)
    if (bet === undefined) return seat
    if (answer.roundId === null) return { ...seat, queued: bet }
    return answer.roundId === table.roundId ? { ...seat, bet } : seat
  })
}

/** Bets were cashed out in the round in which that was asked for. */
export function cashedOut(
  table: Table,
  { results }: CrashRequests['CASH_OUT']['answer'],
  roundId: string | null,
): Table {
  if (roundId !== table.roundId) return table
  return withSeats(table, (seat, slot) => {
    const won = results.find(({ slotId }) => slotId === slot)
    if (won === undefined || seat.bet === null) return seat
    const { multiplier: cashOutMultiplier, winAmount } = won
    return { ...seat, bet: { ...seat.bet, status: 'cashed_out', cashOutMultiplier, winAmount } }
  })
}

/** Bets were taken back. */
export function takenBack(table: Table, slots: readonly number[]): Table {
  return withSeats(table, (seat, slot) => {
    if (!slots.includes(slot)) return seat
    return seat.queued === null ? free : { ...seat, queued: null }
  })
}

function withSeats(table: Table, change: (seat: Seat, slot: number) => Seat): Table {
  return { ...table, seats: table.seats.map((seat, index) => change(seat, index + 1)) }
}

function begun(bet: CrashBet): CrashBet {
  return { ...bet, status: 'active' }
}

function deadline(told: number, ms: number, now: number, length: number): Deadline {
  return { server: told + ms, here: now + ms, length }
}
