import { expect, test } from 'bun:test'
import { createLog } from '../../../src/core/log.ts'
import { createMetrics } from '../../../src/core/metrics.ts'
import type { Exchange, Hearing, Tick } from '../../../src/systems/pledge/exchange.ts'
import { createFeed } from '../../../src/systems/pledge/feed.ts'
import { countingClock, plgr, silence, testExchange } from './scenario.ts'

const hour = 3_600_000

function setUp({ random = () => 0.5, exchange = testExchange() }: Partial<Parts> = {}) {
  const clock = countingClock()
  const ticks: Tick[] = []
  const logged: string[] = []
  const log = createLog({
    level: 'trace',
    format: 'json',
    clock,
    write: (line) => logged.push(line),
  })
  const metrics = createMetrics()
  const tick = (one: Tick) => void ticks.push(one)
  const feed = createFeed({ exchange, symbols: [plgr], clock, log, metrics, random, tick })
  feed.start()
  return {
    ...{ clock, exchange, feed, ticks, metrics },
    opened: exchange.opened,
    events: () => logged.map((line) => JSON.parse(line)).map(({ event }) => event),
    up: (patience = silence) => exchange.last.hearing.ready(patience),
    end: (retry: 'now' | 'later' = 'later') => exchange.last.hearing.ended('cut', retry),
    open: () => exchange.opened.filter(({ closed }) => !closed).length,
  }
}

interface Parts {
  readonly random: () => number
  readonly exchange: ReturnType<typeof testExchange>
}

test('P1: it connects at the start, for all symbols, and is up once these are taken', () => {
  const { feed, opened, up, metrics } = setUp()
  expect(opened.map(({ symbols }) => symbols)).toEqual([[plgr]])
  expect([feed.state().up, metrics.text().includes('upstream_up{feed="test"} 0')]).toEqual([
    false,
    true,
  ])
  up()
  expect([feed.state().up, metrics.text().includes('upstream_up{feed="test"} 1')]).toEqual([
    true,
    true,
  ])
})

test.each([0, 0.3, 0.999])(
  'P7: a connection that is lost is followed by another within a second, by chance %p',
  (chance) => {
    const { clock, up, end, opened, feed } = setUp({ random: () => chance })
    up(2 * hour)
    clock.advance(hour)
    end()
    expect(feed.state()).toMatchObject({ up: false, reason: 'cut' })
    clock.advance(Math.max(1, chance * 1_000))
    expect(opened).toHaveLength(2)
    up()
    expect(feed.state().up).toBe(true)
  },
)

test('P7: a try that hangs keeps nobody from trying again, and the first that is ready ends the others', () => {
  const { clock, opened, up, open } = setUp()
  clock.advance(3_999)
  expect(opened).toHaveLength(2)
  clock.advance(4_000)
  expect([opened.length, open()]).toEqual([3, 3])
  opened[1]!.hearing.ready(silence)
  expect(opened.map(({ closed }) => closed)).toEqual([true, false, true])
  // What it is told too late means nothing.
  up()
  opened[0]!.hearing.ended('late', 'now')
  clock.advance(5_000)
  expect(opened.map(({ closed }) => closed)).toEqual([true, false, true])
})

test('P7: an exchange that hangs is out of reach too, and says why, though a newer try is on its way', () => {
  const { clock, feed, events, metrics } = setUp()
  expect(feed.state().reason).toBe(null)
  clock.advance(60_000)
  expect(feed.state()).toMatchObject({ up: false, reason: 'not ready within 10 s' })
  expect(events()).toEqual(['exchange out of reach'])
  expect(metrics.text()).not.toContain('upstream_failures_total{feed="test"} 0')
})

test('P7: the reason that is told is the newest one, whichever try it is of', () => {
  const { clock, feed, up, end, opened } = setUp()
  up()
  end()
  clock.advance(1_000)
  const hanging = opened.at(-1)!
  clock.advance(4_000)
  const before = opened.length
  hanging.hearing.ended('hung', 'now')
  expect(feed.state()).toMatchObject({ up: false, reason: 'hung' })
  // It is not the newest try, so it brings no other one forward.
  clock.advance(1)
  expect(opened).toHaveLength(before)
})

