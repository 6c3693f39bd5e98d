import { machineClock } from '../../client/clock.ts'
import { createStore, type Store } from '../common/store.ts'
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
export interface Kept {
  /** Newest first. */
  readonly frames: readonly Frame[]
  /** All since it was cleared, those that are no longer kept included. */
  readonly count: number
}

/** What is kept, and how more comes to it. */
export interface Log extends Kept {
  /** The same for whoever draws it: tells before the next picture after something changed. */
  readonly kept: Store<Kept>
  add(direction: Frame['direction'], text: string): void
  clear(): void
}

/** A log in which nothing stands; `beforePicture` runs something before the next picture. */
export function createLog(beforePicture: (run: () => void) => void): Log {
  const encoder = new TextEncoder()
  const nothing: Kept = { frames: [], count: 0 }
  const kept = createStore(nothing, beforePicture)
  let ids = 0
  return {
    kept,
    get frames() {
      return kept.value.frames
    },
    get count() {
      return kept.value.count
    },
    add(direction, text) {
      const name = direction === 'note' ? '' : nameOf(text)
      const bytes = encoder.encode(text).length
      const frame = { id: ++ids, at: machineClock.now(), direction, name, text, bytes }
      kept.change(({ frames, count }) => ({
        frames: [frame, ...frames.slice(0, most - 1)],
        count: count + 1,
      }))
    },
    clear: () => kept.change(() => ({ ...nothing })),
  }
}
