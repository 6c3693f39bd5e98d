import { previousHash } from './draw.ts'

/** How many hashes lie between two checkpoints: what finding any hash costs at most. */
export const stride = 1_000

/** Longest chain that is made. */
export const longest = 10_000_000

/** A chain in the making, from its end to its beginning. */
export interface Making {
  readonly length: number
  /** The hash reached so far, and its index. */
  readonly hash: Uint8Array
  readonly index: number
  /** The last hash of each block of `stride`, 32 bytes each, in order of index. */
  readonly checkpoints: Uint8Array
}

/** Begins a chain of `length` game hashes at its end: the last one is the SHA-256 of the secret. */
export function startChain(secret: Uint8Array, length: number): Making {
  if (!Number.isSafeInteger(length) || length < 1 || length > longest) {
    throw new RangeError(`A chain has 1 to ${longest} hashes, not ${length}`)
  }
  const checkpoints = Buffer.alloc(Math.ceil(length / stride) * 32)
  const hash = previousHash(secret)
  checkpoints.set(hash, checkpointAt(length))
  return { length, hash, index: length, checkpoints }
}

/** Makes the next `steps` hashes and fills in their checkpoints; the chain is whole at index 0, whose hash is the commitment. */
export function makeOn(making: Making, steps: number): Making {
  const { length, checkpoints } = making
  let { hash, index } = making
  for (const end = Math.max(0, index - steps); index > end;) {
    hash = previousHash(hash)
    index--
    if (index % stride === 0 && index > 0) checkpoints.set(hash, checkpointAt(index))
  }
  return { length, hash, index, checkpoints }
}

/** Hashes of consecutive rounds, 32 bytes each. */
export interface Block {
  /** Index of the first. */
  readonly first: number
  readonly hashes: Uint8Array
}

/** The block of hashes that holds the one at `index`, from a checkpoint of a chain of `length`. */
export function blockAt(checkpoint: Uint8Array, length: number, index: number): Block {
  const first = firstOf(index)
  const count = Math.min(length, first + stride - 1) - first + 1
  const hashes = Buffer.alloc(count * 32)
  let hash = checkpoint
  for (let place = count - 1; place >= 0; place--) {
    hashes.set(hash, place * 32)
    hash = previousHash(hash)
  }
  return { first, hashes }
}

/** Where the checkpoint of the block that holds `index` begins among the checkpoints, in bytes. */
export function checkpointAt(index: number): number {
  return (Math.ceil(index / stride) - 1) * 32
}

/** The hash at `index`, null when the block does not hold it. */
export function hashIn({ first, hashes }: Block, index: number): Uint8Array | null {
  const place = (index - first) * 32
  return place < 0 || place >= hashes.length ? null : hashes.slice(place, place + 32)
}

function firstOf(index: number): number {
  return (Math.ceil(index / stride) - 1) * stride + 1
}
