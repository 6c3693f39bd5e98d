/** Numbers from 0 up to 1 that a seed and a name decide, so that a run can be repeated. */
export interface Random {
  (): number
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number
  /** One of a list that is not empty. */
  one<T>(list: readonly T[]): T
}

/** A stream of its own for each name: what one torture draws does not move what another draws. */
export function randomStream(seed: number, name: string): Random {
  let state = seed | 0
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193)
  // mulberry32, which passes the usual tests of randomness with 32 bits of state.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return Object.assign(next, {
    whole,
    one: <T>(list: readonly T[]) => list[whole(0, list.length - 1)] as T,
  })
}
