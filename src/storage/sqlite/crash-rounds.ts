import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Begun, Bet, Draw, Ended, Ending, Refund } from '../../systems/crash/ledger.ts'
import { betColumns, giveBack, win, wonAtTarget, type BetRow } from './crash-bets.ts'
import { hashAt } from './crash-chains.ts'
import { escrow, house, posting } from './crash-post.ts'
import type { Context } from './procedure.ts'

/** Opens the next round, burns its hash and seats the bets that waited. */
export function begin(
  { db }: Context,
  { draw, curve, at }: { draw: Draw; curve: string; at: number },
): Begun {
  const open = openRounds(db)
  if (open.length > 0) throw new Refusal('CONFLICT', `Round "${open[0]}" is still open`)
  const round = nextRound(db, at)
  const { chain, index, hash } = draw.source === 'chain' ? burn(db, draw.chain, curve) : none
  db.query(
    `INSERT INTO round (id, source, chain, position, hash, curve, status, started_at)
       VALUES (?, ?, ?, ?, ?, ?, 'open', ?)`,
  ).run(round, draw.source, chain, index, hash, curve, at)
  const waiting = db
    .query<Bet & { player: string }, []>(
      `SELECT b.id, b.account, b.slot, b.amount, b.target, 'active' AS status, a.player
         FROM bet b INDEXED BY bet_waiting JOIN account a ON a.id = b.account
         WHERE b.seat = 0 ORDER BY b.id`,
    )
    .all()
  db.query("UPDATE bet SET status = 'active', round = ?, seat = 1 WHERE seat = 0").run(round)
  return { round, hash, index, taken: waiting }
}

/** Ends a round: targets up to the crash point win, the rest lose. */
export function end({ db }: Context, ending: Ending): Ended {
  const { round, crash, flown, flewAt, at } = ending
  const before = statusOf(db, round)
  if (before.status !== 'open') return endedBefore(db, ending, before)
  const post = posting(db, at)
  const reached = db
    .query<BetRow & { target: number }, [number, number]>(
      `SELECT ${betColumns} FROM bet WHERE ${seated} AND status = 'active' AND target <= ?
         ORDER BY target, id`,
    )
    .all(round, crash)
  const wins = reached.map((bet) => win(db, post, bet, { multiplier: bet.target, flown: null, at }))
  const lost = losses(db, round, 'active')
  db.query(
    `INSERT INTO transfer (debit, credit, amount, kind, round, bet, at)
       SELECT ?, ?, amount, 'loss', round, id, ? FROM bet WHERE ${seated} AND status = 'active'`,
  ).run(escrow, house, at, round)
  db.query(
    `UPDATE bet SET status = 'lost', ended_at = ? WHERE ${seated} AND status = 'active'`,
  ).run(at, round)
  for (const { amount } of lost) post.shift(escrow, house, amount)
  post.close()
  const { bets, staked, paid } = totalsOf(db, round)
  db.query(
    `UPDATE round SET status = 'ended', crash = ?, flown = ?, flew_at = ?, ended_at = ?, bets = ?,
       staked = ?, paid = ? WHERE id = ?`,
  ).run(crash, flown, flewAt, at, bets, staked, paid, round)
  return { wins, lost, staked, paid }
}

/** Ends a round without a result. */
export function voidRound(
  { db }: Context,
  { round, at }: { round: number; at: number },
): readonly Refund[] {
  const { status, refunds } = statusOf(db, round)
  if (status === 'ended') throw new Refusal('CONFLICT', `Round "${round}" has ended`)
  if (refunds !== null) return JSON.parse(refunds)
  const given = refund(db, activeBets(db, round), at)
  close(db, round, given, at)
  return given
}

/** Voids what is open and gives back what waits, too. */
export function recover(
  { db }: Context,
  { at }: { at: number },
): { readonly rounds: readonly number[]; readonly refunds: readonly Refund[] } {
  const rounds = openRounds(db)
  const waiting = db
    .query<BetRow, []>(
      `SELECT ${betColumns} FROM bet INDEXED BY bet_waiting WHERE seat = 0 ORDER BY id`,
    )
    .all()
  const bets = [...rounds.flatMap((round) => activeBets(db, round)), ...waiting]
  const refunds = refund(db, bets, at)
  for (const round of rounds) close(db, round, refunds, at)
  return { rounds, refunds }
}

/** Bets that hold a seat of a round, in words that their index is found by. */
const seated = 'round = ? AND seat = 1'

interface Totals {
  readonly bets: number
  readonly staked: number
  readonly paid: number
}

/** Stakes and payouts of the bets of a round that were neither cancelled nor given back. */
export function totalsOf(db: Database, round: number): Totals {
  return db
    .query<Totals, [number]>(
      `SELECT count(*) AS bets, coalesce(sum(amount), 0) AS staked, coalesce(sum(payout), 0) AS paid
         FROM bet WHERE ${seated}`,
    )
    .get(round)!
}

