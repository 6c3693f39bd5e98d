import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { createLog } from '../../../src/core/log.ts'
import { createMetrics } from '../../../src/core/metrics.ts'
import { createFeed } from '../../../src/systems/pledge/feed.ts'
import { fakeClock } from '../../clock.ts'
import { plgr, silence, testExchange } from './scenario.ts'

/** As long as a connection is used at most, and longer than any of them is silent. */
const day = 23 * 3_600_000

/** What happens next: on which of the newest connections, or how much time passes. */
const Step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ wait: fc.constantFrom(1, 400, 1_000, 3_700, 12_000, 40_000) }),
  },
  { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(700_000, day) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      link: fc.nat(4),
      does: fc.constantFrom('ready', 'steady', 'tick', 'alive', 'unreadable', 'later', 'now'),
    }),
  },
)

/** A feed on an exchange that does what it wants. */
function setUp(chances: readonly number[]) {
  const clock = fakeClock()
  const exchange = testExchange()
  const began: number[] = []
  const log = createLog({ level: 'error', format: 'json', clock, write() {} })
  let ticks = 0
  let drawn = 0
  const feed = createFeed({
    ...{ clock, log, symbols: [plgr], metrics: createMetrics() },
    exchange: {
      name: 'test',
      open(symbols, hearing) {
        began.push(clock.elapsed())
        return exchange.open(symbols, hearing)
      },
    },
    random: () => chances[drawn++ % chances.length]!,
    tick: () => void ticks++,
  })
  feed.start()
  return { clock, feed, exchange, began, ticks: () => ticks }
}

test('P7: whatever an exchange does, few connections are open, tries are few, and there is always another', () => {
  const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  const walk = (steps: readonly any[], chances: readonly number[]) => {
    const { clock, feed, exchange, began, ticks } = setUp(chances)
    let sequence = 0n
    const steady = () => {
      if (!feed.state().up) return false
      clock.advance(silence)
      return feed.state().up
    }
    for (const { wait, link, does } of steps) {
      // Days without a connection are thousands of tries, which hours do as well.
      if (wait !== undefined) clock.advance(wait === day && !steady() ? 60_000 : wait)
      else {
        const one = exchange.opened.at(-1 - link)
        const before = [ticks(), feed.state().up, exchange.opened.length]
        const wasClosed = one?.closed ?? true
        if (does === 'ready') one?.hearing.ready(silence)
        else if (does === 'steady') one?.hearing.ready(2 * day)
        else if (does === 'tick')
          one?.hearing.tick({ symbol: plgr, price: '1', sequence: ++sequence })
        else if (does === 'alive') one?.hearing.alive()
        else if (does === 'unreadable') one?.hearing.unreadable()
        else one?.hearing.ended('cut', does)
        // What is over is not heard.
        if (wasClosed) expect([ticks(), feed.state().up, exchange.opened.length]).toEqual(before)
      }
      const open = exchange.opened.filter(({ closed }) => !closed)
      expect(open.length).toBeLessThanOrEqual(4)
      if (feed.state().up) expect(open.length).toBeGreaterThanOrEqual(1)
    }
    const busy = began.filter((at, index) => at - (began[index - 20] ?? -Infinity) < 60_000)
    expect(busy).toEqual([])
    const tries = exchange.opened.length
    if (!feed.state().up) clock.advance(30_000)
    expect(feed.state().up || exchange.opened.length > tries).toBe(true)
    feed.stop()
    expect(exchange.opened.filter(({ closed }) => !closed)).toEqual([])
    const stopped = exchange.opened.length
    clock.advance(24 * 3_600_000)
    expect(exchange.opened).toHaveLength(stopped)
  }
  fc.assert(
    fc.property(
      fc.array(Step, { minLength: 10, maxLength: 80 }),
      fc.array(chance, { minLength: 1, maxLength: 5 }),
      walk,
    ),
    { numRuns: 2_000, seed: 7 },
  )
})
