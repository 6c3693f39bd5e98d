import { expect, test } from 'bun:test'
import { createSequences } from '../../../src/systems/pledge/sequences.ts'
import { fakeClock } from '../../clock.ts'
import { plgr } from './scenario.ts'

function setUp() {
  const clock = fakeClock()
  const isNews = createSequences(clock, 10_000)
  return {
    clock,
    news: (sequence: bigint, symbol = plgr) => isNews({ symbol, price: '1', sequence }),
  }
}

const big = 2n ** 70n

test('sequences rise, beyond what a number can tell apart', () => {
  const { news } = setUp()
  const told = [big, big + 1n, big + 1n, big, big + 3n, big + 2n].map((one) => news(one))
  expect(told).toEqual([true, true, false, false, true, false])
})

test('each symbol counts for itself', () => {
  const { news } = setUp()
  expect([news(5n), news(4n, 'BTC-USDT'), news(4n), news(5n, 'BTC-USDT')]).toEqual([
    ...[true, true, false, true],
  ])
})

test('an exchange that tells lower and rising ones alone for longer than 10 s counts anew', () => {
  const { clock, news } = setUp()
  news(big)
  for (let n = 1n; n <= 11n; n++) {
    expect(news(n)).toBe(false)
    clock.advance(1_000)
  }
  expect(news(12n)).toBe(true)
  expect([news(11n), news(12n), news(13n)]).toEqual([false, false, true])
})

test('strays among good ones never become the news, however long they come', () => {
  const { clock, news } = setUp()
  for (let n = 0n; n < 100n; n++) {
    expect(news(big + n)).toBe(true)
    expect(news(1n + n)).toBe(false)
    clock.advance(1_000)
  }
})

test('in a quiet market neither repeats of the newest nor old ones in no order begin a new count', () => {
  const { clock, news } = setUp()
  news(big)
  for (let n = 0n; n < 100n; n++) {
    expect(news(50n + n)).toBe(false)
    expect(news(big)).toBe(false)
    clock.advance(1_000)
  }
  for (let n = 0n; n < 100n; n++) {
    expect(news(1_000n - n)).toBe(false)
    clock.advance(1_000)
  }
})

test('an exchange that tells each of them twice is believed all the same, one old tick for ever is not', () => {
  const { clock, news } = setUp()
  news(big)
  for (let n = 1n; n <= 11n; n++) {
    expect([news(n), news(n)]).toEqual([false, false])
    clock.advance(1_000)
  }
  expect([news(12n), news(12n), news(13n)]).toEqual([true, false, true])
  for (let n = 0; n < 100; n++) {
    expect(news(5n)).toBe(false)
    clock.advance(1_000)
  }
})
