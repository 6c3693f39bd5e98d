import { expect, test } from 'bun:test'
import { newLink } from '../../src/bench/link.ts'
import { quoteFrame, quoteStamp, priced } from '../../src/bench/quote.ts'
import { createQuotes, stragglersOf } from '../../src/bench/quotes.ts'
import { codec } from '../../src/systems/pledge/codec.ts'
import { isPrice } from '../../src/systems/pledge/prices.ts'

const encoder = new TextEncoder()
const stamp = 1_767_322_245_123_456

/** The stamp of a frame that stands in the middle of other bytes. */
function stampIn(frame: string): number {
  const bytes = encoder.encode(`head${frame}tail`)
  return quoteStamp(bytes, 4, bytes.length - 4)
}

test('a price carries its stamp to the µs and is one that pledge takes unchanged (P13)', () => {
  expect(priced(stamp)).toBe('1767322245.123456')
  expect(isPrice(priced(stamp))).toBe(true)
  expect(stampIn(quoteFrame(priced(stamp)))).toBe(stamp)
})

test('bare tells a price in the very frame of pledge, so that both have the same work (P3)', () => {
  const body = JSON.stringify(priced(stamp))
  const message = { id: '', channel: 'pledge/price:A-B', type: 'Price', body, at: 0 }
  expect(codec.message(message, '')).toBe(quoteFrame(priced(stamp)))
})

test('what is no price of the bench has no stamp: a pong, an error of the same length, another price (P4, P5)', () => {
  expect(stampIn('{"code":1,"data":"pong"}')).toBe(-1)
  expect(stampIn('{"code":-1,"data":"heartbeat timeout"}')).toBe(-1)
  expect(stampIn(quoteFrame(priced(stamp)).replace('0', '1'))).toBe(-1)
  expect(stampIn(quoteFrame('0.0027'))).toBe(-1)
})

test('a price that came before, or that is older than one that came, is no delivery', () => {
  const [quotes, link] = [createQuotes(), newLink('/')]
  expect([1, 2, 2, 1, 3].map((at) => quotes.take(link, at, 0))).toEqual([
    true,
    true,
    false,
    false,
    true,
  ])
  expect(quotes.doubled).toBe(2)
  quotes.begin(0)
  expect(quotes.doubled).toBe(0)
})

test('prices that were told before the time that counts are no deliveries, but are known if they come again', () => {
  const [quotes, link] = [createQuotes(), newLink('/')]
  quotes.begin(3)
  expect([2, 3, 2, 4].map((at) => quotes.take(link, at, 0))).toEqual([false, true, false, true])
  expect(quotes.doubled).toBe(1)
})

test('what a reader that stopped gets late counts for it alone, so that the others are judged by theirs', () => {
  const [quotes, steady, slow] = [createQuotes(), newLink('/'), newLink('/')]
  slow.straggles = true
  expect(quotes.take(steady, 1, 2_000_000)).toBe(true)
  expect(
    [2_000_000, 1_000_001, 1_000_000].map((age, at) => quotes.take(slow, at + 1, age)),
  ).toEqual([false, false, false])
  expect(stragglersOf([steady, slow])).toEqual([{ old: 2, newest: 3 }])
})
