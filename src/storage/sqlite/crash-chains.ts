import type { Database } from 'bun:sqlite'
import { randomBytes, randomUUID } from 'node:crypto'
import { Refusal } from '../../core/errors.ts'
import {
  blockAt,
  checkpointAt,
  hashIn,
  makeOn,
  startChain,
  type Block,
  type Making,
} from '../../systems/crash/chain.ts'
import { termsFault, type Chain, type Chains, type Terms } from '../../systems/crash/chains.ts'
import { writeAudit } from './append.ts'
import type { Context, Procedures, Thread } from './procedure.ts'

/** The chains of game hashes over the storage thread. Their hashes are made in slices of some ms, between which bets are written. */
export function crashChains(thread: Thread): Chains {
  return {
    async commit(terms, length, at) {
      const draft = await thread.write<string>('crash.startChain', { length })
      while ((await thread.write<number>('crash.makeChain', { draft })) > 0);
      return thread.write('crash.commitChain', { draft, terms, at })
    },
    salt: (chain, value, at) => thread.write('crash.saltChain', { chain, value, at }),
    list: () => thread.read('crash.chains', {}),
  }
}

/** What the thread does for chains. A secret is made here and never leaves. */
export const crashChainProcedures: Procedures = {
  'crash.startChain': startDraft,
  'crash.makeChain': makeDraft,
  'crash.commitChain': commitDraft,
  'crash.saltChain': (context: Context, wish: Salting) => saltChain(context.db, wish),
  'crash.chains': ({ db }: Context) => listChains(db),
}

/** A chain before its commitment. */
export interface Draft {
  readonly secret: Uint8Array
  readonly making: Making
}

/** Begins a chain of `length` hashes with a new secret. */
export function newDraft(length: number): Draft {
  const secret = randomBytes(32)
  return { secret, making: startChain(secret, length) }
}

