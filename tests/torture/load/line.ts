import { dlopen } from 'bun:ffi'
import { frame, handshakeOf, op, splitFrames } from '../../hostile/raw.ts'

/** A WebSocket as its bytes, so that it can stop reading, vanish or be reset as no library lets it. */
export interface Line {
  /** Null while it is open; 1006 when no close frame came. */
  readonly closed: number | null
  /** Resolves to the close code. */
  readonly ended: Promise<number>
  send(text: string): void
  /** Reads no more: the server's side fills up. */
  pause(): void
  resume(): void
  /** Ends it at once with RST. */
  reset(): void
  /** Ends it with FIN, without a close frame. */
  finish(): void
}

/** A connection to a port of 127.0.0.1 for which the kernel keeps little that was not read; without this it takes 30 MB. */
function narrowSocket(port: number, receiveBytes: number): number {
  const { symbols } = dlopen('libc.so.6', {
    socket: { args: ['int', 'int', 'int'], returns: 'int' },
    setsockopt: { args: ['int', 'int', 'int', 'ptr', 'u32'], returns: 'int' },
    connect: { args: ['int', 'ptr', 'u32'], returns: 'int' },
  })
  const [inet, stream, level, receiveBuffer] = [2, 1, 1, 8]
  const fd = symbols.socket(inet, stream, 0)
  symbols.setsockopt(fd, level, receiveBuffer, new Int32Array([receiveBytes]), 4)
  const address = new Uint8Array([inet, 0, port >> 8, port & 255, 127, 0, 0, 1, ...Buffer.alloc(8)])
  if (symbols.connect(fd, address, address.length) < 0) throw new Error(`No connection to ${port}`)
  return fd
}

/** Opens a WebSocket and hands over each text frame; rejects with the status of a refusal. `receiveBytes` is what the kernel may keep for it, on Linux. */
export async function openLine(
  url: string,
  hear: (text: string, line: Pick<Line, 'send' | 'pause'>) => void = () => {},
  { receiveBytes }: { receiveBytes?: number } = {},
): Promise<Line> {
  const { hostname, port, pathname, search } = new URL(url)
  const opened = Promise.withResolvers<void>()
  const over = Promise.withResolvers<number>()
  let closed: number | null = null
  let rest: Buffer = Buffer.alloc(0)
  let shaken = false

  const close = (code: number) => {
    opened.reject(new Error(`closed with ${code} before it opened`))
    closed ??= code
    over.resolve(closed)
  }
  const narrow = receiveBytes !== undefined && process.platform === 'linux'
  /** For whoever hears something before it has been given the whole. */
  const early = {
    send: (text: string) => void socket.write(frame(op.text, text)),
    pause: () => void socket.pause(),
  }
  // The types know of no `fd`.
  const place = narrow
    ? ({ fd: narrowSocket(Number(port), receiveBytes) } as never as {
        hostname: string
        port: number
      })
    : { hostname, port: Number(port) }
  const socket = await Bun.connect({
    ...place,
    socket: {
      open(one) {
        one.write(handshakeOf(pathname + search))
      },
      data(_, chunk) {
        rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
        if (!shaken) shaken = shake()
        if (shaken) rest = rest.subarray(splitFrames(rest, take))
      },
      close: () => close(1006),
      error: () => close(1006),
    },
  })
  await opened.promise
  return {
    ...early,
    get closed() {
      return closed
    },
    ended: over.promise,
    resume: () => void socket.resume(),
    reset: () => socket.terminate(),
    finish: () => void socket.end(),
  }

  /** Takes the answer to the handshake off the bytes. */
  function shake(): boolean {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return false
    const head = rest.subarray(0, end).toString('latin1')
    rest = rest.subarray(end + 4)
    if (head.startsWith('HTTP/1.1 101')) opened.resolve()
    else opened.reject(new Error(`refused: ${head.split('\r\n')[0]}`))
    return true
  }

  function take(first: number, body: Buffer): void {
    const opcode = first & 0x0f
    if (opcode === op.text) hear(body.toString(), early)
    else if (opcode === op.ping) socket.write(frame(op.pong, body))
    else if (opcode === op.close) {
      close(body.length >= 2 ? body.readUInt16BE(0) : 1005)
      socket.write(frame(op.close, body))
      socket.end()
    }
  }
}
