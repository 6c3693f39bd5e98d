import type { Database } from 'bun:sqlite'
import type { Command, Ledger, PastRound } from '../../systems/crash/ledger.ts'
import { cancel, cashOut, place, reach } from './crash-bets.ts'
import { crashChainProcedures } from './crash-chains.ts'
import { answered, forget } from './crash-commands.ts'
import { entries } from './crash-entries.ts'
import { begin, end, recover, totalsOf, voidRound } from './crash-rounds.ts'
import { account, open, walletMove, walletRollback } from './crash-wallet.ts'
import { probe } from './core.ts'
import type { Context, Procedures, Thread } from './procedure.ts'

/** The money of crash over its own storage thread. */
export function crashLedger(thread: Thread): Ledger {
  const write = <Result>(name: string, args: object) => thread.write<Result>(`crash.${name}`, args)
  const read = <Result>(name: string, args: object) => thread.read<Result>(`crash.${name}`, args)
  return {
    open: (player, grant, at) => write('open', { player, grant, at }),
    recover: (at) => write('recover', { at }),
    begin: (draw, curve, at) => write('begin', { draw, curve, at }),
    place: (command, round, stakes) => write('place', { command, round, stakes }),
    cancel: (command, bets) => write('cancel', { command, bets }),
    cashOut: (command, exits) => write('cashOut', { command, exits }),
    reach: (bets, at) => write('reach', { bets, at }),
    end: (ending) => write('end', ending),
    void: (round, at) => write('void', { round, at }),
    // Not a read: what has been answered is known to the thread that writes.
    answered: (command) => write('answered', command),
    rounds: (before, limit) => read('rounds', { before, limit }),
    round: (id) => read('round', { id }),
    ended: (from) => read('ended', { from }),
    account: (player) => read('account', { player }),
    move: (move) => write('move', move),
    rollback: (wish) => write('rollback', wish),
    entries: (player, after, limit) => read('entries', { player, after, limit }),
    imbalance: () => read('imbalance', {}),
    async forget(before) {
      // Slice after slice, so that between two of them bets get a turn.
      while ((await write<number>('forget', { before })) > 0);
    },
    fault: () => thread.fault('crash.place'),
  }
}

/** What the thread does for crash. Each is one piece of work, all or nothing. */
export const crashProcedures: Procedures = {
  'crash.open': open,
  'crash.recover': recover,
  'crash.begin': begin,
  'crash.place': place,
  'crash.cancel': cancel,
  'crash.cashOut': cashOut,
  'crash.reach': reach,
  'crash.end': end,
  'crash.void': voidRound,
  'crash.answered': (context: Context, command: Command) => answered(context, command),
  'crash.rounds': rounds,
  'crash.round': ({ db }: Context, { id }: { id: number }) => pastRounds(db, 'id = ?', [id])[0],
  'crash.ended': ended,
  'crash.account': account,
  'crash.move': walletMove,
  'crash.rollback': walletRollback,
  'crash.entries': entries,
  'crash.imbalance': imbalance,
  'crash.forget': forget,
  'crash.probe': probe,
  ...crashChainProcedures,
}

function rounds(
  { db }: Context,
  { before, limit }: { before: number | null; limit: number },
): PastRound[] {
  return pastRounds(db, 'id < ? ORDER BY id DESC LIMIT ?', [before ?? Infinity, limit])
}

/** Rounds as everybody may see them: of one that is open neither its hash nor its place. */
export function pastRounds(db: Database, where: string, bindings: number[]): PastRound[] {
  return db
    .query<PastRound, number[]>(
      `SELECT id AS round, source, status, crash, iif(status = 'open', NULL, hash) AS hash,
         iif(status = 'open', NULL, position) AS "index", chain, curve, started_at AS startedAt,
         ended_at AS endedAt, bets, staked, paid
       FROM round WHERE ${where}`,
    )
    .all(...bindings)
    .map((round) => (round.status === 'open' ? { ...round, ...totalsOf(db, round.round) } : round))
}

function ended(
  { db }: Context,
  { from }: { from: number },
): { crash: number; staked: number; paid: number; at: number }[] {
  return db
    .query<{ crash: number; staked: number; paid: number; at: number }, [number]>(
      `SELECT crash, staked, paid, ended_at AS at FROM round
         WHERE status = 'ended' AND ended_at >= ? ORDER BY ended_at, id`,
    )
    .all(from)
}

/** In halves, since the whole could be too large to be summed. */
function imbalance({ db }: Context): number {
  const { high, low } = db
    .query<{ high: number; low: number }, []>(
      'SELECT sum(balance >> 26) AS high, sum(balance & 67108863) AS low FROM account',
    )
    .get()!
  return Number(BigInt(high) * 67_108_864n + BigInt(low))
}
