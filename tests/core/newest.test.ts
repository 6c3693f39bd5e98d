import { expect, test } from 'bun:test'
import { createNewest } from '../../src/core/newest.ts'
import type { Message } from '../../src/core/store.ts'
import { fakeClock } from '../clock.ts'

function setUp() {
  const clock = fakeClock()
  const told: [number, string][] = []
  const began = clock.elapsed()
  const newest = createNewest(
    clock,
    50,
    ({ body }) => void told.push([clock.elapsed() - began, body]),
  )
  const take = (body: string, channel = 'x/a') =>
    newest.take({ id: '', channel, type: 'T', body, at: 0 } satisfies Message)
  return { clock, told, take }
}

test('the first after silence goes at once, of those that come too soon the last one when it is time', () => {
  const { clock, told, take } = setUp()
  take('1')
  clock.advance(10)
  take('2')
  clock.advance(10)
  take('3')
  clock.advance(100)
  take('4')
  expect(told).toEqual([
    [0, '1'],
    [50, '3'],
    [120, '4'],
  ])
})

test('what comes evenly at that very pace goes on evenly, and none is left out', () => {
  const { clock, told, take } = setUp()
  // A little early, a little late: what is early waits, and does not put off those after it.
  for (const wait of [0, 50, 47, 53, 46, 54, 50, 49]) {
    clock.advance(wait)
    take(String(told.length))
  }
  clock.advance(50)
  expect(told.map(([at]) => at)).toEqual([0, 50, 100, 150, 200, 250, 300, 349])
})

test('one that was held up puts off none that follows, so that an even pace stays as it is (P8)', () => {
  const { clock, told, take } = setUp()
  for (const wait of [0, 58, 42, 50]) {
    clock.advance(wait)
    take(String(told.length))
  }
  expect(told.map(([at]) => at)).toEqual([0, 58, 108, 150])
})

test('after one that was held up for long the next ones come nearer, never nearer than four fifths', () => {
  const { clock, told, take } = setUp()
  // The second is 45 ms late, the others come evenly.
  for (const wait of [0, 95, 5, 50, 50, 50, 50, 50]) {
    clock.advance(wait)
    take('')
  }
  clock.advance(50)
  expect(told.map(([at]) => at)).toEqual([0, 95, 145, 185, 225, 265, 305, 350])
})

test('a flood after one that was held up keeps the whole distance, since it gains nothing by less', () => {
  const { clock, told, take } = setUp()
  take('first')
  clock.advance(95)
  for (let at = 95; at < 300; at++) {
    take(String(at))
    clock.advance(1)
  }
  expect(told).toEqual([
    [0, 'first'],
    [95, '95'],
    [145, '144'],
    [195, '194'],
    [245, '244'],
    [295, '294'],
  ])
})

test('each channel has a pace of its own', () => {
  const { told, take } = setUp()
  take('1', 'x/a')
  take('2', 'x/b')
  take('3', 'x/a')
  expect(told.map(([, body]) => body)).toEqual(['1', '2'])
})

test('nothing is told twice when nothing new comes', () => {
  const { clock, told, take } = setUp()
  take('1')
  take('2')
  clock.advance(1_000)
  expect(told.map(([, body]) => body)).toEqual(['1', '2'])
})
