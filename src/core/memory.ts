import type { Clock, Stop } from './clock.ts'

/** How often it is looked whether a crowd has left, ms. */
const lookMs = 2_000
/** Fewer connections than this are not worth a pause. */
const crowd = 1_000

/**
 * Gives the memory of a crowd back within seconds of its leaving: the runtime collects when something
 * allocates, and after a crowd nothing does. `collect` stops the process for some 10 to 30 ms, so it runs
 * only when at least half of a crowd has gone.
 */
export function startCollecting(
  connections: { readonly size: number },
  clock: Clock,
  collect: () => void = () => Bun.gc(true),
): Stop {
  let most = 0
  return clock.every(lookMs, () => {
    const { size } = connections
    most = Math.max(most, size)
    if (most < crowd || size > most / 2) return
    most = size
    collect()
  })
}
