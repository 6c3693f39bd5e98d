import { expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  crashPoint,
  drawn,
  outcomes,
  parseHash,
  pointOf,
  previousHash,
} from '../../../src/systems/crash/draw.ts'

const salt = '0000000000000000000fa3b65e43e4240d71762a5bf397d5304b2596d116859c'
const highest = 100_000_000

const rounds: [hash: string, first: string, at99: number, at97: number, at96: number][] = [
  [
    '0994344caec91863cb5e88a39fc08b47303791beb3e5a9e119dd9227028e8569',
    'b0f59ac3c6fe0',
    320,
    314,
    310,
  ],
  [
    'e3718f2c667e7c19eb2673a0f79af810d542e6d47e3e1cb31883dc2fa303fd74',
    'f1eadbd3875eb',
    1799,
    1763,
    1745,
  ],
  [
    '8d98235c7b85ca1886a29b623b6ef4a7c78ae446de71cf06df41a169345916f2',
    '1fc036c56f0f4',
    113,
    110,
    109,
  ],
]

const bytes = (hex: string) => Buffer.from(hex, 'hex')

test.each(rounds)('the draw of %s comes out as published', (hash, first, at99, at97, at96) => {
  expect(drawn(bytes(hash), salt).toString(16).padStart(13, '0')).toBe(first)
  const points = [9_900, 9_700, 9_600].map((rtp) => crashPoint(bytes(hash), salt, rtp, highest))
  expect(points).toEqual([at99, at97, at96])
})

test('the draw is that of an engine in public use, so that its verifiers work on our rounds too', () => {
  const hash = '5d07719b61b0abb6f1c3b17b1d69c838278f87f9b5e75077026e5fedf96c2eb2'
  const bitcoin = '0000000000000000004d6ec16dafe9d8370958664c1dc422f452892264c59526'
  expect(crashPoint(bytes(hash), bitcoin, 9_900, highest)).toBe(205_590)
})

test('the smallest outcome crashes at once and the largest at the cap, so that both ends are played', () => {
  expect(pointOf(0n, 9_900, highest)).toBe(100)
  expect(pointOf(outcomes - 1n, 9_900, highest)).toBe(highest)
  expect(pointOf(outcomes - 1n, 9_900, 101)).toBe(101)
})

test('a point at the cap is the cap itself and one below it is not touched', () => {
  // 2^52 − 2^32 leaves a 2^20th: 0.99 · 2^20 = 1038090.24.
  const r = outcomes - 2n ** 32n
  expect(pointOf(r, 9_900, highest)).toBe(highest)
  expect(pointOf(r, 9_900, 103_809_025)).toBe(103_809_024)
  expect(pointOf(r, 9_900, 103_809_024)).toBe(103_809_024)
  expect(pointOf(r, 9_900, 103_809_023)).toBe(103_809_023)
})

test('rounding is always down, so that nobody is paid from a hundredth that was not reached', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: outcomes - 1_000n }),
      fc.integer({ min: 5_000, max: 10_000 }),
      (r, rtp) => {
        const point = BigInt(pointOf(r, rtp, Number.MAX_SAFE_INTEGER))
        const [truth, per] = [BigInt(rtp) * outcomes, 100n * (outcomes - r)]
        if (point > 100n) expect(point * per <= truth).toBe(true)
        expect((point + 1n) * per > truth).toBe(true)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('a larger outcome never crashes earlier, so that the order of the draws is that of the points', () => {
  const outcome = fc.bigInt({ min: 0n, max: outcomes - 1n })
  fc.assert(
    fc.property(outcome, outcome, (a, b) => {
      const [low, high] = a < b ? [a, b] : [b, a]
      expect(pointOf(low, 9_700, highest)).toBeLessThanOrEqual(pointOf(high, 9_700, highest))
    }),
  )
})

test('a revealed hash leads back to the one before, down to the commitment', () => {
  const [first, second, third] = rounds.map(([hash]) => hash)
  const before = (hash = '') => Buffer.from(previousHash(bytes(hash))).toString('hex')
  expect(before(third)).toBe(second!)
  expect(before(second)).toBe(first!)
  expect(before(first)).toBe('4ff37e29c5e734482b20b3257cee1e0eb16444d297947f72451b09f95104ceb9')
})

test('a hash is 64 hex digits in either case and nothing else', () => {
  const [hash = ''] = rounds.map(([one]) => one)
  expect(parseHash(hash)).toEqual(bytes(hash))
  expect(parseHash(hash.toUpperCase())).toEqual(bytes(hash))
  for (const no of ['', hash.slice(1), `${hash}0`, `${hash.slice(1)}g`, `${hash}\n`]) {
    expect(parseHash(no)).toBeNull()
  }
})