/** Keeps the commitment of a chain whose hashes are all made. Refuses INVALID_REQUEST for terms that nobody could play by. */
export function commitChain(
  db: Database,
  { secret, making }: Draft,
  terms: Terms,
  at: number,
): Chain {
  const fault = termsFault(terms)
  if (fault !== null) throw new Refusal('INVALID_REQUEST', fault)
  if (making.index !== 0) throw new Error('A chain is committed before it is whole')
  const { lastInsertRowid } = db
    .query(
      `INSERT INTO chain (secret, checkpoints, h0, length, rtp_bps, curve, cap, salt_source, committed_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      secret,
      making.checkpoints,
      Buffer.from(making.hash).toString('hex'),
      making.length,
      terms.rtpBps,
      terms.curve,
      terms.cap,
      terms.saltSource,
      at,
    )
  return chainOf(db, Number(lastInsertRowid))
}

/** Which chain gets which salt. */
export interface Salting {
  readonly chain: number
  readonly value: string
  readonly at: number
}

/** Gives a committed chain its salt, once and for ever. Refuses NOT_FOUND, CONFLICT and INVALID_REQUEST. */
export function saltChain(db: Database, { chain: id, value, at }: Salting): Chain {
  if (!/^[\x21-\x7e]{8,256}$/.test(value)) {
    throw new Refusal(
      'INVALID_REQUEST',
      'A salt has 8 to 256 visible ASCII characters and no spaces',
    )
  }
  const { salt, committedAt, leftAt } = chainOf(db, id)
  if (salt !== null) throw new Refusal('CONFLICT', `Chain ${id} has its salt already`)
  if (leftAt !== null) throw new Refusal('CONFLICT', `Chain ${id} was left`)
  // A clock that was set back does not turn the order around.
  db.query('UPDATE chain SET salt = ?, salt_at = ? WHERE id = ? AND salt IS NULL').run(
    value,
    Math.max(at, committedAt),
    id,
  )
  return chainOf(db, id)
}

/** Leaves every chain that has hashes to come, for ever, and the newest one in any case, since ids of rounds leap where it was left; with a row for each in the audit log. Gives how many there were. */
export function leaveChains(db: Database, at: number): number {
  const leave = db.transaction(() => {
    const left = db
      .query<{ id: number; h0: string }, [number]>(
        // Not before the last round, whatever the clock says.
        `UPDATE chain SET left_at = max(?, committed_at,
             coalesce((SELECT started_at FROM round ORDER BY id DESC LIMIT 1), 0))
           WHERE left_at IS NULL AND (position < length OR id = (SELECT max(id) FROM chain))
           RETURNING id, h0`,
      )
      .all(at)
    for (const { id, h0 } of left) {
      const entry = { at, actor: 'cli', action: 'chain.leave', subject: String(id), details: h0 }
      writeAudit({ db }, entry)
    }
    return left.length
  })
  return leave.immediate()
}

/** All chains, newest first, without their secrets. */
export function listChains(db: Database): Chain[] {
  return db.query<Chain, []>(`SELECT ${publicColumns} FROM chain ORDER BY id DESC`).all()
}

/** The game hash of a chain at an index from 1 to its length, 32 bytes; at most 1,000 hashes of work, once for a thousand rounds. */
export function hashAt(db: Database, chain: number, index: number): Uint8Array {
  const { h0, length } = chainOf(db, chain)
  if (!Number.isSafeInteger(index) || index < 1 || index > length) {
    throw new RangeError(`Chain ${chain} has no hash ${index}`)
  }
  const known = blocks.get(db)
  const found = known?.h0 === h0 ? hashIn(known.block, index) : null
  if (found !== null) return found
  const { checkpoint } = db
    .query<{ checkpoint: Uint8Array }, [number, number]>(
      'SELECT substr(checkpoints, ?, 32) AS checkpoint FROM chain WHERE id = ?',
    )
    .get(checkpointAt(index) + 1, chain)!
  const block = blockAt(checkpoint, length, index)
  blocks.set(db, { h0, block })
  return hashIn(block, index)!
}

/** The last block that each connection has used, with the chain it is of: ids may be given again after a rollback. */
const blocks = new WeakMap<Database, { readonly h0: string; readonly block: Block }>()

const publicColumns = `id, h0, length, rtp_bps AS rtpBps, curve, cap, salt_source AS saltSource,
  committed_at AS committedAt, salt, salt_at AS saltAt, position, left_at AS leftAt`

function chainOf(db: Database, id: number): Chain {
  const chain = db.query<Chain, [number]>(`SELECT ${publicColumns} FROM chain WHERE id = ?`).get(id)
  if (chain === null) throw new Refusal('NOT_FOUND', `No chain ${id}`)
  return chain
}

/** Chains in the making by a name that says nothing; one whose asker went away goes when further ones come. */
const drafts = new Map<string, Draft>()
const mostDrafts = 4
/** Some 4 ms of work. */
const sliceHashes = 20_000

function startDraft(_: Context, { length }: { length: number }): string {
  const [oldest] = drafts.keys()
  if (drafts.size >= mostDrafts && oldest !== undefined) drafts.delete(oldest)
  const name = randomUUID()
  drafts.set(name, newDraft(length))
  return name
}

/** Makes the next slice and answers how many hashes are left. */
function makeDraft(_: Context, { draft: name }: { draft: string }): number {
  const { secret, making } = draftOf(name)
  const further = makeOn(making, sliceHashes)
  drafts.set(name, { secret, making: further })
  return further.index
}

function commitDraft(
  { db }: Context,
  { draft, terms, at }: { draft: string; terms: Terms; at: number },
): Chain {
  const chain = commitChain(db, draftOf(draft), terms, at)
  drafts.delete(draft)
  return chain
}

function draftOf(name: string): Draft {
  const draft = drafts.get(name)
  if (draft === undefined) throw new Refusal('NOT_FOUND', 'No such chain in the making')
  return draft
}
