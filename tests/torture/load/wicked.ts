import type { Socket } from 'bun'

/** How a server can treat whoever asks it something; `healthy` hands everything to the one behind it. */
export const wickedness = ['silence', 'drip', 'endless', 'reset', 'garbage', 'healthy'] as const
/** One of them. */
export type Wickedness = (typeof wickedness)[number]

/** A server in front of a good one that can turn bad. */
export interface Wicked {
  readonly port: number
  /** From now on; what is open is cut. */
  become(mode: Wickedness): void
  /** Connections that came in this mode. */
  readonly asked: number
  stop(): void
}

interface Link {
  other: Socket<Link> | null
  early: Buffer[]
  stop: () => void
}

/** Listens on 127.0.0.1, healthy, in front of `behind`. */
export function startWicked(behind: number): Wicked {
  let mode: Wickedness = 'healthy'
  let asked = 0
  const open = new Set<Socket<Link>>()
  const junk = Buffer.alloc(65_536, 'x')
  const listener = Bun.listen<Link>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(socket) {
        asked++
        open.add(socket)
        socket.data = { other: null, early: [], stop: () => {} }
        if (mode === 'reset') socket.terminate()
        if (mode === 'healthy') void join(socket)
      },
      data(socket, chunk) {
        const { data: link } = socket
        if (mode === 'healthy') return pass(link, Buffer.from(chunk))
        if (mode === 'garbage') return void socket.write(crypto.getRandomValues(Buffer.alloc(999)))
        if (mode === 'drip') return drip(socket)
        if (mode !== 'endless' || link.early.length > 0) return
        link.early.push(junk)
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n')
        flood(socket)
      },
      drain(socket) {
        if (mode === 'endless') flood(socket)
      },
      close(socket) {
        open.delete(socket)
        socket.data.stop()
        socket.data.other?.end()
      },
      error() {},
    },
  })

  async function join(socket: Socket<Link>): Promise<void> {
    const link = socket.data
    link.other = await Bun.connect<Link>({
      hostname: '127.0.0.1',
      port: behind,
      data: { other: socket, early: [], stop: () => {} },
      socket: {
        data: (_, chunk) => void socket.write(chunk),
        close: () => void socket.end(),
        error() {},
      },
    })
    for (const chunk of link.early.splice(0)) link.other.write(chunk)
  }

  function pass(link: Link, chunk: Buffer): void {
    if (link.other === null) link.early.push(chunk)
    else link.other.write(chunk)
  }

  /** A head that says how much is to come, and then a byte a second. */
  function drip(socket: Socket<Link>): void {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n')
    const timer = setInterval(() => socket.write(' '), 1_000)
    socket.data.stop = () => clearInterval(timer)
  }

  /** As much as the other side takes. */
  function flood(socket: Socket<Link>): void {
    while (socket.write(junk) === junk.length) socket.write('\r\n10000\r\n')
  }

  return {
    port: listener.port,
    get asked() {
      return asked
    },
    become(next) {
      mode = next
      asked = 0
      for (const socket of open) socket.terminate()
    },
    stop: () => listener.stop(true),
  }
}
