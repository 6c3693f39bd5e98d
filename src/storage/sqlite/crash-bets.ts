import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import {
  mostBrought,
  mostWin,
  winOf,
  type Bet,
  type Cancelled,
  type CashedOut,
  type Command,
  type Exit,
  type Placed,
  type Stake,
  type Win,
} from '../../systems/crash/ledger.ts'
import { once } from './crash-commands.ts'
import { posting, type Posting } from './crash-post.ts'
import { codeOf } from './failure.ts'
import type { Context } from './procedure.ts'

/** A bet with what the ledger knows of it besides. */
export interface BetRow extends Bet {
  readonly round: number | null
}

/** Takes stakes into escrow, all or none. Refuses MAX_BETS_EXCEEDED, then INVALID_AMOUNT, then INSUFFICIENT_BALANCE. */
export function place(
  context: Context,
  { command, round, stakes }: { command: Command; round: number | null; stakes: readonly Stake[] },
): Placed {
  return once(context, command, () => {
    const { db } = context
    const { account, at } = command
    if (round !== null) mustBeOpen(db, round)
    const bets = stakes.map((stake) => seat(db, command, round, stake))
    for (const stake of stakes) mustFit(stake)
    const post = posting(db, at)
    const lines = bets.map(({ id, amount }) => ({ kind: 'stake', amount, round, bet: id }) as const)
    const balance = post.move(account, lines).at(-1)!
    post.close()
    // What six bets win fits above this, but no more.
    if (balance > mostBrought) throw new Refusal('INVALID_AMOUNT', 'The balance is too large')
    return { round, bets, balance, at }
  })
}

/** Gives bets of an account back, all or none. */
export function cancel(
  context: Context,
  { command, bets: ids }: { command: Command; bets: readonly number[] },
): Cancelled {
  return once(context, command, () => {
    const { db } = context
    const { account, at } = command
    const bets = [...new Set(ids)].map((id) => ownBet(db, account, id))
    if (bets.length < ids.length) throw notFound()
    for (const { status } of bets) {
      if (status !== 'active' && status !== 'pending') throw notFound()
    }
    const post = posting(db, at)
    const balance = giveBack(db, post, { account, bets, kind: 'cancel', at })
    post.close()
    const refund = bets.reduce((sum, { amount }) => sum + amount, 0)
    return { slots: bets.map(({ slot }) => slot), bets: ids, refund, balance, at }
  })
}

/** Pays active bets of an account out, all or none. */
export function cashOut(
  context: Context,
  { command, exits }: { command: Command; exits: readonly Exit[] },
): CashedOut {
  return once(context, command, () => {
    const { db } = context
    const { account, at } = command
    const post = posting(db, at)
    const wins = exits.map(({ bet: id, multiplier, flown }) => {
      const bet = ownBet(db, account, id)
      if (bet.status === 'won') throw new Refusal('ALREADY_CASHED_OUT', 'The bet has been paid out')
      if (bet.status !== 'active') throw notFound()
      const reached = bet.target !== null && bet.target < multiplier
      const way = reached ? { multiplier: bet.target, flown: null } : { multiplier, flown }
      return win(db, post, bet, { ...way, at })
    })
    post.close()
    return { wins, balance: wins.at(-1)!.balance, at }
  })
}

/** Pays bets out at their targets. */
export function reach(
  { db }: Context,
  { bets, at }: { bets: readonly number[]; at: number },
): readonly Win[] {
  const post = posting(db, at)
  const wins = bets.flatMap((id) => {
    const bet = betOf(db, id)
    if (bet === null || bet.target === null) return []
    if (bet.status === 'won') return wonAtTarget(db, [id])
    if (bet.status !== 'active') return []
    return win(db, post, bet, { multiplier: bet.target, flown: null, at })
  })
  post.close()
  return wins
}

/** How a bet ends well: `flown` null when it reached its target. */
interface Way {
  readonly multiplier: number
  readonly flown: number | null
  readonly at: number
}

