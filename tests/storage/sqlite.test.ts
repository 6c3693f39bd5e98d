import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../src/storage/sqlite/client.ts'
import { storeContract, type OpenedStore } from '../contract/store.ts'
import { fakeClock } from '../clock.ts'

async function open(dir: string): Promise<OpenedStore> {
  const { store } = await openSqlite({ dir, dev: false, clock: fakeClock() })
  return {
    store,
    async restart() {
      await store.stop()
      return open(dir)
    },
    async end() {
      await store.stop()
      rmSync(dir, { recursive: true })
    },
  }
}

storeContract('the store in SQLite', () => open(mkdtempSync(join(tmpdir(), 'fanfare-store-'))))
