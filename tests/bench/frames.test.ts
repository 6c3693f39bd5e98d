import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { clientFrame, keptPayload, newWalk, walk } from '../../src/bench/frames.ts'

const encoder = new TextEncoder()

/** A frame as a server sends it (RFC 6455, section 5.2): not masked. */
function serverFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(10))
  header.setUint8(0, 128 | opcode)
  if (payload.length < 126) {
    header.setUint8(1, payload.length)
    return join([new Uint8Array(header.buffer, 0, 2), payload])
  }
  if (payload.length < 65_536) {
    header.setUint8(1, 126)
    header.setUint16(2, payload.length)
    return join([new Uint8Array(header.buffer, 0, 4), payload])
  }
  header.setUint8(1, 127)
  header.setBigUint64(2, BigInt(payload.length))
  return join([new Uint8Array(header.buffer), payload])
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** The frames that the walker finds in the pieces: opcode and what it kept of the payload. */
function found(pieces: readonly Uint8Array[]): { opcode: number; text: string }[] {
  const state = newWalk()
  const frames: { opcode: number; text: string }[] = []
  for (const piece of pieces) {
    walk(state, piece, (opcode, bytes, start, end) => {
      frames.push({ opcode, text: Buffer.from(bytes.subarray(start, end)).toString('latin1') })
    })
  }
  return frames
}

/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length]
  edges.sort((a, b) => a - b)
  return edges.slice(1).map((edge, index) => bytes.slice(edges[index], edge))
}

const frames = fc.array(
  fc.record({
    opcode: fc.constantFrom(1, 8, 9, 10),
    payload: fc.oneof(
      { weight: 8, arbitrary: fc.uint8Array({ maxLength: 400 }) },
      { weight: 1, arbitrary: fc.integer({ min: 401, max: 70_000 }).map((n) => new Uint8Array(n)) },
    ),
  }),
  { minLength: 1, maxLength: 8 },
)

test('every frame is found once and in order wherever TCP cuts the bytes', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(), { maxLength: 20 }), (sent, places) => {
      const pieces = cut(join(sent.map((f) => serverFrame(f.opcode, f.payload))), places)
      const got = found(pieces)
      expect(got.map(({ opcode }) => opcode)).toEqual(sent.map(({ opcode }) => opcode))
      got.forEach(({ text }, index) => {
        const whole = Buffer.from(sent[index]!.payload).toString('latin1')
        expect(whole.startsWith(text)).toBe(true)
        expect(text.length).toBeGreaterThanOrEqual(Math.min(whole.length, keptPayload))
      })
    }),
  )
})

test('bytes that come one by one make the same frames, headers of all three lengths included', () => {
  const sent = [0, 125, 126, 65_535, 65_536].map((length) => new Uint8Array(length).fill(65))
  const bytes = join(sent.map((payload) => serverFrame(1, payload)))
  const got = found([...bytes].map((byte) => Uint8Array.of(byte)))
  expect(got.map(({ text }) => text.length)).toEqual([0, 125, 126, 256 + 6, 256])
})

test('a frame that is not complete is not told, so that nothing counts twice', () => {
  const bytes = serverFrame(1, encoder.encode('hello'))
  expect(found([bytes.subarray(0, bytes.length - 1)])).toEqual([])
})

test('a client frame is masked, since a server must refuse one that is not', () => {
  for (const length of [0, 125, 126, 65_535]) {
    const frame = clientFrame(1, new Uint8Array(length).fill(66))
    const header = length < 126 ? 2 : 4
    expect(frame[0]).toBe(129)
    expect(frame[1]! & 128).toBe(128)
    expect([...frame.subarray(header, header + 4)]).toEqual([0, 0, 0, 0])
    expect(frame.length).toBe(header + 4 + length)
  }
})

test('a client frame past 65,535 bytes is refused, since its header would lie', () => {
  expect(() => clientFrame(1, new Uint8Array(65_536))).toThrow('too long')
})
