import { dlopen } from 'bun:ffi'

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

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 }

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
    send: (text: string) => void socket.write(masked(opcodes.text, Buffer.from(text))),
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
        one.write(
          `GET ${pathname}${search} HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
        )
      },
      data(_, chunk) {
        rest = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk])
        if (!shaken) shaken = shake()
        if (shaken) rest = taken(rest, frame)
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

  function frame(opcode: number, body: Buffer): void {
    if (opcode === opcodes.text) hear(body.toString(), early)
    else if (opcode === opcodes.ping) socket.write(masked(opcodes.pong, body))
    else if (opcode === opcodes.close) {
      close(body.length >= 2 ? body.readUInt16BE(0) : 1005)
      socket.write(masked(opcodes.close, body))
      socket.end()
    }
  }
}

/** Hands over whole frames and answers the bytes of the one that has not ended. */
function taken(bytes: Buffer, frame: (opcode: number, body: Buffer) => void): Buffer {
  let at = 0
  for (;;) {
    if (bytes.length < at + 2) break
    const short = bytes[at + 1]! & 127
    const head = short < 126 ? 2 : short === 126 ? 4 : 10
    if (bytes.length < at + head) break
    const length =
      short < 126
        ? short
        : short === 126
          ? bytes.readUInt16BE(at + 2)
          : Number(bytes.readBigUInt64BE(at + 2))
    if (bytes.length < at + head + length) break
    frame(bytes[at]! & 15, bytes.subarray(at + head, at + head + length))
    at += head + length
  }
  return bytes.subarray(at)
}

/** A frame of a client; what it is masked with does not matter here. */
function masked(opcode: number, body: Buffer): Buffer {
  const length = body.length
  const head =
    length < 126
      ? Buffer.from([128 | opcode, 128 | length, 0, 0, 0, 0])
      : Buffer.from([128 | opcode, 128 | 126, length >> 8, length & 255, 0, 0, 0, 0])
  return Buffer.concat([head, body])
}