test('P7: what is not ready after 10 s is given up', () => {
  const { clock, opened } = setUp()
  clock.advance(9_999)
  expect(opened[0]!.closed).toBe(false)
  clock.advance(1)
  expect(opened[0]!.closed).toBe(true)
})

test('P7: a connection that falls silent is given up after as long as its exchange says, and not before', () => {
  const { clock, feed, up, opened } = setUp()
  up()
  for (let n = 0; n < 10; n++) {
    clock.advance(silence - 1)
    opened[0]!.hearing.alive()
  }
  expect(opened).toHaveLength(1)
  clock.advance(silence - 1)
  expect([feed.state().up, opened[0]!.closed]).toEqual([true, false])
  clock.advance(1)
  expect(feed.state()).toMatchObject({ up: false, reason: 'silent for 36 s' })
  expect(opened[0]!.closed).toBe(true)
})

test('P7: time that is spoken of is monotonic: a clock that is set ends nothing', () => {
  const { clock, feed, up, opened } = setUp()
  up()
  clock.jump(48 * hour)
  clock.advance(1_000)
  clock.jump(-96 * hour)
  clock.advance(1_000)
  expect([feed.state().up, opened.length]).toEqual([true, 1])
})

test('P7: a token that was over is followed by another at once', () => {
  const { clock, end, opened } = setUp({ random: () => 0.999 })
  end('now')
  clock.advance(1)
  expect(opened).toHaveLength(2)
})

test('ten unreadable messages in a row end a connection, nine and a good one do not', () => {
  const { clock, up, opened, feed, metrics } = setUp()
  up()
  const { hearing } = opened[0]!
  for (let n = 0; n < 9; n++) hearing.unreadable()
  hearing.alive()
  for (let n = 0; n < 9; n++) hearing.unreadable()
  expect(feed.state().up).toBe(true)
  hearing.unreadable()
  expect(feed.state()).toMatchObject({ up: false, reason: 'unreadable messages' })
  expect(opened[0]!.closed).toBe(true)
  hearing.unreadable()
  clock.advance(1)
  expect(metrics.text()).toContain('fanfare_upstream_unreadable_total{feed="test"} 19')
})

test('after 23 h another connection takes over; both are heard for 5 s, so that nothing on its way is lost', () => {
  const { clock, up, opened, ticks, events } = setUp()
  up()
  const [old] = opened
  for (let n = 0; n < 23; n++) {
    for (let half = 0; half < 200; half++) {
      clock.advance(hour / 200)
      old!.hearing.alive()
    }
  }
  expect(opened).toHaveLength(2)
  const tick = (sequence: bigint) => ({ symbol: plgr, price: '1', sequence })
  old!.hearing.tick(tick(1n))
  up()
  expect(old!.closed).toBe(false)
  old!.hearing.tick(tick(2n))
  opened[1]!.hearing.tick(tick(3n))
  clock.advance(5_000)
  expect([old!.closed, opened[1]!.closed]).toEqual([true, false])
  old!.hearing.tick(tick(4n))
  expect(ticks.map(({ sequence }) => sequence)).toEqual([1n, 2n, 3n])
  expect(events()).toEqual(['exchange connected'])
})

test('a take-over that fails is tried again each minute, and the old connection goes on until it ends', () => {
  const { clock, up, end, opened, feed, metrics } = setUp()
  up(25 * hour)
  clock.advance(23 * hour)
  end()
  clock.advance(59_999)
  expect(opened).toHaveLength(2)
  clock.advance(1)
  expect(opened).toHaveLength(3)
  expect(feed.state().up).toBe(true)
  // It is on its way when the old one goes.
  opened[0]!.hearing.ended('24 h', 'later')
  expect(feed.state().up).toBe(false)
  up(25 * hour)
  expect(feed.state().up).toBe(true)
  clock.advance(23 * hour - 1)
  expect(opened).toHaveLength(3)
  expect(metrics.text()).toContain('upstream_failures_total{feed="test"} 1')
})

