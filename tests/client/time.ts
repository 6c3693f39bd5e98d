import type { Clock } from '../../src/client/clock.ts'

/** A clock on which a second takes a few milliseconds: pauses are over soon, and nothing depends on how soon. */
export const hurried: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms >= 10_000 ? ms : ms / 500)
    return () => clearTimeout(timer)
  },
}

/** Waits until something holds; fails with what is told instead. */
export async function until(holds: () => boolean, what: () => unknown): Promise<void> {
  const began = performance.now()
  while (!holds()) {
    if (performance.now() - began > 10_000) throw new Error(`still ${JSON.stringify(what())}`)
    await Bun.sleep(2)
  }
}
