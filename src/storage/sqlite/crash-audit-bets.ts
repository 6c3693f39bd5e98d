import type { Database } from 'bun:sqlite'
import type { BetStatus } from '../../systems/crash/ledger.ts'
import type { Report } from './crash-audit.ts'
import { differ, type BetTransfer, type Mark } from './crash-audit-transfers.ts'
import { escrow, house } from './crash-post.ts'

/** A bet as the audit reads it. */
export interface BetRow {
  readonly id: number
  readonly account: number
  readonly amount: number
  readonly slot: number
  readonly target: number | null
  readonly round: number | null
  readonly status: BetStatus
  readonly multiplier: number | null
  readonly payout: number | null
  readonly at: number
  readonly endedAt: number | null
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

/** What a stored answer says of a bet: that it was placed, or that it ended. */
const claims = { placed: 64, ended: 128 } as const

/** Looks a bet up for an answer that names it; null when there is none. `again`: another answer has named it for the same. */
export type Claim = (
  id: number,
  as: keyof typeof claims,
) => { readonly bet: BetRow; readonly again: boolean } | null

/** Compares each bet with its transfers, as `mark` brings them, and at the `finish` with its round. */
export function betAudit(
  db: Database,
  report: Report,
): { readonly mark: Mark; readonly claim: Claim; readonly finish: () => void } {
  const seen = createBits(db)
  const columns = `id, account, amount, slot, target, round, status, multiplier, payout, at,
    ended_at AS endedAt`
  const read = db.query<BetRow, [number]>(`SELECT ${columns} FROM bet WHERE id = ?`)

  function mark(transfer: BetTransfer): void {
    const { id, kind } = transfer
    const bet = read.get(transfer.bet)
    const row = `transfer ${id}`
    if (bet === null) return report(row, `Expected a bet ${transfer.bet}, found none`)
    const bit = bits[kind as Kind]
    if (bit === undefined) return report(row, `Expected no bet beside "${kind}"`)
    if (seen.set(bet.id, bit))
      report(row, `Expected one transfer of bet ${bet.id} as "${kind}", found another`)
    const { debit, credit, amount, round, at } = transfer
    const expected = { ...wayOf(bet, kind as Kind), ...momentOf(bet, transfer) }
    differ({ debit, credit, amount, round, at }, expected, (fault) => report(row, fault))
  }

  function finish(): void {
    let atStake = 0n
    for (const bet of db.query<BetRow, []>(`SELECT ${columns} FROM bet ORDER BY id`).iterate()) {
      const { id, status, amount } = bet
      if (status === 'pending' || status === 'active') atStake += BigInt(amount)
      const found = seen.of(id) & ~(claims.placed | claims.ended)
      const wanted = kindsOf(bet).reduce((sum, kind) => sum | bits[kind], 0)
      if (found !== wanted)
        report(`bet ${id}`, `Expected the transfers ${listed(wanted)}, found ${listed(found)}`)
    }
    const account = db
      .query<{ balance: string }, [number]>(
        'SELECT CAST(balance AS TEXT) AS balance FROM account WHERE id = ?',
      )
      .get(escrow)
    const balance = account?.balance ?? '0'
    if (BigInt(balance) !== atStake)
      report(`account ${escrow}`, `Expected ${atStake} at stake by open bets, found ${balance}`)
  }

  return {
    mark,
    claim(id, as) {
      const bet = read.get(id)
      return bet && { bet, again: seen.set(id, claims[as]) }
    },
    finish,
  }
}

/** A byte for each bet, since a ledger has millions of them; ids that nobody counted up to are kept apart. */
function createBits(db: Database) {
  const { bets } = db.query<{ bets: number }, []>('SELECT count(*) AS bets FROM bet').get()!
  const near = new Uint8Array(bets + 1)
  const far = new Map<number, number>()
  const of = (id: number) => near[id] ?? far.get(id) ?? 0
  return {
    of,
    /** True when it was set already. */
    set(id: number, bit: number): boolean {
      const before = of(id)
      if (id < near.length) near[id] = before | bit
      else far.set(id, before | bit)
      return (before & bit) !== 0
    },
  }
}

/** The round and time of a bet's transfer: those of the bet; what was staked before the round began knows none. */
function momentOf(
  { round, at, endedAt }: BetRow,
  { kind, round: found }: BetTransfer,
): Partial<Pick<BetTransfer, 'round' | 'at'>> {
  if (kind !== 'stake') return { round, at: endedAt ?? 0 }
  return found === null ? { at } : { round, at }
}

/** The transfers that a bet must have. */
function kindsOf({ status, amount, payout }: BetRow): readonly Kind[] {
  const ending = endings[status] ?? []
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
