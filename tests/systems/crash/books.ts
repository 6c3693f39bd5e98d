import { expect } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal, type ErrorCode } from '../../../src/core/errors.ts'
import { openSqlite, type Sqlite } from '../../../src/storage/sqlite/client.ts'
import { auditLedger, type Audit } from '../../../src/storage/sqlite/crash-audit.ts'
import { crashChains } from '../../../src/storage/sqlite/crash-chains.ts'
import { openLedgerReader } from '../../../src/storage/sqlite/crash-open.ts'
import { crashLedger } from '../../../src/storage/sqlite/crash.ts'
import type { Chains } from '../../../src/systems/crash/chains.ts'
import { parseCurve } from '../../../src/systems/crash/curve.ts'
import type { Command, Ending, Ledger } from '../../../src/systems/crash/ledger.ts'
import { fakeClock } from '../../clock.ts'

export const curve = 'exp:0.00015'
export const window = 600_000
const { flight } = parseCurve(curve)!

/** A ledger over a real database that can be stopped, started again and audited. */
export interface Books {
  readonly dir: string
  readonly clock: ReturnType<typeof fakeClock>
  readonly ledger: Ledger
  readonly chains: Chains
  readonly sqlite: Sqlite
  restart(): Promise<void>
  audit(): Audit
  /** A command that no other one equals, unless a key says so. */
  command(account: number, key?: string, body?: string): Command
  /** A new player with money. */
  player(balance?: number): Promise<number>
  /** A round whose crash point is given at its end. */
  round(): Promise<number>
  ending(round: number, crash: number): Ending
  end(): Promise<void>
}

export async function openBooks(): Promise<Books> {
  const dir = mkdtempSync(join(tmpdir(), 'fanfare-ledger-'))
  const clock = fakeClock(Date.UTC(2026, 0, 2, 3, 4, 5))
  const open = () => openSqlite({ dir, dev: false, clock, ledger: true })
  let sqlite = await open()
  let ledger = crashLedger(sqlite.thread)
  let count = 0
  return {
    dir,
    clock,
    get ledger() {
      return ledger
    },
    get chains() {
      return crashChains(sqlite.thread)
    },
    get sqlite() {
      return sqlite
    },
    async restart() {
      await sqlite.store.stop()
      sqlite = await open()
      ledger = crashLedger(sqlite.thread)
    },
    audit() {
      const db = openLedgerReader(dir)
      const audit = auditLedger(db)
      db.close(true)
      return audit
    },
    command(account, key = `key-${++count}`, body = 'the same') {
      const at = clock.now()
      return { account, key, body, at, since: at - window }
    },
    async player(balance = 100_000) {
      const { account } = await ledger.open(`player-${++count}`, balance, clock.now())
      return account
    },
    async round() {
      const draw = { source: 'scenario', crash: 100 } as const
      return (await ledger.begin(draw, curve, clock.now())).round
    },
    ending(round, crash) {
      const at = clock.now()
      return { round, crash, flown: flight(crash), flewAt: at, at }
    },
    async end() {
      expect(await ledger.imbalance()).toBe(0)
      await sqlite.store.stop()
      rmSync(dir, { recursive: true })
    },
  }
}

/** What a refusal says beside its code. */
export async function refused(work: Promise<unknown>, code: ErrorCode): Promise<Refusal> {
  const error = await work.then(
    (result) => result,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(Refusal)
  expect((error as Refusal).code).toBe(code)
  return error as Refusal
}

/** An exit at `flown` ms of a flight. */
export function exit(bet: number, flown: number) {
  return { bet, multiplier: parseCurve(curve)!.multiplier(flown), flown }
}
