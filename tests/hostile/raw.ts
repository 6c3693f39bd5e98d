/** What a frame is made of; the good ones are final, masked and say how long they are. */
export interface Wrongs {
  readonly fin?: boolean
  readonly rsv?: number
  readonly masked?: boolean
  /** The length it claims to have. */
  readonly length?: bigint
}

export const op = { more: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** One frame of a client as bytes, right or wrong (RFC 6455 section 5.2). */
export function frame(
  opcode: number,
  content: string | Uint8Array = '',
  { fin = true, rsv = 0, masked = true, length }: Wrongs = {},
): Uint8Array {
  const payload = Buffer.from(content as string)
  const claimed = length ?? BigInt(payload.length)
  const [field, width] =
    claimed < 126n ? [Number(claimed), 0] : claimed < 65_536n ? [126, 2] : [127, 8]
  const size = Buffer.alloc(8)
  size.writeBigUInt64BE(claimed)
  const mask = [0x5a, 0xa5, 0x0f, 0xf0]
  return Buffer.concat([
    Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, (masked ? 0x80 : 0) | field]),
    size.subarray(8 - width),
    masked ? Buffer.from(mask) : Buffer.alloc(0),
    masked ? payload.map((byte, index) => byte ^ (mask[index % 4] ?? 0)) : payload,
  ])
}

/** A client that does nothing by itself, not even answer a ping. */
export interface Bystander {
  /** What has come so far, `ping:TEXT` among it. */
  frames(): string[]
  send(bytes: Uint8Array): void
  end(): void
}

/** Connects and then only keeps what comes. */
export async function stand(url: string, path: string): Promise<Bystander> {
  const { hostname, port } = new URL(url)
  let received = Buffer.alloc(0)
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (opened) => void opened.write(handshakeOf(path)),
      data: (_, chunk) => void (received = Buffer.concat([received, chunk])),
      error() {},
    },
  })
  return {
    frames: () => framesOf(received),
    send: (bytes) => void socket.write(bytes),
    end: () => void socket.terminate(),
  }
}

/** The lines of a handshake. */
export function handshakeOf(path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: test',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    '\r\n',
  ].join('\r\n')
}

/** Sends bytes behind a handshake and gives what comes back as `text`, `pong:TEXT` or `close:CODE`, up to the close or the frame that `last` recognises. */
export function exchange(
  url: string,
  path: string,
  bytes: readonly Uint8Array[],
  last: (frame: string) => boolean,
): Promise<string[]> {
  const { hostname, port } = new URL(url)
  const handshake = handshakeOf(path)
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const finish = () => resolve(framesOf(received))
    void Bun.connect({
      hostname,
      port: Number(port),
      socket: {
        open: (socket) => void socket.write(Buffer.concat([Buffer.from(handshake), ...bytes])),
        data(socket, chunk) {
          received = Buffer.concat([received, chunk])
          if (!framesOf(received).some(last)) return
          finish()
          socket.end()
        },
        close: finish,
        error: (_, error) => reject(error),
      },
    }).catch(reject)
  })
}

/** The server's frames behind its answer to the handshake, whole ones only. */
function framesOf(received: Buffer): string[] {
  const frames: string[] = []
  const body = received.indexOf('\r\n\r\n') + 4
  if (body >= 4) readFrames(received.subarray(body), frames)
  return frames
}

/** Adds the whole frames at the front of `bytes` to `frames`, as `text`, `ping:TEXT`, `pong:TEXT` or `close:CODE`; returns how many bytes they took. */
export function readFrames(bytes: Buffer, frames: string[]): number {
  return splitFrames(bytes, (first, payload) => frames.push(shownFrame(first & 0x0f, payload)))
}

/** Hands over the first byte and the payload of each whole frame at the front of `bytes`; returns how many bytes they took. */
export function splitFrames(bytes: Buffer, take: (first: number, payload: Buffer) => void): number {
  let at = 0
  for (;;) {
    const field = (bytes[at + 1] ?? 0) & 0x7f
    const content = at + (field === 126 ? 4 : field === 127 ? 10 : 2)
    if (content > bytes.length) return at
    const length =
      field === 126
        ? bytes.readUInt16BE(at + 2)
        : field === 127
          ? Number(bytes.readBigUInt64BE(at + 2))
          : field
    if (content + length > bytes.length) return at
    take(bytes[at] ?? 0, bytes.subarray(content, content + length))
    at = content + length
  }
}

function shownFrame(opcode: number, payload: Buffer): string {
  if (opcode === op.close) return `close:${payload.length < 2 ? 1005 : payload.readUInt16BE(0)}`
  if (opcode === op.ping) return `ping:${payload}`
  return opcode === op.pong ? `pong:${payload}` : String(payload)
}
