import type { Held } from './seats.ts'

/** Bets that are cashed out by themselves, in the order of their targets; of equal ones the older bet first. */
export interface Exits {
  /** Takes out those with targets up to a multiplier in hundredths. */
  due(multiplier: number): readonly number[]
}

/** The exits of a flight; its bets are those at take-off, since none can be placed any more. */
export function createExits(bets: Iterable<Held>): Exits {
  const order: { readonly id: number; readonly target: number }[] = []
  for (const { id, target } of bets) if (target !== null) order.push({ id, target })
  order.sort((a, b) => a.target - b.target || a.id - b.id)
  let next = 0
  return {
    due(multiplier) {
      const from = next
      while (next < order.length && order[next]!.target <= multiplier) next++
      return order.slice(from, next).map(({ id }) => id)
    },
  }
}
