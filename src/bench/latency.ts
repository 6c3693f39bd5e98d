/** Whole µs counted in buckets: exact to 127 µs, above that at most 1.6 % too high, in any number of values. */
export interface Latencies {
  add(micros: number): void
  readonly count: number
  readonly max: number
  /** The value that a share `p` (0..1) of all values does not exceed, in µs; 0 when there is none. */
  percentile(p: number): number
  /** Takes in what another process has counted. */
  merge(counted: Counted): void
  counted(): Counted
}

/** What travels between processes: pairs of bucket and count, and the true maximum. */
export interface Counted {
  readonly buckets: readonly (readonly [number, number])[]
  readonly max: number
}

const exact = 128
const perOctave = 64
const octaves = 24

/** Latencies of nothing yet. */
export function createLatencies(): Latencies {
  const counts = new Float64Array(exact + octaves * perOctave)
  let count = 0
  let max = 0
  return {
    get count() {
      return count
    },
    get max() {
      return max
    },
    add(micros) {
      // Clocks of two processes differ by some µs: a receipt may seem to come before its call.
      const value = micros > 0 ? micros : 0
      const bucket = bucketOf(value)
      counts[bucket] = (counts[bucket] ?? 0) + 1
      count++
      if (value > max) max = value
    },
    percentile(p) {
      const rank = Math.max(1, Math.ceil(count * p))
      let seen = 0
      for (const [bucket, times] of counts.entries()) {
        seen += times
        if (seen >= rank) return Math.min(highestOf(bucket), max)
      }
      return 0
    },
    merge(counted) {
      for (const [bucket, times] of counted.buckets) {
        counts[bucket] = (counts[bucket] ?? 0) + times
        count += times
      }
      max = Math.max(max, counted.max)
    },
    counted() {
      const buckets: [number, number][] = []
      for (const [bucket, times] of counts.entries()) if (times > 0) buckets.push([bucket, times])
      return { buckets, max }
    },
  }
}

function bucketOf(micros: number): number {
  if (micros < exact) return micros | 0
  const value = Math.min(micros, 2 ** 30) | 0
  const octave = 31 - Math.clz32(value)
  return exact + (octave - 7) * perOctave + ((value >> (octave - 6)) & (perOctave - 1))
}

function highestOf(bucket: number): number {
  if (bucket < exact) return bucket
  const octave = Math.floor((bucket - exact) / perOctave) + 7
  const step = 2 ** (octave - 6)
  return 2 ** octave + (((bucket - exact) % perOctave) + 1) * step - 1
}
