import type { Clock, Stop } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Exchange, Link, Tick } from './exchange.ts'
import { openLine } from './line.ts'
import { createRetries } from './retries.ts'

/** What a feed works with. */
export interface FeedParts {
  readonly exchange: Exchange
  readonly symbols: readonly string[]
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  /** From 0 up to but not 1. */
  readonly random: () => number
  /** Takes what the exchange tells, in order, of symbols it was asked for. */
  readonly tick: (tick: Tick) => void
}

/** How it stands with the exchange. */
export interface FeedState {
  /** It has taken the subscription and is not silent. */
  readonly up: boolean
  /** Monotonic ms since when this holds. */
  readonly since: number
  /** What the last connection or try ended with; null when none has. */
  readonly reason: string | null
}

/** Keeps one connection to an exchange for all symbols (P1, P7). */
export interface Feed {
  /** Begins to connect, without waiting for it (P11). */
  start(): void
  /** Ends every connection; nothing is heard after that. */
  stop(): void
  state(): FeedState
}

/** An exchange ends a connection after 24 h: another one takes over before. */
const rollOverMs = 23 * 3_600_000
const rollOverAgainMs = 60_000
/** So long the old connection goes on beside the new one: what is on its way there is heard yet. */
const lingerMs = 5_000

interface Line {
  link: Link | null
  ready: boolean
  readonly stops: Stop[]
}

/** A feed that is not connected yet. Each change of state is one line in the log. */
export function createFeed(parts: FeedParts): Feed {
  const { exchange, clock, log, random } = parts
  const retries = createRetries(clock, random)
  const counts = counters(parts, () => current !== null)
  const fields = { system: 'pledge', exchange: exchange.name }
  const lines = new Set<Line>()
  let current: Line | null = null
  let newest: Line | null = null
  let stopNext: Stop = () => {}
  let state: FeedState = { up: false, since: clock.elapsed(), reason: null }

  function open(): void {
    const line: Line = { link: null, ready: false, stops: [] }
    if (newest !== null) counts.reconnects.inc()
    newest = line
    lines.add(line)
    again(current === null ? retries.began() : rollOverAgainMs)
    line.link = openLine(parts, {
      ready: () => use(line),
      tick(tick) {
        retries.over()
        parts.tick(tick)
      },
      unreadable: () => counts.unreadable.inc(),
      ended: (reason, retry) => ended(line, reason, retry),
    })
  }

  /** The next try, in place of the one that was to come. */
  function again(ms: number): void {
    stopNext()
    stopNext = clock.after(ms, open)
  }

  /** The line takes over; those that were on their way, too, are not needed any more. */
  function use(line: Line): void {
    const old = current
    line.ready = true
    current = line
    stopNext()
    for (const other of lines) if (other !== line && other !== old) drop(other)
    if (old !== null) old.stops.push(clock.after(lingerMs, () => drop(old)))
    stopNext = clock.after(rollOverMs, open)
    if (state.up) return
    state = { ...state, up: true, since: clock.elapsed() }
    log.info('exchange connected', { ...fields, symbols: parts.symbols.length })
  }

  function ended(line: Line, reason: string, retry: 'now' | 'later'): void {
    drop(line)
    if (line === current) return lost(reason)
    if (line.ready) return
    counts.failures.inc()
    if (current !== null) return
    if (state.reason === null) log.warn('exchange out of reach', { ...fields, reason })
    state = { ...state, reason }
    // Otherwise another try is on its way already.
    if (line === newest) again(retries.failed(retry))
  }

  function lost(reason: string): void {
    const now = clock.elapsed()
    const wait = retries.lost(now - state.since)
    current = null
    state = { up: false, since: now, reason }
    log.warn('exchange lost', { ...fields, reason })
    again(wait)
  }

  function drop(line: Line): void {
    lines.delete(line)
    for (const stop of line.stops) stop()
    line.link?.close()
  }

  return {
    start: open,
    stop() {
      stopNext()
      for (const line of lines) drop(line)
      current = null
    },
    state: () => state,
  }
}

function counters({ exchange: { name }, metrics }: FeedParts, up: () => boolean) {
  const counter = (metric: string, help: string) => metrics.counter(metric, help, ['feed'])(name)
  metrics.collect('upstream_up', 'gauge', 'Whether the exchange tells prices', ['feed'], () => [
    [[name], up() ? 1 : 0],
  ])
  return {
    reconnects: counter('upstream_reconnects_total', 'Tries to connect after the first'),
    failures: counter('upstream_failures_total', 'Tries to connect that came to nothing'),
    unreadable: counter('upstream_unreadable_total', 'Messages of the exchange that make no sense'),
  }
}
