import type { Stop } from '../core/clock.ts'
import type { Message } from '../core/store.ts'
import type { Sample } from '../core/metrics.ts'
import { readiness } from '../http/health.ts'
import type { Overview } from '../pages/console/api.ts'
import type { ConsoleParts } from './parts.ts'
import { glanceOf } from './crash.ts'
import { quantilesOf } from './quantiles.ts'
import type { Send, Streams } from './streams.ts'

/** The server at a glance, once a second for as long as anybody looks; nothing is measured otherwise. */
export interface Overviews {
  /** Begins to tell a reader. */
  join(send: Send): Stop
}

/** A reading of what only grows. */
interface Reading {
  readonly elapsed: number
  readonly framesIn: number
  readonly published: number
  readonly delivered: number
  readonly cpu: number
  readonly publish: readonly Sample[]
  readonly commit: readonly Sample[]
}

const everyMs = 1_000

/** Nobody looks. */
export function createOverviews(parts: ConsoleParts, streams: Pick<Streams, 'size'>): Overviews {
  const { clock, hub, log } = parts
  const readers = new Set<Send>()
  let delivered = 0
  let last: Reading | null = null
  let stops: readonly Stop[] = []

  function count({ channel, also = [] }: Message): void {
    delivered += hub.open.get(channel)?.members.size ?? 0
    for (const place of also) delivered += hub.open.get(place.channel)?.members.size ?? 0
  }
  async function tell(to: Iterable<Send>, before: Reading | null, now: Reading): Promise<void> {
    const overview = await overviewOf(parts, before, now, streams.size)
    for (const send of to) if (readers.has(send)) send('overview', overview)
  }
  function tick(): void {
    const now = readingOf(parts, delivered)
    const before = last
    last = now
    tell([...readers], before, now).catch((error: unknown) => log.error('overview failed', error))
  }
  function begin(): void {
    delivered = 0
    last = null
    stops = [hub.watch(count), clock.every(everyMs, tick)]
  }

  return {
    join(send) {
      if (readers.size === 0) begin()
      readers.add(send)
      const first = readingOf(parts, delivered)
      last ??= first
      tell([send], null, first).catch((error: unknown) => log.error('overview failed', error))
      return () => {
        readers.delete(send)
        if (readers.size > 0) return
        for (const stop of stops) stop()
        stops = []
      }
    },
  }
}

function readingOf({ clock, metrics }: ConsoleParts, delivered: number): Reading {
  return {
    elapsed: clock.elapsed(),
    framesIn: sum(metrics.read('frames_received_total')),
    published: sum(metrics.read('messages_published_total')),
    delivered,
    cpu: sum(metrics.read('process_cpu_seconds_total')),
    publish: metrics.read('publish_seconds'),
    commit: metrics.read('store_commit_seconds'),
  }
}

async function overviewOf(
  parts: ConsoleParts,
  before: Reading | null,
  now: Reading,
  watchers: number,
): Promise<Overview> {
  const { clock, metrics, version, systems, mostWaiting } = parts
  const seconds = before === null ? 0 : Math.max(now.elapsed - before.elapsed, 1) / 1_000
  const per = (name: 'framesIn' | 'published' | 'delivered' | 'cpu') =>
    before === null ? 0 : (now[name] - before[name]) / seconds
  const one = (name: string) => metrics.read(name)[0]?.[1] ?? null
  const open = one('process_open_fds')
  return {
    at: clock.now(),
    version,
    startedAt: Math.round((one('process_start_time_seconds') ?? 0) * 1_000),
    connections: byLabel(metrics.read('connections')),
    rates:
      before === null
        ? null
        : { framesIn: per('framesIn'), published: per('published'), delivered: per('delivered') },
    publish: quantilesOf(before?.publish ?? now.publish, now.publish),
    store: {
      commit: quantilesOf(before?.commit ?? now.commit, now.commit),
      waiting: byLabel(metrics.read('store_waiting_rows')),
      mostWaiting,
      freeBytes: one('store_free_bytes'),
    },
    loopLag: before === null ? null : Math.max(0, now.elapsed - before.elapsed - everyMs),
    cpu: before === null ? null : per('cpu'),
    rssBytes: one('process_resident_memory_bytes') ?? 0,
    descriptors: open === null ? null : { open, most: finite(one('process_max_fds')) },
    checks: await readiness(parts.checks()),
    upstream: systems.some(({ name }) => name === 'pledge') ? upstreamOf(metrics.read) : null,
    crash: glanceOf(systems)?.glance ?? null,
    watchers,
  }
}

function upstreamOf(read: (name: string) => readonly Sample[]): Overview['upstream'] {
  const ages = read('upstream_age_seconds').map(([[, symbol = ''], age]) => [symbol, age * 1_000])
  return { up: sum(read('upstream_up')) > 0, ages: Object.fromEntries(ages) }
}

function byLabel(samples: readonly Sample[]): Record<string, number> {
  return Object.fromEntries(samples.map(([[label = ''], value]) => [label, value]))
}

function sum(samples: readonly Sample[]): number {
  return samples.reduce((all, [, value]) => all + value, 0)
}

function finite(value: number | null): number | null {
  return value === Infinity ? null : value
}
