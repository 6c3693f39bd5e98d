/** How the multiplier rises. It is a promise: the same text gives the same numbers everywhere and for ever. */
export interface Curve {
  /** The multiplier in hundredths at `ms` of flight, whole ones, rounded down exactly: never above the truth; 10^10 at most. */
  multiplier(ms: number): number
  /** How long a flight to the crash point lasts: the smallest whole ms at which the multiplier is above it. */
  flight(crash: number): number
  /** The smallest whole ms at which the multiplier is at or above a target in hundredths. */
  reaches(target: number): number
}

/**
 * Reads `exp:K`, which is e^(K·ms), or `power:A:B`, which is 1 + A·s^B with s in seconds. Null for anything else and for a
 * curve that nobody could play: one that is at 2.00 within 100 ms, or below 100.00 after an hour.
 */
export function parseCurve(text: string): Curve | null {
  const rising = exponential(text) ?? power(text)
  if (rising === null) return null
  const curve = curveOf(rising)
  if (curve.multiplier(fastestMs) > 200 || curve.multiplier(slowestMs) < 10_000) return null
  return curve
}

const fastestMs = 100
const slowestMs = 3_600_000
/** Hundredths that no cap allows: beyond it nothing has to be told apart. */
const most = 10_000_000_000

/** A curve in doubles, and what settles the cases in which they are too close to a hundredth to be believed. */
interface Rising {
  /** Hundredths, with a relative error below 10^-13. */
  about(ms: number): number
  /** Whether the true value at `ms` is at or above `hundredths`. */
  isAtLeast(ms: number, hundredths: number): boolean
}

/** Far above what the doubles can be wrong by: e^x with x up to 24 costs a relative 10^-14. */
const doubt = 1e-13

function curveOf({ about, isAtLeast }: Rising): Curve {
  function multiplier(time: number): number {
    const ms = Math.floor(time)
    if (ms <= 0) return 100
    const value = about(ms)
    if (!(value < most)) return most
    const nearest = Math.round(value)
    if (Math.abs(value - nearest) > value * doubt) return Math.floor(value)
    return isAtLeast(ms, nearest) ? nearest : nearest - 1
  }
  function reaches(target: number): number {
    if (target > most) throw new Error(`No curve is told beyond ${most} hundredths`)
    let below = -1
    let reached = 1
    while (multiplier(reached) < target) {
      below = reached
      reached *= 2
    }
    if (multiplier(0) >= target) return 0
    while (reached - below > 1) {
      const middle = Math.floor((below + reached) / 2)
      if (multiplier(middle) >= target) reached = middle
      else below = middle
    }
    return reached
  }
  return { multiplier, reaches, flight: (crash) => reaches(crash + 1) }
}

function exponential(text: string): Rising | null {
  const [, decimals] = /^exp:0\.(\d{1,12})$/.exec(text) ?? []
  if (decimals === undefined || /^0+$/.test(decimals)) return null
  const rate = Number(`0.${decimals}`)
  const numerator = BigInt(decimals)
  const denominator = 10n ** BigInt(decimals.length)
  return {
    about: (ms) => 100 * Math.exp(rate * ms),
    isAtLeast: (ms, hundredths) =>
      100n * expOf(numerator * BigInt(ms), denominator) >= BigInt(hundredths) * one,
  }
}

const one = 2n ** 192n

/** e^(numerator / denominator) in units of 2^-192, by its series. No e^x but that of 0 is a fraction, so the last digits never matter. */
function expOf(numerator: bigint, denominator: bigint): bigint {
  let term = one
  let sum = 0n
  for (let n = 1n; term > 0n; n++) {
    sum += term
    term = (term * numerator) / (denominator * n)
  }
  return sum
}

function power(text: string): Rising | null {
  const decimal = String.raw`(\d{1,3}(?:\.\d{1,6})?)`
  const [, factor, exponent] = new RegExp(`^power:${decimal}:${decimal}$`).exec(text) ?? []
  if (factor === undefined || exponent === undefined) return null
  const [a, b] = [Number(factor), Number(exponent)]
  // Slower than a straight line it would take years to a high point; steeper than this nobody can aim.
  if (a <= 0 || b < 1 || b > 4 || (exponent.split('.')[1] ?? '').length > 4) return null
  return {
    about: (ms) => 100 * (1 + a * (ms / 1000) ** b),
    isAtLeast: (ms, hundredths) => powerIsAtLeast(factor, exponent, ms, hundredths - 100),
  }
}

/** Whether 100 · A · (ms/1000)^(p/q) ≥ gain, by the q-th powers of both sides. */
function powerIsAtLeast(factor: string, exponent: string, ms: number, gain: number): boolean {
  const [a, scale] = fraction(factor)
  const [p, q] = fraction(exponent)
  return (100n * a) ** q * BigInt(ms) ** p >= (BigInt(gain) * scale) ** q * 1000n ** p
}

/** A decimal as a fraction in lowest terms. */
function fraction(decimal: string): [bigint, bigint] {
  const [whole = '', part = ''] = decimal.split('.')
  const [numerator, denominator] = [BigInt(whole + part), 10n ** BigInt(part.length)]
  const shared = divisor(numerator, denominator)
  return [numerator / shared, denominator / shared]
}

function divisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : divisor(b, a % b)
}
