import type { Clock, Stop } from '../../core/clock.ts'
import type { Audience, PlayerAction, Seat, Totals } from './audience.ts'
import { createPlayerChanges } from './player-changes.ts'

/** Tells what happens to players (K7, K16): at most once a tick, at most 20 of them, and nothing while nothing happens. */
export interface Teller {
  note(action: PlayerAction, seat: Seat): void
  /** A tick of the flight has been told: what happened to players leaves in the same turn. */
  ticked(): void
  /** In flight the ticks say when to tell, otherwise the clock does. */
  flying(flies: boolean): void
  /** Forgets what was not told. */
  clear(): void
  /** Tells nothing any more. */
  stop(): void
}

/** So many changes leave in a tick; the rest follows in later ones. */
const mostChanges = 20

/** A teller with nothing to tell; `tick` in ms. */
export function createTeller(
  audience: Pick<Audience, 'players'>,
  clock: Clock,
  { tick, totals }: { readonly tick: number; readonly totals: () => Totals },
): Teller {
  const changes = createPlayerChanges()
  let flies = false
  let stopped = false
  let stopTimer: Stop | null = null

  function tell(): void {
    const taken = changes.take(mostChanges)
    if (taken.length > 0) audience.players(taken, totals())
  }
  function arm(): void {
    if (flies || stopped || stopTimer !== null || changes.waiting() === 0) return
    stopTimer = clock.after(tick, () => {
      stopTimer = null
      tell()
      arm()
    })
  }
  function disarm(): void {
    stopTimer?.()
    stopTimer = null
  }

  return {
    note(action, seat) {
      changes.note(action, seat)
      arm()
    },
    ticked: tell,
    flying(now) {
      flies = now
      if (flies) disarm()
      else arm()
    },
    clear() {
      changes.clear()
      disarm()
    },
    stop() {
      stopped = true
      disarm()
    },
  }
}
