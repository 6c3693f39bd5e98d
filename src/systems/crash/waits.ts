import type { Clock, Stop } from '../../core/clock.ts'

/** Waits of one party, one at a time, that can be cut short. */
export interface Waits {
  /** Resolves at an instant (monotonic ms), never before it; at once when it is interrupted, or was. */
  until(instant: number): Promise<void>
  /** Ends the wait and all that follow. */
  interrupt(): void
}

/** Waits by a clock. */
export function createWaits(clock: Clock): Waits {
  let interrupted = false
  let wake = () => {}
  return {
    until(instant) {
      return new Promise<void>((resolve) => {
        let stop: Stop = () => {}
        wake = () => {
          stop()
          resolve()
        }
        function look(): void {
          const left = instant - clock.elapsed()
          if (left <= 0 || interrupted) return resolve()
          stop = clock.after(left, look)
        }
        look()
      })
    },
    interrupt() {
      interrupted = true
      wake()
    },
  }
}
