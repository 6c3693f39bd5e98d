import type { Database } from 'bun:sqlite'
import type { BetStatus } from '../../systems/crash/ledger.ts'
import type { Report } from './crash-audit.ts'
import { differ, type BetTransfer, type Mark } from './crash-audit-transfers.ts'
import { escrow, house } from './crash-post.ts'

interface BetRow {
  readonly id: number
  readonly account: number
  readonly amount: number
  readonly status: BetStatus
  readonly payout: number | null
}

/** A bet's transfers, a bit for each kind. */
const bits = { stake: 1, cancel: 2, refund: 4, return: 8, profit: 16, loss: 32 } as const
type Kind = keyof typeof bits
/** With what each status ends; a win without profit has no transfer of it. */
const endings: Record<BetStatus, readonly Kind[]> = {
  pending: [],
  active: [],
  won: ['return', 'profit'],
  lost: ['loss'],
  cancelled: ['cancel'],
  refunded: ['refund'],
}

/** Compares each bet with its transfers, as `mark` brings them, and at the `finish` with its round. */
export function betAudit(
  db: Database,
  report: Report,
): { readonly mark: Mark; readonly finish: () => void } {
  const { last } = db
    .query<{ last: number }, []>('SELECT coalesce(max(id), 0) AS last FROM bet')
    .get()!
  // A byte for each bet: a ledger has millions of them.
  const moved = new Uint8Array(last + 1)
  const columns = 'id, account, amount, status, payout'
  const read = db.query<BetRow, [number]>(`SELECT ${columns} FROM bet WHERE id = ?`)

  function mark(transfer: BetTransfer): void {
    const { id, kind } = transfer
    const bet = read.get(transfer.bet)
    const row = `transfer ${id}`
    if (bet === null) return report(row, `Expected a bet ${transfer.bet}, found none`)
    const bit = bits[kind as Kind]
    if (bit === undefined) return report(row, `Expected no bet beside "${kind}"`)
    if ((moved[bet.id]! & bit) !== 0)
      report(row, `Expected one transfer of bet ${bet.id} as "${kind}", found another`)
    moved[bet.id]! |= bit
    const { debit, credit, amount } = transfer
    differ({ debit, credit, amount }, wayOf(bet, kind as Kind), (fault) => report(row, fault))
  }

  function finish(): void {
    let atStake = 0n
    for (const bet of db.query<BetRow, []>(`SELECT ${columns} FROM bet ORDER BY id`).iterate()) {
      const { id, status, amount } = bet
      if (status === 'pending' || status === 'active') atStake += BigInt(amount)
      const found = moved[id]!
      const wanted = kindsOf(bet).reduce((sum, kind) => sum | bits[kind], 0)
      if (found !== wanted)
        report(`bet ${id}`, `Expected the transfers ${listed(wanted)}, found ${listed(found)}`)
    }
    const { balance } = db
      .query<{ balance: string }, [number]>(
        'SELECT CAST(balance AS TEXT) AS balance FROM account WHERE id = ?',
      )
      .get(escrow)!
    if (BigInt(balance) !== atStake)
      report(`account ${escrow}`, `Expected ${atStake} at stake by open bets, found ${balance}`)
  }
  return { mark, finish }
}

/** The transfers that a bet must have. */
function kindsOf({ status, amount, payout }: BetRow): readonly Kind[] {
  const ending = endings[status]
  return ['stake', ...(status === 'won' && payout === amount ? ending.slice(0, 1) : ending)]
}

/** Between whom a bet's transfer of a kind moves how much. */
function wayOf(
  { account, amount, payout }: BetRow,
  kind: Kind,
): { readonly debit: number; readonly credit: number; readonly amount: number } {
  if (kind === 'stake') return { debit: account, credit: escrow, amount }
  if (kind === 'loss') return { debit: escrow, credit: house, amount }
  if (kind === 'profit') return { debit: house, credit: account, amount: (payout ?? 0) - amount }
  return { debit: escrow, credit: account, amount }
}

function listed(mask: number): string {
  const names = Object.entries(bits).filter(([, bit]) => (mask & bit) !== 0)
  return names.map(([name]) => name).join(' + ') || 'none'
}
