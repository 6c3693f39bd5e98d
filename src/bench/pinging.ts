import { clientFrame } from './frames.ts'
import type { Link } from './link.ts'
import { clock } from './time.ts'

/** Between two pings of a client: half of the time after which pledge gives it up. */
const everyMs = 10_000
const sliceMs = 100
const slices = everyMs / sliceMs
const text = 1
const frame = clientFrame(text, new TextEncoder().encode('ping'))

/** Has each link that is ready send pledge's `ping` every 10 s (P4), evenly over the time as clients that came one by one do. */
export function startPinging(links: readonly Link[]): void {
  let turn = 0
  clock.every(sliceMs, () => {
    for (let at = turn; at < links.length; at += slices) {
      const { stage, socket } = links[at]!
      if (stage === 'ready') socket?.write(frame)
    }
    turn = (turn + 1) % slices
  })
}
