import { readFrames } from '../hostile/raw.ts'

/** How long anything that must come may take; no test passes because this ran out. */
const patienceMs = 15_000

/** A client of plain bytes: it does nothing by itself, not even answer a ping. */
export interface Plain {
  /** Everything that came behind the answer to the handshake: `text`, `ping:TEXT`, `pong:TEXT`, `close:CODE`. */
  readonly frames: readonly string[]
  /** Status of the answer to the handshake, 0 before it came. */
  readonly status: number
  /** The other side has ended the connection. */
  readonly gone: boolean
  send(...bytes: readonly Uint8Array[]): void
  /** Waits until `ready`; fails with what has come instead. */
  until(ready: () => boolean, what: string): Promise<void>
  /** The code it was closed with; 1006 when it ended without one. */
  closed(): Promise<number>
  /** Says that nothing more will be sent, and goes on reading. */
  finish(): void
  /** Reads nothing from now on. */
  pause(): void
  /** Ends at once, with a reset. */
  reset(): void
}

/** Opens a TCP connection, sends `head` and keeps what comes. */
export async function plain(url: string, head: string): Promise<Plain> {
  const { hostname, port } = new URL(url)
  const frames: string[] = []
  const waiting: Uint8Array[] = []
  let unread = Buffer.alloc(0)
  let status = 0
  let gone = false
  /** Ours is closed: whoever terminates a socket twice closes what has got its number since. */
  let over = false
  let wake = () => {}

  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    allowHalfOpen: true,
    socket: {
      data: (_, chunk) => read(chunk),
      drain: write,
      end: leave,
      close() {
        over = true
        leave()
      },
      error() {},
    },
  })

  function leave(): void {
    gone = true
    wake()
  }

  function read(chunk: Uint8Array): void {
    unread = Buffer.concat([unread, chunk])
    if (status === 0) {
      const body = unread.indexOf('\r\n\r\n')
      if (body < 0) return
      status = Number(unread.toString('latin1', 9, 12))
      unread = unread.subarray(body + 4)
    }
    if (status === 101) unread = unread.subarray(readFrames(unread, frames))
    wake()
  }

  /** What the kernel does not take waits for room. */
  function write(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const taken = gone || over ? next.length : Math.max(0, socket.write(next))
      if (taken < next.length) {
        waiting[0] = next.subarray(taken)
        return
      }
      waiting.shift()
    }
  }

  const self: Plain = {
    frames,
    get status() {
      return status
    },
    get gone() {
      return gone
    },
    send(...bytes) {
      waiting.push(...bytes)
      write()
    },
    async until(ready, what) {
      const began = performance.now()
      const timer = setTimeout(() => wake(), patienceMs)
      while (!ready()) {
        const late = performance.now() - began >= patienceMs
        if (late) throw new Error(`no ${what}; status ${status}, came ${shown(frames)}`)
        await new Promise<void>((resolve) => (wake = resolve))
      }
      clearTimeout(timer)
    },
    async closed() {
      await self.until(() => gone || frames.some(isClose), 'close')
      return Number(frames.find(isClose)?.slice('close:'.length) ?? 1006)
    },
    finish: () => void (over || socket.shutdown()),
    pause: () => void (over || socket.pause()),
    reset() {
      if (!over) socket.terminate()
      over = true
    },
  }
  self.send(Buffer.from(head))
  return self
}

/** A frame of a client's close with a code, as its content. */
export function closeWith(code: number): Uint8Array {
  return new Uint8Array([code >> 8, code & 0xff])
}

const isClose = (one: string) => one.startsWith('close:')

function shown(frames: readonly string[]): string {
  return JSON.stringify(frames.slice(-20).map((one) => one.slice(0, 300)))
}
