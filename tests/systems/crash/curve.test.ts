import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { parseCurve, type Curve } from '../../../src/systems/crash/curve.ts'

function curve(text: string): Curve {
  const found = parseCurve(text)
  if (found === null) throw new Error(`"${text}" is no curve`)
  return found
}

const published = [
  [0, 100],
  [166, 101],
  [1_000, 106],
  [5_000, 134],
  [11_552, 199],
  [11_553, 200],
  [30_000, 604],
  [60_000, 3_659],
] as const

test.each(published)('exp:0.00006 is at %i ms at %i hundredths, as published', (ms, hundredths) => {
  expect(curve('exp:0.00006').multiplier(ms)).toBe(hundredths)
})

test('the power curve meets both samples of the original, which no exponential does (R7)', () => {
  const both = curve('power:0.1916:1.1894')
  expect([both.multiplier(3_500), both.multiplier(8_523)]).toEqual([185, 345])
})

const texts = ['exp:0.00015', 'exp:0.00006', 'power:0.1916:1.1894', 'power:0.1:1', 'power:0.01:2']

describe.each(texts)('%s', (text) => {
  const { multiplier, flight, reaches } = curve(text)
  const point = fc.integer({ min: 100, max: 100_000_000 })

  test('begins at 1.00 and never falls', () => {
    expect(multiplier(0)).toBe(100)
    let before = 100
    for (let ms = 0; ms <= 60_000; ms++) {
      const now = multiplier(ms)
      if (now < before) throw new Error(`falls at ${ms}`)
      before = now
    }
  })

  test('a flight ends at the first ms at which the multiplier would be above the crash point', () => {
    fc.assert(
      fc.property(point, (crash) => {
        const end = flight(crash)
        expect(multiplier(end)).toBeGreaterThan(crash)
        expect(multiplier(end - 1)).toBeLessThanOrEqual(crash)
      }),
    )
  })

  test('a target is reached at the first ms at which the multiplier is at or above it', () => {
    fc.assert(
      fc.property(point, (target) => {
        const at = reaches(target)
        expect(multiplier(at)).toBeGreaterThanOrEqual(target)
        expect(at === 0 || multiplier(at - 1) < target).toBe(true)
        expect(at).toBeLessThanOrEqual(flight(target))
      }),
    )
  })

  test('a part of a ms counts for nothing', () => {
    expect(multiplier(12_345.999)).toBe(multiplier(12_345))
  })
})

test('a crash at 1.00 flies until 1.01 would be shown', () => {
  expect(curve('exp:0.00015').flight(100)).toBe(Math.ceil(Math.log(1.01) / 0.00015))
  expect(curve('exp:0.00015').reaches(100)).toBe(0)
})

test('a value that meets a hundredth exactly counts as that hundredth, though doubles miss it', () => {
  const line = curve('power:0.1:1')
  for (let hundred = 0; hundred <= 100_000; hundred++) {
    expect(line.multiplier(hundred * 100)).toBe(100 + hundred)
    if (hundred > 0) expect(line.multiplier(hundred * 100 - 1)).toBe(99 + hundred)
  }
  const missed = Array.from({ length: 1_000 }, (_, hundred) => hundred).filter(
    (hundred) => Math.floor(100 * (1 + 0.1 * (hundred / 10))) !== 100 + hundred,
  )
  expect(missed.length).toBeGreaterThan(0)
})

test('a square root is exact too: 1 + s^1.5 at the squares', () => {
  const root = curve('power:1:1.5')
  for (let s = 0; s <= 100; s++) expect(root.multiplier(s * s * 1_000)).toBe(100 + 100 * s ** 3)
})

test('doubles agree wherever they are not in doubt, so that ten lines of any language will do', () => {
  const { multiplier } = curve('exp:0.00015')
  for (let ms = 0; ms <= 92_000; ms++) {
    if (multiplier(ms) !== Math.floor(100 * Math.exp(0.00015 * ms))) throw new Error(`at ${ms}`)
  }
})

test('nothing is told apart beyond a hundred million, so that no number grows without end', () => {
  expect(curve('exp:0.00015').multiplier(10_000_000)).toBe(10_000_000_000)
  expect(curve('exp:0.00015').multiplier(Infinity)).toBe(10_000_000_000)
  expect(() => curve('exp:0.00015').reaches(10_000_000_001)).toThrow()
})

const wrong = [
  '',
  'exp',
  'exp:',
  'exp:0',
  'exp:0.0',
  'exp:1',
  'exp:1e-4',
  'exp:-0.00015',
  ' exp:0.00015',
  'exp:0.00015\n',
  'exp:0.00015:2',
  'exp:.00015',
  'power:0.1',
  'power:0:1',
  'power:0.1:0.5',
  'power:0.1:4.1',
  'power:0.1:1.00001',
  'power:0.1:1:1',
  'line:1',
  // 2.00 within 100 ms, and not at 100.00 after an hour.
  'exp:0.007',
  'power:999:1',
  'exp:0.000001',
  'power:0.001:1',
]
test.each(wrong)('%j is no curve that could be played', (text) => {
  expect(parseCurve(text)).toBeNull()
})
