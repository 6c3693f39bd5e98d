import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { Metrics } from '../../core/metrics.ts'
import { sizeOf } from './files.ts'
import type { Lane } from './lane.ts'

/** A database by the name of its file, and the calls that write to it. */
export interface Measured {
  readonly database: string
  readonly calls: Pick<Lane, 'waiting'>
}

/** Tells metrics what waits for each database of a data folder, how large its files are and what the disk has left; looked up when the metrics are read. */
export function measureStore(
  metrics: Metrics,
  folder: string,
  databases: readonly Measured[],
): void {
  metrics.collect(
    'store_waiting_rows',
    'gauge',
    'Rows on their way to the disk, against store.queue_rows',
    ['database'],
    () => databases.map(({ database, calls }) => [[database], calls.waiting()]),
  )
  metrics.collect(
    'store_file_bytes',
    'gauge',
    'Size of a database and of its log of writes (WAL)',
    ['database', 'file'],
    () =>
      databases.flatMap(({ database }) => [
        [[database, 'database'], sizeOf(join(folder, database))],
        [[database, 'log'], sizeOf(join(folder, `${database}-wal`))],
      ]),
  )
  metrics.collect(
    'store_free_bytes',
    'gauge',
    'What the disk of the data folder has left',
    [],
    () => {
      const free = freeBytes(folder)
      return free === null ? [] : [[[], free]]
    },
  )
}

/** What a user that is not root may still fill; null when the disk does not answer. */
function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    return null
  }
}
