import type { Database } from 'bun:sqlite'
import type { Report } from './crash-audit.ts'
import { escrow, house, movements, treasury, type Movement } from './crash-post.ts'
import { extend } from './skip.ts'

/** Takes down what a transfer moved for its bet. */
export type Mark = (transfer: BetTransfer) => void

/** A transfer of a bet. */
export interface BetTransfer {
  readonly id: number
  readonly debit: number
  readonly credit: number
  readonly amount: number
  readonly kind: Movement | 'loss'
  readonly round: number | null
  readonly bet: number
  readonly at: number
}

interface TransferRow {
  readonly id: number
  readonly debit: number
  readonly credit: number
  readonly amount: number
  readonly kind: Movement | 'loss'
  readonly round: number | null
  readonly bet: number | null
  readonly at: number
  readonly entry: number | null
  readonly balance: number | null
  readonly previous: number | null
  readonly jump: number | null
}

/** What the transfers so far come to for one account. */
interface Purse {
  balance: bigint
  entries: number
  spine: readonly number[]
}

/** Adds all transfers up, from the first on: balances, entries and their pointers must come out of them. */
export function auditTransfers(db: Database, mark: Mark, report: Report): void {
  const purses = new Map<number, Purse>()
  const rows = db
    .query<TransferRow, []>(
      `SELECT id, debit, credit, amount, kind, round, bet, at, entry, balance, previous, jump
         FROM transfer ORDER BY id`,
    )
    .iterate()
  for (const transfer of rows) {
    const { id, debit, credit, amount, kind, round, bet } = transfer
    if (amount < 1) report(`transfer ${id}`, `Expected an amount above 0, found ${amount}`)
    const from = purseOf(purses, debit)
    const to = purseOf(purses, credit)
    from.balance -= BigInt(amount)
    to.balance += BigInt(amount)
    if (kind !== 'loss') auditEntry(transfer, movements[kind]?.gets ? to : from, report)
    if (bet !== null) mark({ ...transfer, bet })
    else if (round !== null)
      report(`transfer ${id}`, `Expected no round without a bet, found ${round}`)
  }
  auditAccounts(db, purses, report)
}

function purseOf(purses: Map<number, Purse>, account: number): Purse {
  let purse = purses.get(account)
  if (purse === undefined) {
    purse = { balance: 0n, entries: 0, spine: [] }
    purses.set(account, purse)
  }
  return purse
}

/** The entry must follow the player's one before, and remember the balance after it. */
function auditEntry(transfer: TransferRow, purse: Purse, report: Report): void {
  purse.entries++
  const { id, entry, balance, previous, jump } = transfer
  const next = extend(purse.spine, { version: purse.entries, row: id })
  purse.spine = next.spine
  const expected = { entry: purse.entries, previous: next.previous, jump: next.jump }
  differ({ entry, previous, jump }, expected, (fault) => report(`transfer ${id}`, fault))
  if (balance === null || BigInt(balance) !== purse.balance)
    report(`transfer ${id}`, `Expected the balance ${purse.balance} after it, found ${balance}`)
  if (purse.balance < 0n)
    report(`transfer ${id}`, `Expected no balance below 0, found ${purse.balance} after it`)
}

/** Tells each field that is not what it should be. */
export function differ<Row extends object>(
  found: Row,
  expected: Partial<Row>,
  tell: (fault: string) => void,
): void {
  for (const name of Object.keys(expected) as (keyof Row & string)[]) {
    if (found[name] !== expected[name])
      tell(`Expected ${name} ${String(expected[name])}, found ${String(found[name])}`)
  }
}

/** Amounts as text: what stands on our own accounts may be beyond exact numbers. */
interface AccountRow {
  readonly id: number
  readonly balance: string
  readonly entries: number
  readonly spine: string
}

function auditAccounts(db: Database, purses: Map<number, Purse>, report: Report): void {
  let sum = 0n
  const accounts = db
    .query<AccountRow, []>(
      'SELECT id, CAST(balance AS TEXT) AS balance, entries, spine FROM account ORDER BY id',
    )
    .iterate()
  for (const { id, balance, entries, spine } of accounts) {
    const row = `account ${id}`
    const purse = purseOf(purses, id)
    purses.delete(id)
    sum += BigInt(balance)
    if (BigInt(balance) !== purse.balance)
      report(row, `Expected the balance ${purse.balance} by its transfers, found ${balance}`)
    if (BigInt(balance) < 0n && !mayOwe.has(id))
      report(row, `Expected no balance below 0, found ${balance}`)
    const { entries: counted, spine: places } = mine.has(id) ? noEntries : purse
    const expected = { entries: counted, spine: JSON.stringify(places) }
    differ({ entries, spine }, expected, (fault) => report(row, fault))
  }
  for (const id of purses.keys())
    report(`account ${id}`, 'Expected an account, found only its transfers')
  if (sum !== 0n) report('account', `Expected that all balances come to 0, found ${sum}`)
}

/** Entries are counted on the player's side. */
const noEntries = { entries: 0, spine: [] }
const mine: ReadonlySet<number> = new Set([escrow, house, treasury])
const mayOwe: ReadonlySet<number> = new Set([house, treasury])
