import type { Clock, Stop } from '../../core/clock.ts'
import type { Exchange, Link, Tick } from './exchange.ts'

/** What is opened, and for which symbols. */
export interface LineParts {
  readonly exchange: Exchange
  readonly symbols: readonly string[]
  readonly clock: Clock
}

/** What becomes of a line; `ended` comes once, and nothing after it. */
export interface LineEvents {
  ready(): void
  tick(tick: Tick): void
  unreadable(): void
  ended(reason: string, retry: 'now' | 'later'): void
}

/** From opening to ready, ms. */
const openingMs = 10_000
/** So many unreadable messages in a row end it. */
const mostUnreadable = 10

/** One connection to an exchange, given up when it is not ready within 10 s, when it falls silent, and when it tells rubbish. Closing it tells nobody. */
export function openLine({ exchange, symbols, clock }: LineParts, events: LineEvents): Link {
  let over = false
  let link: Link | null = null
  let silence: number | null = null
  let heardAt = clock.elapsed()
  let rubbish = 0
  let stopWatch: Stop = clock.after(openingMs, () => {
    giveUp(`not ready within ${openingMs / 1_000} s`)
  })

  function leave(): void {
    if (over) return
    over = true
    stopWatch()
    link?.close()
  }

  function giveUp(reason: string): void {
    if (over) return
    leave()
    events.ended(reason, 'later')
  }

  /** Looks when the silence would be too long, which costs no timer for each message. */
  function watch(most: number): void {
    const left = heardAt + most - clock.elapsed()
    if (left <= 0) return giveUp(`silent for ${most / 1_000} s`)
    stopWatch = clock.after(left, () => watch(most))
  }

  link = exchange.open(symbols, {
    ready(most) {
      if (over || silence !== null) return
      stopWatch()
      silence = most
      heardAt = clock.elapsed()
      watch(most)
      events.ready()
    },
    tick(tick) {
      if (!over) events.tick(tick)
    },
    alive() {
      heardAt = clock.elapsed()
      rubbish = 0
    },
    unreadable() {
      if (over) return
      events.unreadable()
      if (++rubbish >= mostUnreadable) giveUp('unreadable messages')
    },
    ended(reason, retry) {
      if (over) return
      leave()
      events.ended(reason, retry)
    },
  })
  // What ends while it is being opened could not be closed yet.
  if (over) link.close()
  return { close: leave }
}