function close(db: Database, round: number, refunds: readonly Refund[], at: number): void {
  const { bets, staked, paid } = totalsOf(db, round)
  db.query(
    `UPDATE round SET status = 'void', ended_at = ?, bets = ?, staked = ?, paid = ?, refunds = ?
       WHERE id = ?`,
  ).run(at, bets, staked, paid, JSON.stringify(refunds), round)
}

function openRounds(db: Database): number[] {
  return db
    .query<{ id: number }, []>("SELECT id FROM round WHERE status = 'open'")
    .all()
    .map(({ id }) => id)
}

interface Standing {
  readonly status: 'open' | 'ended' | 'void'
  readonly crash: number | null
  readonly flown: number | null
  readonly endedAt: number | null
  readonly staked: number
  readonly paid: number
  /** In JSON, null unless it is void. */
  readonly refunds: string | null
}

function statusOf(db: Database, round: number): Standing {
  const found = db
    .query<Standing, [number]>(
      'SELECT status, crash, flown, ended_at AS endedAt, staked, paid, refunds FROM round WHERE id = ?',
    )
    .get(round)
  if (found === null) throw new Refusal('NOT_FOUND', `No round "${round}"`)
  return found
}

/** What the first call answered: its outcome may not have been known. */
function endedBefore(db: Database, { round, crash, flown }: Ending, before: Standing): Ended {
  if (before.crash !== crash || before.flown !== flown)
    throw new Refusal('CONFLICT', `Round "${round}" has ended otherwise`)
  const won = db
    .query<{ id: number }, [number, number]>(
      `SELECT id FROM bet WHERE ${seated} AND status = 'won' AND ended_at = ? ORDER BY target, id`,
    )
    .all(round, before.endedAt!)
  const { staked, paid } = before
  const wins = wonAtTarget(
    db,
    won.map(({ id }) => id),
  )
  return { wins, lost: losses(db, round, 'lost'), staked, paid }
}

function losses(db: Database, round: number, status: 'active' | 'lost'): Ended['lost'] {
  return db
    .query<Ended['lost'][number], [number, string]>(
      `SELECT id AS bet, account, slot, amount FROM bet WHERE ${seated} AND status = ? ORDER BY id`,
    )
    .all(round, status)
}

function activeBets(db: Database, round: number): BetRow[] {
  return db
    .query<BetRow, [number]>(
      `SELECT ${betColumns} FROM bet WHERE ${seated} AND status = 'active' ORDER BY id`,
    )
    .all(round)
}

/** Gives bets back, each account's together. */
function refund(db: Database, all: readonly BetRow[], at: number): Refund[] {
  const post = posting(db, at)
  const nameOf = db.query<{ player: string }, [number]>('SELECT player FROM account WHERE id = ?')
  const refunds = [...Map.groupBy(all, ({ account }) => account)].map(([account, bets]) => {
    const balance = giveBack(db, post, { account, bets, kind: 'refund', at })
    const amount = bets.reduce((sum, bet) => sum + bet.amount, 0)
    return { account, player: nameOf.get(account)!.player, amount, balance }
  })
  post.close()
  return refunds
}

/** The day and a counter (R9); never below an earlier one, whatever the clock says, nor one of a life that was lost with a restore. */
function nextRound(db: Database, at: number): number {
  const { last, leftAt } = db
    .query<{ last: number; leftAt: number | null }, []>(
      `SELECT (SELECT coalesce(max(id), 0) FROM round) AS last,
         (SELECT max(left_at) FROM chain) AS leftAt`,
    )
    .get()!
  return Math.max(last, dayOf(at), leftAt === null ? 0 : leapOf(leftAt)) + 1
}

function dayOf(at: number): number {
  return Number(new Date(at).toISOString().slice(0, 10).replaceAll('-', '')) * 1e8
}

/** The id after which rounds go on once chains were left: above all that were played before on that day, also by a server that went on after the backup this one came from, as long as nobody plays 1,000 in a second or ten million before the first leave of a day. */
export function leapOf(leftAt: number): number {
  const second = Math.floor((leftAt % 86_400_000) / 1_000)
  return dayOf(leftAt) + 1e7 + second * 1_000
}

/** What a round has of a chain: nothing with a scenario. */
const none = { chain: null, index: null, hash: null }

/** Uses the next hash of a chain, for ever. */
function burn(db: Database, chain: number, curve: string) {
  const burned = db
    .query<{ index: number; curve: string }, [number]>(
      `UPDATE chain SET position = position + 1
         WHERE id = ? AND salt IS NOT NULL AND position < length AND left_at IS NULL
         RETURNING position AS "index", curve`,
    )
    .get(chain)
  if (burned === null)
    throw new Refusal('CONFLICT', `Chain ${chain} has no salt yet, no hash left, or was left`)
  const { index } = burned
  if (burned.curve !== curve) throw new Error(`Chain ${chain} was promised with another curve`)
  return { chain, index, hash: Buffer.from(hashAt(db, chain, index)).toString('hex') }
}
