import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog } from '../../../src/core/log.ts'
import { crashChains } from '../../../src/storage/sqlite/crash-chains.ts'
import { crashLedger } from '../../../src/storage/sqlite/crash.ts'
import { openSqlite } from '../../../src/storage/sqlite/client.ts'
import type { Chains, Terms } from '../../../src/systems/crash/chains.ts'
import type { Ledger } from '../../../src/systems/crash/ledger.ts'
import { fakeClock, type FakeClock } from '../../clock.ts'

/** The books of crash in a folder of their own, on a clock that moves only when told. */
export interface House extends AsyncDisposable {
  readonly dir: string
  readonly clock: FakeClock
  readonly chains: Chains
  readonly ledger: Ledger
  readonly log: ReturnType<typeof createLog>
  readonly logged: string[]
  /** Plays and ends so many rounds of a chain; answers their hashes. */
  play(chain: number, rounds?: number): Promise<string[]>
  /** Closes the books and opens them again. */
  reopened(): Promise<House>
}

export const terms: Terms = {
  rtpBps: 9_700,
  curve: 'exp:0.00015',
  cap: 100_000_000,
  saltSource: 'manual',
}

/** Opens books, those of `dir` when it is given. */
export async function house(dir = mkdtempSync(join(tmpdir(), 'fanfare-house-'))): Promise<House> {
  const clock = fakeClock(Date.UTC(2026, 0, 2, 3, 4, 5))
  const logged: string[] = []
  const write = (line: string) => void logged.push(line)
  const log = createLog({ level: 'trace', format: 'json', clock, write })
  const { thread, store } = await openSqlite({ dir, dev: false, ledger: true, clock })
  const ledger = crashLedger(thread)
  return {
    ...{ dir, clock, ledger, log, logged },
    chains: crashChains(thread),
    async play(chain, rounds = 1) {
      const hashes: string[] = []
      for (let count = 0; count < rounds; count++) {
        const at = clock.now()
        const begun = await ledger.begin({ source: 'chain', chain }, terms.curve, at)
        hashes.push(begun.hash ?? '')
        await ledger.end({ round: begun.round, crash: 100, flown: 67, flewAt: at, at })
      }
      return hashes
    },
    async reopened() {
      await store.stop()
      return house(dir)
    },
    async [Symbol.asyncDispose]() {
      await store.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