test('each change of state is one line, however many tries it takes, and so is an exchange that was never there', () => {
  const { clock, up, end, events, exchange } = setUp()
  for (let n = 0; n < 50; n++) {
    end()
    clock.advance(4_000)
  }
  expect(events()).toEqual(['exchange out of reach'])
  up()
  expect(events()).toEqual(['exchange out of reach', 'exchange connected'])
  end()
  for (let n = 0; n < 50; n++) {
    clock.advance(4_000)
    if (!exchange.last.closed) end()
  }
  expect(events()).toEqual(['exchange out of reach', 'exchange connected', 'exchange lost'])
})

test('stopping ends every connection and every timer', () => {
  const { clock, feed, opened, ticks, exchange, open } = setUp()
  clock.advance(8_000)
  expect(open()).toBe(3)
  feed.stop()
  expect(open()).toBe(0)
  exchange.tell('1')
  for (const { hearing } of opened) {
    hearing.ready(silence)
    hearing.ended('late', 'now')
  }
  clock.advance(48 * hour)
  expect([opened.length, ticks.length, feed.state().up]).toEqual([3, 0, false])
})

test('a feed that is stopped while two connections overlap leaves no timer', () => {
  const { clock, feed, up } = setUp()
  up(25 * hour)
  clock.advance(23 * hour)
  up(25 * hour)
  expect(clock.waiting).toBe(4)
  feed.stop()
  expect(clock.waiting).toBe(0)
})

test('an older try that fails changes nothing about the next one', () => {
  const { clock, opened } = setUp()
  clock.advance(4_000)
  expect(opened).toHaveLength(2)
  opened[0]!.hearing.ended('cut', 'now')
  clock.advance(3_000)
  expect(opened).toHaveLength(2)
  clock.advance(1_000)
  expect(opened).toHaveLength(3)
})

test('the old connection of a take-over may end by itself, which is no failure', () => {
  const { clock, opened, up, feed, metrics } = setUp()
  up(25 * hour)
  clock.advance(23 * hour)
  up(25 * hour)
  opened[0]!.hearing.ended('24 h', 'later')
  clock.advance(hour)
  expect([feed.state().up, opened.length]).toEqual([true, 2])
  expect(metrics.text()).toContain('upstream_failures_total{feed="test"} 0')
})

test('silence counts from when a connection is ready, however long that took', () => {
  const { clock, feed, up } = setUp({ random: () => 0.999 })
  clock.advance(3_000)
  up()
  clock.advance(silence - 1)
  expect(feed.state().up).toBe(true)
  clock.advance(1)
  expect(feed.state().up).toBe(false)
})

/** An exchange that answers while it is being opened. */
function hasty(answer: (hearing: Hearing) => void): Exchange & { opened: number; closed: number } {
  const self = {
    name: 'test',
    opened: 0,
    closed: 0,
    open(_: readonly string[], hearing: Hearing) {
      self.opened++
      answer(hearing)
      return { close: () => void self.closed++ }
    },
  }
  return self
}

test('an exchange may end or be ready before it has been opened', () => {
  const ending = hasty((hearing) => hearing.ended('no', 'later'))
  const failing = setUp({ exchange: ending as never })
  failing.clock.advance(60_000)
  expect(failing.feed.state().up).toBe(false)
  expect([ending.opened > 10, ending.closed]).toEqual([true, ending.opened])
  const readying = hasty((hearing) => hearing.ready(silence))
  const going = setUp({ exchange: readying as never })
  expect(going.feed.state().up).toBe(true)
  going.clock.advance(silence)
  expect(going.feed.state().up).toBe(false)
  expect(readying.closed).toBe(1)
})
