import { expect, test } from 'bun:test'
import { median, quarters, slope } from '../../src/bench/series.ts'

test('the slope of points on a line is that of the line, wherever they lie', () => {
  expect(
    slope([
      [1, 5],
      [2, 8],
      [4, 14],
    ]),
  ).toBeCloseTo(3)
  expect(
    slope([
      [10, 7],
      [20, 7],
      [30, 7],
    ]),
  ).toBe(0)
})

test('what swings around a line has the slope of the line, so that a single peak is no growth', () => {
  const points = Array.from({ length: 100 }, (_, x): [number, number] => [
    x,
    200 - 2 * x + (x % 2 === 0 ? 30 : -30),
  ])
  expect(slope(points)).toBeCloseTo(-2, 1)
})

test('there is no slope of one point, nor of points above each other', () => {
  expect(slope([[1, 1]])).toBeNaN()
  expect(
    slope([
      [1, 1],
      [1, 2],
    ]),
  ).toBeNaN()
})

test('quarters are the outer ends of a series, and of a short one at least one value', () => {
  expect(quarters([1, 2, 3, 4, 5, 6, 7, 8])).toEqual([
    [1, 2],
    [7, 8],
  ])
  expect(quarters([1, 2])).toEqual([[1], [2]])
})

test('a median does not care how far off the outermost is', () => {
  expect(median([3, 1_000, 1])).toBe(3)
  expect(median([4, 1, 2, 3])).toBe(2.5)
  expect(median([])).toBeNaN()
})
