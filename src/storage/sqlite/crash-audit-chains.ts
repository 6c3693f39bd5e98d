import type { Database } from 'bun:sqlite'
import { crashPoint, parseHash, previousHash } from '../../systems/crash/draw.ts'
import { longest, makeOn, startChain, type Making } from '../../systems/crash/chain.ts'
import type { Report } from './crash-audit.ts'
import { differ } from './crash-audit-transfers.ts'
import { hashAt } from './crash-chains.ts'

interface ChainRow {
  readonly id: number
  readonly h0: string
  readonly secret: Uint8Array
  readonly checkpoints: Uint8Array
  readonly length: number
  readonly rtpBps: number
  readonly curve: string
  readonly cap: number
  readonly salt: string | null
  readonly position: number
}

interface RoundRow {
  readonly id: number
  readonly position: number
  readonly hash: string
  readonly curve: string
  readonly crash: number | null
}

/** Walks each chain from the last hash that was used to its commitment: every hash belongs to one round, and its crash point recomputes. */
export function auditChains(db: Database, report: Report): void {
  const chains = db.query<ChainRow, []>(
    `SELECT id, h0, secret, checkpoints, length, rtp_bps AS rtpBps, curve, cap, salt, position
       FROM chain ORDER BY id`,
  )
  for (const chain of chains.all()) auditChain(db, chain, report)
  const strays = db
    .query<{ id: number; chain: number }, []>(
      `SELECT r.id, r.chain FROM round r LEFT JOIN chain c ON c.id = r.chain
         WHERE r.chain IS NOT NULL AND (c.id IS NULL OR r.position NOT BETWEEN 1 AND c.position)`,
    )
    .iterate()
  for (const { id, chain } of strays)
    report(`round ${id}`, `Expected a place among the hashes that chain ${chain} has used`)
}

function auditChain(db: Database, chain: ChainRow, report: Report): void {
  auditMaking(chain, report)
  const rounds = db
    .query<RoundRow, [number]>(
      `SELECT id, position, hash, curve, crash FROM round
         WHERE chain = ? AND position IS NOT NULL ORDER BY position DESC, id`,
    )
    .iterate(chain.id)
  let hash = lastHash(db, chain, report)
  if (hash === null) return
  let wanted = chain.position
  for (const round of rounds) {
    const { id, position } = round
    if (position > chain.position) continue
    if (position > wanted) {
      report(
        `round ${id}`,
        `Expected a hash of its own, found ${position} of chain ${chain.id} again`,
      )
      continue
    }
    for (; wanted > position; wanted--) {
      report(`chain ${chain.id}`, `Expected a round for its hash ${wanted}, found none`)
      hash = previousHash(hash)
    }
    auditRound(chain, round, hash, report)
    hash = previousHash(hash)
    wanted--
  }
  for (; wanted > 0; wanted--)
    report(`chain ${chain.id}`, `Expected a round for its hash ${wanted}, found none`)
}

/** Makes the chain again, so that hashes to come are the promised ones, too. */
function auditMaking({ id, h0, secret, checkpoints, length }: ChainRow, report: Report): void {
  const made = madeFrom(secret, length)
  if (made === null || Buffer.from(made.hash).toString('hex') !== h0)
    report(`chain ${id}`, `Expected a secret and a length that lead to its commitment "${h0}"`)
  else if (Buffer.compare(made.checkpoints, checkpoints) !== 0)
    report(`chain ${id}`, 'Expected the checkpoints between its secret and its commitment')
}

function madeFrom(secret: Uint8Array, length: number): Making | null {
  return length >= 1 && length <= longest ? makeOn(startChain(secret, length), length) : null
}

function auditRound(chain: ChainRow, round: RoundRow, hash: Uint8Array, report: Report): void {
  const { rtpBps, cap, curve, salt } = chain
  const { crash } = round
  const fault = (text: string) => report(`round ${round.id}`, text)
  differ(round, { hash: Buffer.from(hash).toString('hex'), curve }, fault)
  if (salt === null) fault(`Expected no round before chain ${chain.id} has its salt`)
  else if (crash !== null) differ({ crash }, { crash: crashPoint(hash, salt, rtpBps, cap) }, fault)
}

/** The last hash that was used, from the checkpoints or, when they are spoilt, from the last rounds; null when none leads to the commitment. */
function lastHash(db: Database, chain: ChainRow, report: Report): Uint8Array | null {
  const { id, h0, position } = chain
  if (position === 0 || position > chain.length) return null
  if (leadsTo(h0, hashAt(db, id, position), position)) return hashAt(db, id, position)
  report(`chain ${id}`, `Expected checkpoints that lead to its commitment "${h0}"`)
  const rounds = db
    .query<{ hash: string; position: number }, [number, number]>(
      'SELECT hash, position FROM round WHERE chain = ? AND position = ?',
    )
    .all(id, position)
  const found = rounds
    .map(({ hash }) => parseHash(hash))
    .find((hash) => hash && leadsTo(h0, hash, position))
  return found ?? null
}

function leadsTo(h0: string, hash: Uint8Array, position: number): boolean {
  let back = hash
  for (let index = position; index > 0; index--) back = previousHash(back)
  return Buffer.from(back).toString('hex') === h0
}