/** Pays an active bet out. */
export function win(
  db: Database,
  post: Posting,
  { id, account, slot, amount, round }: BetRow,
  { multiplier, flown, at }: Way,
): Win {
  const payout = winOf(amount, multiplier)
  if (payout > mostWin) throw new Refusal('INVALID_AMOUNT', 'The win would be too large')
  const back = { kind: 'return', amount, round, bet: id } as const
  const profit = { kind: 'profit', amount: payout - amount, round, bet: id } as const
  const balance = post.move(account, payout > amount ? [back, profit] : [back]).at(-1)!
  db.query(
    "UPDATE bet SET status = 'won', multiplier = ?, payout = ?, flown = ?, ended_at = ? WHERE id = ?",
  ).run(multiplier, payout, flown, at, id)
  return { bet: id, account, slot, amount, multiplier, payout, balance }
}

/** Bets of one account on their way back to it. */
interface GivenBack {
  readonly account: number
  readonly bets: readonly BetRow[]
  readonly kind: 'cancel' | 'refund'
  readonly at: number
}

/** Gives bets back and answers the balance after it. */
export function giveBack(
  db: Database,
  post: Posting,
  { account, bets, kind, at }: GivenBack,
): number {
  const lines = bets.map(({ id, amount, round }) => ({ kind, amount, round, bet: id }))
  const balance = post.move(account, lines).at(-1)!
  const end = db.query('UPDATE bet SET status = ?, seat = NULL, ended_at = ? WHERE id = ?')
  const status = kind === 'cancel' ? 'cancelled' : 'refunded'
  for (const { id } of bets) end.run(status, at, id)
  return balance
}

/** Those of some bets that won at their targets, with the balances of now. */
export function wonAtTarget(db: Database, bets: readonly number[]): Win[] {
  const read = db.query<Win, [number]>(
    `SELECT b.id AS bet, b.account, b.slot, b.amount, b.multiplier, b.payout, a.balance
       FROM bet b JOIN account a ON a.id = b.account
       WHERE b.id = ? AND b.status = 'won' AND b.flown IS NULL`,
  )
  return bets.map((id) => read.get(id)).filter((won) => won !== null)
}

/** What a bet is read with. */
export const betColumns = 'id, account, slot, amount, target, status, round'

function betOf(db: Database, id: number): BetRow | null {
  return db.query<BetRow, [number]>(`SELECT ${betColumns} FROM bet WHERE id = ?`).get(id)
}

function ownBet(db: Database, account: number, id: number): BetRow {
  const bet = betOf(db, id)
  if (bet?.account !== account) throw notFound()
  return bet
}

function notFound(): Refusal {
  return new Refusal('BET_NOT_FOUND', 'No such bet is in play')
}

function mustBeOpen(db: Database, round: number): void {
  const found = db.query<{ status: string }, [number]>('SELECT status FROM round WHERE id = ?')
  if (found.get(round)?.status !== 'open')
    throw new Refusal('INVALID_PHASE', `Round "${round}" takes no bets`)
}

function mustFit({ amount, target }: Stake): void {
  if (winOf(amount, target ?? 100) > mostWin)
    throw new Refusal('INVALID_AMOUNT', 'The bet would be too large')
}

/** Writes a bet whose money is yet to come. The indexes of slots decide whether there is room for it. */
function seat(db: Database, { account, at }: Command, round: number | null, stake: Stake): Bet {
  const { slot, amount, target } = stake
  const status = round === null ? 'pending' : 'active'
  try {
    const { lastInsertRowid } = db
      .query(
        'INSERT INTO bet (account, slot, amount, target, round, status, seat, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(account, slot, amount, target, round, status, round === null ? 0 : 1, at)
    return { id: Number(lastInsertRowid), account, slot, amount, target, status }
  } catch (error) {
    if (codeOf(error) !== 'SQLITE_CONSTRAINT_UNIQUE') throw error
    throw new Refusal('MAX_BETS_EXCEEDED', `Slot ${slot} has a bet already`, { slot })
  }
}
