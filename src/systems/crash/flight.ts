import type { Clock, Stop } from '../../core/clock.ts'

/** What a flight tells of itself. */
export interface FlightParts {
  readonly clock: Clock
  /** Between two ticks, ms. */
  readonly tick: number
  /** Monotonic ms. */
  readonly takeoff: number
  readonly crashAt: number
  /** `elapsed` ms after take-off a tick is due; it is told `lag` ms late. Never early, and never at or after the crash. */
  readonly ticked: (elapsed: number, lag: number) => void
  /** The instant of the crash has passed. */
  readonly crashed: () => void
}

/** Flies: ticks by absolute time, so that they do not drift; whoever comes late skips to the newest (K15). */
export function fly({ clock, tick, takeoff, crashAt, ticked, crashed }: FlightParts): Stop {
  let told = 0
  let stopTick: Stop = () => {}
  let stopCrash: Stop = () => {}

  function armTick(): void {
    stopTick = clock.after(Math.max(0, takeoff + (told + 1) * tick - clock.elapsed()), wake)
  }
  function wake(): void {
    const now = clock.elapsed()
    if (now >= crashAt) return
    const newest = Math.floor((now - takeoff) / tick)
    const isDue = newest > told
    if (isDue) told = newest
    armTick()
    if (isDue) ticked(newest * tick, now - takeoff - newest * tick)
  }
  function armCrash(): void {
    stopCrash = clock.after(Math.max(0, crashAt - clock.elapsed()), land)
  }
  function land(): void {
    // A timer may be a little early.
    if (clock.elapsed() < crashAt) return armCrash()
    stopTick()
    crashed()
  }

  armTick()
  armCrash()
  return () => {
    stopTick()
    stopCrash()
  }
}
