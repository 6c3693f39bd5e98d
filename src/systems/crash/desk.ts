import type { Clock } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import type { Door } from './door.ts'
import type { Doubts } from './doubts.ts'
import type { Game, ReadStakes, Wish } from './game.ts'
import { isUnknown } from './insist.ts'
import type { Cancelled, CashedOut, Command, Exit, Ledger, Placed, Stake } from './ledger.ts'
import type { Reaching } from './reaching.ts'
import type { Held, Seats } from './seats.ts'
import { overExposed, weigh, type Limits } from './stakes.ts'
import type { Table } from './table.ts'

/** What the desk works with. */
export interface DeskParts {
  readonly ledger: Pick<Ledger, 'place' | 'cancel' | 'cashOut' | 'answered'>
  readonly clock: Clock
  readonly door: Door
  readonly table: Table
  readonly doubts: Doubts
  readonly limits: Limits
  /** The highest multiplier that a round can reach now or next, hundredths. */
  readonly cap: () => number
  /** How long repeats get the first answer, ms. */
  readonly window: number
  /** Why no bets are taken, null while they are. */
  readonly closed: () => Refusal | null
  readonly reaching: () => Reaching | null
}

/** Takes the commands of players. Each is judged by when it came; what would be refused is looked up first, since it may be a repeat (R30). */
export function createDesk(parts: DeskParts): Pick<Game, 'place' | 'cancel' | 'cashOut'> {
  const { ledger, door, table, doubts } = parts

  /** The first answer to a command that is refused now; the refusal when there is none. */
  async function firstAnswer<Answer>(command: Command, refusal: unknown): Promise<Answer> {
    if (!(refusal instanceof Refusal)) throw refusal
    const first = await ledger.answered(command)
    if (first === null) throw refusal
    return first as Answer
  }

  async function place(wish: Wish, read: ReadStakes, nextRound: boolean): Promise<Placed> {
    const { person } = wish
    const command = commandOf(wish, parts)
    let order: Order
    try {
      order = orderOf(wish, read, nextRound, parts)
    } catch (error) {
      return firstAnswer(command, error)
    }
    const { round, stakes, profits, seats } = order
    doubts.mustHaveRoom()
    const release = seats.reserve(order.exposure)
    try {
      const placed = await ledger.place(command, round, stakes)
      release()
      if (doubts.repeated(command)) table.found(person, placed, profits)
      else table.placed(person, placed, profits)
      return placed
    } catch (error) {
      if (!isUnknown(error)) release()
      else {
        doubts.settle(command, (answer) => {
          release()
          if (answer !== null) table.found(person, answer as Placed, profits)
        })
      }
      throw error
    }
  }

  async function cancel(wish: Wish, slot: number): Promise<Cancelled> {
    const command = commandOf(wish, parts)
    let bets: readonly number[]
    try {
      bets = cancellable(wish, slot, table).map(({ id }) => id)
    } catch (error) {
      return firstAnswer(command, error)
    }
    const adopt = (answer: Cancelled) => table.cancelled(answer.bets)
    return written(command, () => ledger.cancel(command, bets), adopt)
  }

  async function cashOut(wish: Wish, slot: number | null, all: boolean): Promise<CashedOut> {
    const command = commandOf(wish, parts)
    let exits: readonly Exit[]
    try {
      exits = exitsOf(wish, slot, all, table)
      for (let busy = leaving(exits); busy !== null; busy = leaving(exits)) {
        await busy
        exits = exitsOf(wish, slot, all, table)
      }
    } catch (error) {
      return firstAnswer(command, error)
    }
    const adopt = (answer: CashedOut) => answer.wins.forEach((win) => table.won(win))
    return written(command, () => ledger.cashOut(command, exits), adopt)
  }

  /** What is just being cashed out by itself is waited for. */
  function leaving(exits: readonly Exit[]): Promise<void> | null {
    return parts.reaching()?.underWay(exits.map(({ bet }) => bet)) ?? null
  }

  async function written<Answer>(
    command: Command,
    write: () => Promise<Answer>,
    adopt: (answer: Answer) => void,
  ): Promise<Answer> {
    doubts.mustHaveRoom()
    try {
      const answer = await write()
      adopt(answer)
      return answer
    } catch (error) {
      if (isUnknown(error)) {
        doubts.settle(command, (answer) => {
          if (answer !== null) adopt(answer as Answer)
        })
      }
      throw error
    }
  }

  return {
    place: (wish, read, nextRound) =>
      door.enter(wish.person.account, () => place(wish, read, nextRound)),
    cancel: (wish, slot) => door.enter(wish.person.account, () => cancel(wish, slot)),
    cashOut: (wish, slot, all) => door.enter(wish.person.account, () => cashOut(wish, slot, all)),
  }
}

