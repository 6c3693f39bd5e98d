import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import {
  blockAt,
  checkpointAt,
  hashIn,
  makeOn,
  startChain,
  stride,
  type Making,
} from '../../../src/systems/crash/chain.ts'

const secret = Buffer.from('casino-demo-initial-secret')
const hex = (bytes: Uint8Array | null) => Buffer.from(bytes ?? []).toString('hex')
const whole = (length: number) => makeOn(startChain(secret, length), length)

/** The hash at an index from its checkpoint alone. */
function hashAt({ checkpoints, length }: Making, index: number): string {
  const from = checkpointAt(index)
  return hex(hashIn(blockAt(checkpoints.subarray(from, from + 32), length, index), index))
}

test('a chain begins at its end: the last hash is that of the secret, the first the commitment', () => {
  const chain = whole(7)
  expect(chain.index).toBe(0)
  expect(hex(chain.hash)).toBe('4ff37e29c5e734482b20b3257cee1e0eb16444d297947f72451b09f95104ceb9')
  expect(hashAt(chain, 1)).toBe('0994344caec91863cb5e88a39fc08b47303791beb3e5a9e119dd9227028e8569')
  expect(hashAt(chain, 3)).toBe('8d98235c7b85ca1886a29b623b6ef4a7c78ae446de71cf06df41a169345916f2')
  expect(hashAt(chain, 7)).toBe(hex(createHash('sha256').update(secret).digest()))
})

test.each([1, 2, stride - 1, stride, stride + 1, 3 * stride, 3 * stride + 7])(
  'every hash of a chain of %i is found from a checkpoint, so that no round walks the whole chain',
  (length) => {
    const chain = whole(length)
    expect(chain.checkpoints.length).toBe(32 * Math.ceil(length / stride))
    let hash: Uint8Array = createHash('sha256').update(secret).digest()
    for (let index = length; index > 0; index--) {
      const edge = index % stride < 2 || index === length
      if (edge && hashAt(chain, index) !== hex(hash)) throw new Error(`another hash at ${index}`)
      hash = createHash('sha256').update(hash).digest()
    }
    expect(hex(chain.hash)).toBe(hex(hash))
  },
)

test('a chain made in slices is the same chain, so that bets can be written between them', () => {
  let chain = startChain(secret, 2_500)
  while (chain.index > 0) chain = makeOn(chain, 333)
  const { hash, checkpoints } = whole(2_500)
  expect(hex(chain.hash)).toBe(hex(hash))
  expect(hex(chain.checkpoints)).toBe(hex(checkpoints))
})

test('a block holds its own hashes and no others', () => {
  const { checkpoints } = whole(2_500)
  const block = blockAt(checkpoints.subarray(32, 64), 2_500, 1_500)
  expect(hashIn(block, 1_000)).toBeNull()
  expect(hashIn(block, 1_001)).toHaveLength(32)
  expect(hashIn(block, 2_000)).toHaveLength(32)
  expect(hashIn(block, 2_001)).toBeNull()
})

test.each([0, -1, 1.5, NaN, 10_000_001])('a chain of %d hashes is not begun', (length) => {
  expect(() => startChain(secret, length)).toThrow(RangeError)
})
