import { machineClock } from '../../client/clock.ts'
import type { Log } from './frames.ts'
import { heartbeats } from './heartbeats.ts'

/** How things stand with the server. */
export type Standing = 'idle' | 'connecting' | 'open' | 'closed'

/** A bare WebSocket whose frames are written down as they are. */
export interface Line {
  /** False where it is not open. */
  send(text: string): boolean
  close(): void
}

/** Connects, and keeps the line open where `alive` says so at the time. */
export function connect(
  url: string,
  system: string,
  log: Log,
  { stands, alive }: { stands: (standing: Standing) => void; alive: () => boolean },
): Line {
  const socket = new WebSocket(url)
  socket.binaryType = 'arraybuffer'
  const beat = heartbeats[system]
  let stop = () => {}
  let over = false

  function say(text: string): boolean {
    if (socket.readyState !== WebSocket.OPEN) return false
    socket.send(text)
    log.add('out', text)
    return true
  }
  function keep(): void {
    if (beat === undefined) return
    stop = machineClock.after(beat.ms, () => {
      if (alive()) say(beat.frame)
      keep()
    })
  }
  socket.addEventListener('open', () => {
    if (over) return
    log.add('note', 'open')
    stands('open')
    keep()
  })
  socket.addEventListener('message', ({ data }) => {
    if (!over) log.add('in', typeof data === 'string' ? data : `${data.byteLength} bytes`)
  })
  socket.addEventListener('close', ({ code, reason }) => {
    stop()
    if (over) return
    over = true
    log.add('note', `closed ${code} ${reason}`.trim())
    stands('closed')
  })
  stands('connecting')
  return {
    send: say,
    close() {
      if (over) return
      over = true
      stop()
      socket.close(1000)
      log.add('note', 'closed 1000')
      stands('closed')
    },
  }
}
