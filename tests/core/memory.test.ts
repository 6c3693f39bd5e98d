import { expect, test } from 'bun:test'
import { startCollecting } from '../../src/core/memory.ts'
import { fakeClock } from '../clock.ts'

function collecting() {
  const clock = fakeClock()
  const connections = { size: 0 }
  let collected = 0
  const stop = startCollecting(connections, clock, () => void collected++)
  return {
    stop,
    at(size: number) {
      connections.size = size
      clock.advance(2_000)
      return collected
    },
  }
}

test('memory is collected once when half of a crowd has left, and again after the next crowd', () => {
  const { at } = collecting()
  expect([at(0), at(10_000), at(6_000), at(5_000), at(4_900), at(3_000)]).toEqual([
    0, 0, 0, 1, 1, 1,
  ])
  expect([at(2_500), at(1_000), at(0)]).toEqual([2, 3, 4])
  expect([at(2_000), at(900)]).toEqual([4, 5])
})

test('a few connections that come and go cost no pause', () => {
  const { at, stop } = collecting()
  expect([at(999), at(0), at(500), at(0)]).toEqual([0, 0, 0, 0])
  stop()
  expect([at(10_000), at(0)]).toEqual([0, 0])
})
