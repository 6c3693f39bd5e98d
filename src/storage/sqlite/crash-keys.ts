import { randomInt } from 'node:crypto'
import { wantsLater } from '../../core/errors.ts'

/**
 * Where the rows of keys are, in memory: 24 bytes a key, lost with the thread and made anew from the rows.
 * It may name rows that are gone or hold something else, so each is read before it is believed; a row that
 * was put is never left out while it may be asked for.
 */
export interface Keys {
  /** The newest first of the rows that a key may be in. */
  candidates(account: number, key: string): readonly number[]
  /** Refuses OVERLOADED when more keys than fit are younger than `since`. Times are epoch ms. */
  put(account: number, key: string, place: Place, since: number): void
}

/** A row and when it was written. */
export interface Place {
  readonly row: number
  readonly at: number
}

/** How many keys there may be: those of one segment, which has twice as many slots, and how many segments. 8 million keys take 200 MB. */
const room = { segmentKeys: 65_536, mostSegments: 128 }

interface Segment {
  /** Three numbers a slot: two hashes of the key, and the row counted from `base`; 0 where it is free. */
  readonly table: Uint32Array
  readonly base: number
  count: number
  newest: number
}

/** An empty table; segments whose keys are all too old make room for new ones. */
export function createKeys({ segmentKeys, mostSegments } = room): Keys {
  const slots = 2 * segmentKeys
  let segments: Segment[] = []
  // Nobody outside can choose keys that meet in one slot.
  const seeds = [randomInt(2 ** 32), randomInt(2 ** 32)] as const

  function hash(account: number, key: string, seed: number): number {
    return Bun.hash.xxHash32(key, (seed ^ Math.imul(account, 0x9e3779b1)) >>> 0)
  }

  function segmentFor(row: number, since: number): Segment {
    const last = segments.at(-1)
    const fits = last !== undefined && last.count < segmentKeys && inReach(last, row)
    if (fits) return last
    segments = segments.filter(({ newest }) => newest >= since)
    if (segments.length >= mostSegments)
      throw wantsLater('OVERLOADED', 'Too many commands of late to remember them all', 60_000)
    const table = new Uint32Array(3 * slots)
    const segment: Segment = { table, base: row - 1, count: 0, newest: 0 }
    segments.push(segment)
    return segment
  }

  return {
    candidates(account, key) {
      const first = hash(account, key, seeds[0])
      const second = hash(account, key, seeds[1])
      const found: number[] = []
      for (const { table, base } of segments) {
        for (let slot = first % slots; table[3 * slot + 2] !== 0; slot = (slot + 1) % slots) {
          if (table[3 * slot] !== first || table[3 * slot + 1] !== second) continue
          found.push(base + table[3 * slot + 2]!)
        }
      }
      return found.reverse()
    },
    put(account, key, { row, at }, since) {
      const segment = segmentFor(row, since)
      const { table, base } = segment
      const first = hash(account, key, seeds[0])
      let slot = first % slots
      while (table[3 * slot + 2] !== 0) slot = (slot + 1) % slots
      table[3 * slot] = first
      table[3 * slot + 1] = hash(account, key, seeds[1])
      table[3 * slot + 2] = row - base
      segment.count++
      segment.newest = Math.max(segment.newest, at)
    },
  }
}

/** Row ids begin anew when all commands were forgotten. */
function inReach({ base }: Segment, row: number): boolean {
  return row > base && row - base < 2 ** 32
}
