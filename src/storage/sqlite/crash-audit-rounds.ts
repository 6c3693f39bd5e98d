import type { Database } from 'bun:sqlite'
import { parseCurve, type Curve } from '../../systems/crash/curve.ts'
import { winOf, type BetStatus } from '../../systems/crash/ledger.ts'
import type { Report } from './crash-audit.ts'
import { differ } from './crash-audit-transfers.ts'

interface RoundRow {
  readonly id: number
  readonly status: 'open' | 'ended' | 'void'
  readonly curve: string
  readonly crash: number | null
  readonly flown: number | null
  readonly bets: number
  readonly staked: number
  readonly paid: number
  readonly endedAt: number | null
}

interface BetRow {
  readonly id: number
  readonly account: number
  readonly slot: number
  readonly round: number | null
  readonly amount: number
  readonly target: number | null
  readonly status: BetStatus
  readonly multiplier: number | null
  readonly payout: number | null
  readonly flown: number | null
  readonly endedAt: number | null
}

/** Judges every bet by its round again, and adds the rounds' totals up. */
export function auditRounds(db: Database, report: Report): void {
  const bets = db.query<BetRow, [number]>(
    `SELECT id, account, slot, round, amount, target, status, multiplier, payout, flown,
         ended_at AS endedAt
       FROM bet WHERE round = ? AND seat = 1 ORDER BY account, slot, id`,
  )
  const rounds = db
    .query<RoundRow, []>(
      `SELECT id, status, curve, crash, flown, bets, staked, paid, ended_at AS endedAt
         FROM round ORDER BY id`,
    )
    .iterate()
  for (const round of rounds) auditRound(round, bets.iterate(round.id), report)
  auditStrays(db, report)
}

function auditRound(round: RoundRow, bets: Iterable<BetRow>, report: Report): void {
  const row = `round ${round.id}`
  const curve = parseCurve(round.curve)
  if (curve === null) return report(row, `Expected a curve, found "${round.curve}"`)
  const totals = { bets: 0, staked: 0, paid: 0 }
  let seat = ''
  for (const bet of bets) {
    totals.bets++
    totals.staked += bet.amount
    totals.paid += bet.payout ?? 0
    const fault = (text: string) => report(`bet ${bet.id}`, text)
    if (seat === `${bet.account}/${bet.slot}`) fault(`Expected one bet in slot ${bet.slot}`)
    seat = `${bet.account}/${bet.slot}`
    judge(bet, round, curve, fault)
  }
  if (round.status !== 'open') differ(round, totals, (fault) => report(row, fault))
  if (round.crash === null) return
  const { flown } = round
  differ({ flown }, { flown: curve.flight(round.crash) }, (fault) => report(row, fault))
}

/** What a bet came to must follow from its target, its exit and the round. */
function judge(bet: BetRow, round: RoundRow, curve: Curve, fault: (text: string) => void): void {
  const { status, target } = bet
  const { crash } = round
  const over = round.status !== 'open'
  if (status === 'active' && over) return fault(`Expected an end with its round ${round.id}`)
  if (status === 'lost' && crash === null) return fault('Expected no loss without a crash')
  if (status === 'lost' && target !== null && target <= crash!)
    return fault(`Expected a win at its target ${target}, for the crash was at ${crash}`)
  if (status === 'lost' && bet.endedAt !== round.endedAt)
    fault(`Expected an end at ${round.endedAt} with its round ${round.id}, found ${bet.endedAt}`)
  if (status === 'won') judgeWin(bet, round, curve, fault)
}

function judgeWin(
  { amount, target, multiplier, payout, flown }: BetRow,
  round: RoundRow,
  curve: Curve,
  fault: (text: string) => void,
): void {
  const due = flown === null ? target : curve.multiplier(flown)
  if (due === null) return fault('Expected a target or a time of flight, found neither')
  differ({ multiplier, payout }, { multiplier: due, payout: winOf(amount, multiplier ?? 0) }, fault)
  if (target !== null && multiplier! > target)
    fault(`Expected no more than its target ${target}, found ${multiplier}`)
  if (round.crash !== null && multiplier! > round.crash)
    fault(`Expected no more than the crash at ${round.crash}, found ${multiplier}`)
  if (round.flown !== null && flown !== null && flown >= round.flown)
    fault(`Expected an exit before ${round.flown} ms, found ${flown}`)
}

/** Bets that no round holds: they are seen from there alone. */
function auditStrays(db: Database, report: Report): void {
  const strays = db
    .query<{ id: number; round: number; status: BetStatus }, []>(
      `SELECT b.id, b.round, b.status FROM bet b LEFT JOIN round r ON r.id = b.round
         WHERE b.round IS NOT NULL AND r.id IS NULL`,
    )
    .iterate()
  for (const { id, round } of strays) report(`bet ${id}`, `Expected a round ${round}, found none`)
  const refunded = db
    .query<{ id: number; round: number; status: string; endedAt: number }, []>(
      `SELECT b.id, b.round, r.status, r.ended_at AS endedAt FROM bet b JOIN round r ON r.id = b.round
         WHERE b.status = 'refunded' AND (r.status <> 'void' OR r.ended_at IS NOT b.ended_at)`,
    )
    .iterate()
  for (const { id, round, status, endedAt } of refunded)
    report(
      `bet ${id}`,
      `Expected a void round ${round} at its end, found it ${status} at ${endedAt}`,
    )
}