function commandOf(wish: Wish, { clock, window }: DeskParts): Command {
  const at = clock.now()
  return { account: wish.person.account, key: wish.key, body: wish.body, at, since: at - window }
}

/** Bets that may be placed. */
interface Order {
  /** Null: they wait for the next round. */
  readonly round: number | null
  readonly seats: Seats
  readonly stakes: readonly Stake[]
  readonly profits: ReadonlyMap<number, number>
  /** The most they could win together. */
  readonly exposure: number
}

function orderOf(
  { person, receivedAt }: Wish,
  read: ReadStakes,
  nextRound: boolean,
  { table, limits, cap, closed }: DeskParts,
): Order {
  const refusal = closed()
  if (refusal !== null) throw refusal
  const { round, seats } = seatsFor(receivedAt, nextRound, table)
  const free = (slot: number) => {
    if (seats.inSlot(person.account, slot) === null) return
    throw new Refusal('MAX_BETS_EXCEEDED', `Slot ${slot} has a bet already`, { slotId: slot })
  }
  const wished = read(free)
  for (const { slot } of wished) free(slot)
  const highest = cap()
  const weighed = wished.map((stake) => weigh(stake, highest, limits))
  const exposure = weighed.reduce((sum, { profit }) => sum + profit, 0)
  if (seats.exposure() + exposure > limits.maxExposure) throw overExposed(limits)
  const profits = new Map(weighed.map(({ stake, profit }) => [stake.slot, profit]))
  return { round, seats, stakes: weighed.map(({ stake }) => stake), profits, exposure }
}

/** Where bets go that came at an instant; the next round may have begun since they came. */
function seatsFor(
  receivedAt: number,
  nextRound: boolean,
  table: Table,
): { readonly round: number | null; readonly seats: Seats } {
  const round = table.round()
  const moment = round?.stage() === 'betting' ? round.moment(receivedAt) : null
  if (round !== null && moment === (nextRound ? 'before' : 'betting')) {
    return { round: round.id, seats: round.seats }
  }
  if (nextRound) return { round: null, seats: table.waiting }
  throw new Refusal('INVALID_PHASE', 'Bets are taken while betting')
}

/** The bets that a cancellation means: those of the round while it takes bets, those that wait at any time. */
function cancellable({ person, receivedAt }: Wish, slot: number, table: Table): readonly Held[] {
  const { account } = person
  const round = table.round()
  const isOpen = round?.stage() === 'betting' && receivedAt < round.deadline
  const own = isOpen ? round.seats.of(account) : []
  const bets = [...own, ...table.waiting.of(account)]
  const meant = slot === 0 ? bets : bets.filter(({ shown }) => shown.slot === slot).slice(0, 1)
  if (meant.length > 0) return meant
  if (isOpen) throw notFound(slot)
  throw new Refusal('INVALID_PHASE', 'Bets are cancelled while betting')
}

/** The bets that a cash-out means, at the multiplier of the instant it came (R4, R14). */
function exitsOf(
  { person: { account }, receivedAt }: Wish,
  slot: number | null,
  all: boolean,
  table: Table,
): readonly Exit[] {
  const round = table.round()
  const moment = round?.moment(receivedAt)
  if (round === null || moment === 'betting' || moment === 'locked' || round.stage() === 'void') {
    throw new Refusal('INVALID_PHASE', 'Bets are cashed out while flying')
  }
  if (moment !== 'flying' || round.stage() !== 'flying') {
    throw new Refusal('ROUND_ENDED', 'The round has ended')
  }
  const flown = round.flown(receivedAt)
  const multiplier = round.curve.multiplier(flown)
  return meantBy(round.seats, account, slot, all).map(({ id: bet }) => ({ bet, multiplier, flown }))
}

function meantBy(
  seats: Seats,
  account: number,
  slot: number | null,
  all: boolean,
): readonly Held[] {
  const active = seats.of(account).filter(({ shown }) => shown.status === 'active')
  if (all || slot === null) {
    if (active.length === 0 || (!all && active.length > 1)) throw notFound(slot)
    return active
  }
  const held = seats.inSlot(account, slot)
  if (held?.shown.status === 'cashed_out') {
    throw new Refusal('ALREADY_CASHED_OUT', `Slot ${slot} is cashed out already`, { slotId: slot })
  }
  if (held?.shown.status !== 'active') throw notFound(slot)
  return [held]
}

function notFound(slot: number | null): Refusal {
  return slot === null || slot === 0
    ? new Refusal('BET_NOT_FOUND', 'No such bet')
    : new Refusal('BET_NOT_FOUND', `No bet in slot ${slot}`, { slotId: slot })
}
