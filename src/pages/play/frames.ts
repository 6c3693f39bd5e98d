import { machineClock } from '../../client/clock.ts'
import { nameOf } from './wire.ts'

/** Something that crossed the wire, or happened to it. */
export interface Frame {
  readonly id: number
  /** Epoch ms of this machine. */
  readonly at: number
  readonly direction: 'in' | 'out' | 'note'
  readonly name: string
  readonly text: string
  readonly bytes: number
}

/** How many frames are kept: the newest. */
export const most = 500

/** The frames that are kept. */
export interface Log {
  /** Newest first. */
  readonly frames: readonly Frame[]
  /** All since it was cleared, those that are no longer kept included. */
  readonly count: number
  add(direction: Frame['direction'], text: string): void
  clear(): void
  /** Calls back before the next picture after something changed, until the returned function is called. */
  follow(changed: () => void): () => void
}

/** A log in which nothing stands; `beforePicture` runs something before the next picture. */
export function createLog(beforePicture: (run: () => void) => void): Log {
  const encoder = new TextEncoder()
  const followers = new Set<() => void>()
  let frames: Frame[] = []
  let count = 0
  let ids = 0
  let asked = false
  function tell(): void {
    if (asked) return
    asked = true
    beforePicture(() => {
      asked = false
      for (const changed of followers) changed()
    })
  }
  return {
    get frames() {
      return frames
    },
    get count() {
      return count
    },
    add(direction, text) {
      const name = direction === 'note' ? '' : nameOf(text)
      const bytes = encoder.encode(text).length
      const frame = { id: ++ids, at: machineClock.now(), direction, name, text, bytes }
      frames = [frame, ...frames.slice(0, most - 1)]
      count++
      tell()
    },
    clear() {
      frames = []
      count = 0
      tell()
    },
    follow(changed) {
      followers.add(changed)
      return () => followers.delete(changed)
    },
  }
}
