import type { Clock } from './clock.ts'

/** A token bucket: `burst` at once, refilled with `perSecond`. */
export interface Rate {
  readonly perSecond: number
  readonly burst: number
}

/** Token buckets by key, at most `max` of them, on the monotonic clock. */
export interface Limiter {
  /** Takes `cost` tokens (1 when absent): 0 when they were there, otherwise the ms until they will be; a refused try costs nothing. */
  take(key: string, rate: Rate, cost?: number): number
  /** How many keys are remembered. */
  readonly size: number
}

/** Limits by key. Keys whose bucket is full again are forgotten as new ones come; with `max` busy ones, one goes that is near to it. */
export function createLimiter(clock: Clock, { max }: { max: number }): Limiter {
  // Per key the instant at which its bucket is full again: that one number is the whole bucket.
  const fullAt = new Map<string, number>()
  // Goes round and round: starting at the front each time gets slower with every key that went.
  let hand = fullAt.entries()

  /** Looks at a few keys for each new one, so that idle ones vanish faster than new ones come. */
  function makeRoom(now: number): void {
    let nearest: string | undefined
    let nearestAt = Infinity
    for (let looked = 0; looked < looks; looked++) {
      let next = hand.next()
      if (next.done) {
        hand = fullAt.entries()
        next = hand.next()
        if (next.done) return
      }
      const [key, full] = next.value
      if (full <= now) fullAt.delete(key)
      else if (full < nearestAt) {
        nearestAt = full
        nearest = key
      }
    }
    if (fullAt.size >= max && nearest !== undefined) fullAt.delete(nearest)
  }

  return {
    get size() {
      return fullAt.size
    },
    take(key, rate, cost = 1) {
      const now = clock.elapsed()
      const known = fullAt.get(key)
      const full = known === undefined || known < now ? now : known
      const wait = waitFor(full, now, rate, cost)
      if (wait > 0) return wait
      if (known === undefined) makeRoom(now)
      fullAt.set(key, full + cost * interval(rate))
      return 0
    },
  }
}

/** The bucket of one connection; it allocates nothing after its birth. */
export interface Bucket {
  /** Takes `cost` tokens (1 when absent) at `now` (monotonic ms) and says whether they were there. */
  take(now: number, rate: Rate, cost?: number): boolean
}

/** A full bucket, born at `now` (monotonic ms). */
export function bucket(now: number): Bucket {
  return new SingleBucket(now)
}

/** A class, because a closure per connection would cost more memory. */
class SingleBucket implements Bucket {
  constructor(private fullAt: number) {}

  take(now: number, rate: Rate, cost = 1): boolean {
    const full = this.fullAt < now ? now : this.fullAt
    if (waitFor(full, now, rate, cost) > 0) return false
    this.fullAt = full + cost * interval(rate)
    return true
  }
}

const looks = 4

/** Sums of intervals are rounded: without this a token can come one step late. */
const rounding = 1e-6

/** What costs more than a whole burst waits for a full bucket and no longer: else it would wait for ever. */
function waitFor(full: number, now: number, rate: Rate, cost: number): number {
  const wait = full - now - (rate.burst - Math.min(cost, Math.max(rate.burst, 1))) * interval(rate)
  return wait > rounding ? wait : 0
}

/** Ms in which one token comes; a rate of nothing is one in 11 days, which keeps the numbers finite. */
function interval({ perSecond }: Rate): number {
  return 1_000 / Math.max(perSecond, 1e-6)
}
