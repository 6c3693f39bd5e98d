import type { Socket } from 'bun'

/** A way to a server that a test can cut. */
export interface Cutter extends Disposable {
  /** `http://127.0.0.1:PORT` */
  readonly url: string
  /** How many connections have come this way. */
  readonly count: number
  /** Ends every connection without a word, as a network does. */
  cut(): void
  /** From now on connections are accepted and led nowhere, or let through again. */
  block(blocked: boolean): void
}

interface End {
  other: Socket<End> | null
  waiting: Uint8Array[]
}

/** Leads to a server, byte by byte. */
export function cutter(target: string): Cutter {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket<End>>()
  let blocked = false
  let count = 0
  /** What a socket does not take at once waits until it drains. */
  const pass = (to: Socket<End>, bytes: Uint8Array) => {
    const { waiting } = to.data
    const taken = waiting.length > 0 ? 0 : to.write(bytes)
    if (taken < bytes.length) waiting.push(Uint8Array.from(bytes.subarray(taken)))
  }
  const handlers = {
    data: ({ data: { other } }: Socket<End>, bytes: Uint8Array) =>
      void (other !== null && pass(other, bytes)),
    drain(socket: Socket<End>) {
      for (const bytes of socket.data.waiting.splice(0)) pass(socket, bytes)
    },
    close(socket: Socket<End>) {
      open.delete(socket)
      socket.data.other?.end()
    },
    error() {},
  }
  const server = Bun.listen<End>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      ...handlers,
      open(socket) {
        count++
        socket.data = { other: null, waiting: [] }
        open.add(socket)
        if (blocked) return
        socket.pause()
        void Bun.connect<End>({
          hostname,
          port: Number(port),
          data: { other: socket, waiting: [] },
          socket: {
            ...handlers,
            open(inner) {
              open.add(inner)
              socket.data.other = inner
              socket.resume()
            },
          },
        }).catch(() => socket.terminate())
      },
    },
  })
  return {
    url: `http://127.0.0.1:${server.port}`,
    get count() {
      return count
    },
    cut() {
      for (const socket of open) socket.terminate()
    },
    block: (now) => void (blocked = now),
    [Symbol.dispose]() {
      for (const socket of open) socket.terminate()
      server.stop(true)
    },
  }
}
