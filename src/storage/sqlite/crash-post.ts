import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import { extend } from './skip.ts'

/** Our own accounts; every other one is a player's. */
export const escrow = 1
/** Wins what players lose, pays what they win. */
export const house = 2
/** Where money from and to the outside stands. */
export const treasury = 3

/** Why money moves on a player's account: against which of ours, and whether the player gets it. */
export const movements = {
  stake: { against: escrow, gets: false },
  cancel: { against: escrow, gets: true },
  refund: { against: escrow, gets: true },
  return: { against: escrow, gets: true },
  profit: { against: house, gets: true },
  grant: { against: treasury, gets: true },
  credit: { against: treasury, gets: true },
  debit: { against: treasury, gets: false },
  credit_rollback: { against: treasury, gets: false },
  debit_rollback: { against: treasury, gets: true },
} as const

/** One of them. */
export type Movement = keyof typeof movements

/** One transfer from or to a player; `amount` in minor units, above 0. */
export interface Line {
  readonly kind: Movement
  readonly amount: number
  readonly ref?: string
  readonly round?: number | null
  readonly bet?: number
}

/** Writes transfers; what comes together on our own accounts is written at `close`. */
export interface Posting {
  /** Moves money of a player, line after line, and answers the balance after each. Refuses INSUFFICIENT_BALANCE, and INVALID_AMOUNT for what would not be exact any more. */
  move(account: number, lines: readonly Line[]): readonly number[]
  /** Moves money between two of our own accounts, whose transfer is written elsewhere. */
  shift(from: number, to: number, amount: number): void
  close(): void
}

interface Purse {
  readonly balance: number
  readonly entries: number
  readonly spine: string
}

/** A posting at `at` (epoch ms). */
export function posting(db: Database, at: number): Posting {
  const sums = new Map<number, number>()
  const insert = db.query(
    `INSERT INTO transfer (debit, credit, amount, kind, ref, round, bet, at, entry, balance, previous, jump)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )

  function add(account: number, amount: number): void {
    const before = sums.get(account) ?? 0
    if (Number.isSafeInteger(before + amount)) return void sums.set(account, before + amount)
    change(db, account, before)
    sums.set(account, amount)
  }

  function move(account: number, lines: readonly Line[]): number[] {
    const purse = purseOf(db, account)
    let { balance, entries } = purse
    let spine: readonly number[] = JSON.parse(purse.spine)
    const needed = required(lines)
    if (needed > balance) throw insufficient(needed, balance)
    const balances = lines.map(({ kind, amount, ref = null, round = null, bet = null }) => {
      const { against, gets } = movements[kind]
      const [debit, credit] = gets ? [against, account] : [account, against]
      balance = exact(gets ? balance + amount : balance - amount)
      entries++
      const { previous, jump, spine: next } = extend(spine, { version: entries, row: 0 })
      const { lastInsertRowid } = insert.run(
        ...[debit, credit, amount, kind, ref, round, bet, at, entries, balance, previous, jump],
      )
      spine = next.with(-1, Number(lastInsertRowid))
      add(against, gets ? -amount : amount)
      return balance
    })
    db.query('UPDATE account SET balance = ?, entries = ?, spine = ? WHERE id = ?').run(
      balance,
      entries,
      JSON.stringify(spine),
      account,
    )
    return balances
  }

  return {
    move,
    shift(from, to, amount) {
      add(from, -amount)
      add(to, amount)
    },
    close() {
      for (const [account, amount] of sums) if (amount !== 0) change(db, account, amount)
      sums.clear()
    },
  }
}

/** The refusal of what costs more than there is; both in minor units. */
export function insufficient(required: number, available: number, status?: number): Refusal {
  const details = { required, available }
  return new Refusal('INSUFFICIENT_BALANCE', 'The balance is too low', details, status)
}

function purseOf(db: Database, account: number): Purse {
  const purse = db
    .query<Purse, [number]>(
      "SELECT balance, entries, spine FROM account WHERE id = ? AND kind = 'player'",
    )
    .get(account)
  if (purse === null) throw new Error(`There is no player's account ${account}`)
  return purse
}

/** What lines take before they give. */
function required(lines: readonly Line[]): number {
  let sum = 0
  for (const { kind, amount } of lines) if (!movements[kind].gets) sum += amount
  return exact(sum)
}

function exact(sum: number): number {
  if (Number.isSafeInteger(sum)) return sum
  throw tooLarge()
}

function change(db: Database, account: number, amount: number): void {
  try {
    db.query('UPDATE account SET balance = balance + ? WHERE id = ?').run(amount, account)
  } catch (error) {
    // Escrow is the only one of ours that is bounded, and below 0 it never comes: that would be a bug.
    if (amount > 0 && /account_balance/.test((error as Error).message)) throw tooLarge()
    throw error
  }
}

function tooLarge(): Refusal {
  return new Refusal('INVALID_AMOUNT', 'The sum would be too large')
}
