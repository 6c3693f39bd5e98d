import { readFileSync } from 'node:fs'
import type { Clock } from './clock.ts'
import type { Metrics } from './metrics.ts'

/** Registers what the process costs (`process_*`, read when asked for) and which build it is. */
export function processMetrics(
  metrics: Metrics,
  clock: Clock,
  build?: { readonly version: string; readonly commit: string },
): void {
  const startedAt = clock.now() / 1_000 - process.uptime()
  if (build !== undefined) {
    const info = metrics.gauge('build_info', 'Which build runs; always 1', ['version', 'commit'])
    info(build.version, build.commit).set(1)
  }
  metrics.gauge('process_start_time_seconds', 'Start of the process, Unix time')().set(startedAt)
  metrics.collect('process_resident_memory_bytes', 'gauge', 'Resident memory', [], () => [
    [[], process.memoryUsage.rss()],
  ])
  metrics.collect('process_heap_bytes', 'gauge', 'Heap of the serving thread', [], () => [
    [[], process.memoryUsage().heapUsed],
  ])
  metrics.collect('process_cpu_seconds_total', 'counter', 'CPU time, user and system', [], () => {
    const { user, system } = process.cpuUsage()
    return [[[], (user + system) / 1e6]]
  })
  metrics.collect('process_open_fds', 'gauge', 'Open file descriptors', [], () => {
    const count = openFiles()
    return count === null ? [] : [[[], count]]
  })
  const most = mostFiles()
  if (most !== null) metrics.gauge('process_max_fds', 'Most open file descriptors')().set(most)
}

/** How many files this process may have open, its soft limit (Bun raises that to the hard one as it starts); null where there is no /proc. */
export function mostFiles(): number | null {
  try {
    const [, soft] = /^Max open files +(\w+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === undefined ? null : soft === 'unlimited' ? Infinity : Number(soft)
  } catch {
    return null
  }
}

const folder = '/proc/self/fd'

/** Null where there is no /proc. Linux 6.2 and later tell the number as the folder's size; counting 10,000 entries takes 10 ms. */
function openFiles(): number | null {
  const { size } = Bun.file(folder)
  if (size > 0) return size
  try {
    return [...new Bun.Glob('*').scanSync({ cwd: folder, onlyFiles: false })].length
  } catch {
    return null
  }
}
