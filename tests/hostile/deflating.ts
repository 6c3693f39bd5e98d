import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { frame, handshakeOf, op, splitFrames } from './raw.ts'

/** A frame as it came: what it says, whether it was deflated (RSV1), and how many bytes it took. */
export interface Told {
  readonly text: string
  readonly deflated: boolean
  readonly length: number
}

/** A client off the wire that offers compression, or what else is asked for. */
export interface Deflating {
  readonly status: number
  /** The extensions and the subprotocol the server has answered; null for none. */
  readonly extensions: string | null
  /** All frames so far, a close as `close:CODE`. */
  frames(): readonly Told[]
  send(bytes: Uint8Array): void
  end(): void
}

/** What RFC 7692 takes away behind each message. */
const tail = Buffer.from([0, 0, 0xff, 0xff])

/** A text frame as bytes, deflated. */
export function deflatedText(content: string | Uint8Array): Uint8Array {
  return frame(op.text, deflateRawSync(content as string, { finishFlush: 2 }).subarray(0, -4), {
    rsv: 4,
  })
}

/** Connects with an offer of compression, and waits for the answer to the handshake. */
export async function offering(
  url: string,
  path: string,
  offer: string | null = 'permessage-deflate',
): Promise<Deflating> {
  const { hostname, port } = new URL(url)
  const answered = Promise.withResolvers<void>()
  let received = Buffer.alloc(0)
  const head = () => received.subarray(0, Math.max(0, received.indexOf('\r\n\r\n'))).toString()
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      open: (opened) => void opened.write(withOffer(handshakeOf(path), offer)),
      data(_, chunk) {
        received = Buffer.concat([received, chunk])
        if (head() !== '') answered.resolve()
      },
      error() {},
    },
  })
  await answered.promise
  const all = framesIn()
  return {
    status: Number(head().split(' ')[1]),
    extensions: /^sec-websocket-extensions: (.*)$/im.exec(head())?.[1]?.trim() ?? null,
    frames: () => all(received),
    send: (bytes) => void socket.write(bytes),
    end: () => void socket.terminate(),
  }
}

function withOffer(handshake: string, offer: string | null): string {
  if (offer === null) return handshake
  return handshake.replace(/\r\n$/, `Sec-WebSocket-Extensions: ${offer}\r\n\r\n`)
}

/** Reads on from where it has stopped: the answer to the handshake first, then whole frames. */
function framesIn(): (received: Buffer) => readonly Told[] {
  const frames: Told[] = []
  let at = 0
  return (received) => {
    if (at === 0) at = received.indexOf('\r\n\r\n') + 4
    at += splitFrames(received.subarray(at), (first, payload) => {
      frames.push(toldBy(first, payload))
    })
    return frames
  }
}

function toldBy(first: number, payload: Buffer): Told {
  const { length } = payload
  const deflated = (first & 0x40) !== 0
  if ((first & 0x0f) === op.close)
    return { text: `close:${payload.readUInt16BE(0)}`, deflated, length }
  const content = deflated
    ? inflateRawSync(Buffer.concat([payload, tail]), { finishFlush: 2 })
    : payload
  return { text: content.toString(), deflated, length }
}
