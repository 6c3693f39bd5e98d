import type { Turn } from './loads/load.ts'
import { rssBytes, threadsOf } from './process.ts'
import type { Sample } from './scenario.ts'
import type { Target } from './target.ts'
import { clock } from './time.ts'

const MB = 1024 ** 2

/** What can be seen of a server at a moment; NaN where it does not tell. */
export interface Look extends Sample {
  /** Since the first look of the run. */
  readonly seconds: number
  readonly rssMB: number
  /** Of that the JavaScript heap of the serving thread. */
  readonly heapMB: number
  readonly descriptors: number
  readonly threads: number
  readonly connections: number
  /** The logs of writes (WAL). */
  readonly logMB: number
  readonly crashLogMB: number
  readonly databaseMB: number
  readonly crashDatabaseMB: number
  /** Messages recorded and bets settled so far. */
  readonly recorded: number
  readonly bets: number
  /** Notices that wait for an acknowledgement. */
  readonly pending: number
  /** Faults logged so far. */
  readonly faults: number
  /** From the call to the delivery, in the turn before. */
  readonly p50: number
  readonly p99: number
}

/** Looks at a server from now on; `turn` is what has just come of its loads. */
export function startLooking(target: Target): (turn: Turn | null) => Promise<Look> {
  const startedAt = clock.elapsed()
  const { pid } = target
  return async (turn) => {
    const readings = await target.metrics()
    const sizeOf = (database: string, file: string) =>
      readings(`fanfare_store_file_bytes{database="${database}",file="${file}"}`) / MB
    const latency = (share: number) => (turn?.latencies.percentile(share) ?? NaN) / 1000
    return {
      seconds: (clock.elapsed() - startedAt) / 1000,
      rssMB: pid === null ? NaN : rssBytes(pid) / MB,
      heapMB: readings('process_heap_bytes') / MB,
      descriptors: readings('process_open_fds'),
      threads: pid === null ? NaN : threadsOf(pid),
      connections: readings('fanfare_connections'),
      logMB: sizeOf('fanfare.db', 'log'),
      crashLogMB: sizeOf('crash.db', 'log'),
      databaseMB: sizeOf('fanfare.db', 'database'),
      crashDatabaseMB: sizeOf('crash.db', 'database'),
      recorded: readings('fanfare_publish_seconds_count'),
      bets: readings('fanfare_crash_bets_total'),
      pending: readings('fanfare_acks_pending'),
      faults: readings('fanfare_log_entries_total{level="error"}'),
      p50: latency(0.5),
      p99: latency(0.99),
    }
  }
}

/** A look as one line for people. */
export function lookLine(look: Look): string {
  const parts = [
    `${look.seconds.toFixed(0)} s`,
    `rss ${look.rssMB.toFixed(0)} MB`,
    `heap ${look.heapMB.toFixed(0)} MB`,
    `fds ${look.descriptors}`,
    `threads ${look.threads}`,
    `connections ${look.connections}`,
    `wal ${look.logMB.toFixed(1)} + ${look.crashLogMB.toFixed(1)} MB`,
    `db ${look.databaseMB.toFixed(1)} + ${look.crashDatabaseMB.toFixed(1)} MB`,
    `p50 ${look.p50.toFixed(2)} ms`,
    `p99 ${look.p99.toFixed(2)} ms`,
    `faults ${look.faults}`,
  ]
  return parts.join('  ')
}
