import { seeded } from '../simulators/exchange-market.ts'

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
  const next = seeded(state)
  const whole = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return Object.assign(next, {
    whole,
    one: <T>(list: readonly T[]) => list[whole(0, list.length - 1)] as T,
  })
}
