/** Where the walk through one connection's bytes stands. */
export interface Walk {
  /** Bytes of the frame that is not complete yet: its header and the beginning of its payload. */
  head: Uint8Array | null
  headLength: number
  /** Payload bytes still to come. */
  missing: number
  /** The header of that frame is complete. */
  known: boolean
}

/** Gets each frame: opcode, and its payload (or the beginning of it, when the frame came in pieces) in `bytes[start..end)`. */
export type OnFrame = (opcode: number, bytes: Uint8Array, start: number, end: number) => void

/** Payload bytes that are kept of a frame that comes in pieces; a stamp stands well within them. */
export const keptPayload = 256
const longestHeader = 10

/** A walk at the start of a connection's frames. */
export function newWalk(): Walk {
  return { head: null, headLength: 0, missing: 0, known: false }
}

/** Walks through what a server sent, cut anywhere; whole frames are looked at in place and payloads are skipped, not copied. */
export function walk(state: Walk, bytes: Uint8Array, onFrame: OnFrame): void {
  let at = state.headLength > 0 || state.known ? resume(state, bytes, onFrame) : 0
  const { length } = bytes
  while (at < length) {
    const header = headerLength(bytes, at, length)
    if (header === 0) return keep(state, bytes, at, length)
    const start = at + header
    const end = start + payloadLength(bytes, at)
    if (end > length) return keep(state, bytes, at, length)
    onFrame(bytes[at]! & 15, bytes, start, end)
    at = end
  }
}

/** Goes on with the frame that an earlier piece began; returns where the next one starts. */
function resume(state: Walk, bytes: Uint8Array, onFrame: OnFrame): number {
  const head = state.head!
  let at = 0
  while (!state.known) {
    if (at === bytes.length) return at
    head[state.headLength++] = bytes[at++]!
    const header = headerLength(head, 0, state.headLength)
    if (header === 0) continue
    state.known = true
    state.missing = payloadLength(head, 0)
  }
  const taken = Math.min(state.missing, bytes.length - at)
  const kept = Math.min(taken, head.length - state.headLength)
  if (kept > 0) {
    head.set(bytes.subarray(at, at + kept), state.headLength)
    state.headLength += kept
  }
  state.missing -= taken
  if (state.missing > 0) return bytes.length
  finish(state, onFrame)
  return at + taken
}

function finish(state: Walk, onFrame: OnFrame): void {
  const head = state.head!
  const header = headerLength(head, 0, state.headLength)
  const { headLength } = state
  state.headLength = 0
  state.known = false
  onFrame(head[0]! & 15, head, header, headLength)
}

function keep(state: Walk, bytes: Uint8Array, from: number, to: number): void {
  const head = (state.head ??= new Uint8Array(longestHeader + keptPayload))
  const kept = Math.min(to - from, head.length)
  head.set(bytes.subarray(from, from + kept), 0)
  state.headLength = kept
  const header = headerLength(bytes, from, to)
  state.known = header > 0
  if (state.known) state.missing = payloadLength(bytes, from) - (to - from - header)
}

/** Bytes of the header at `at`, 0 while it is not complete; servers do not mask. */
function headerLength(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 2) return 0
  const short = bytes[at + 1]! & 127
  const header = short < 126 ? 2 : short === 126 ? 4 : 10
  return end - at < header ? 0 : header
}

function payloadLength(bytes: Uint8Array, at: number): number {
  const short = bytes[at + 1]! & 127
  if (short < 126) return short
  if (short === 126) return (bytes[at + 2]! << 8) | bytes[at + 3]!
  let length = 0
  for (let index = at + 2; index < at + 10; index++) length = length * 256 + bytes[index]!
  return length
}

/** A client's frame as it goes over the wire; masked with zeros, which leaves the payload as it is. */
export function clientFrame(opcode: number, payload: Uint8Array): Uint8Array {
  const { length } = payload
  if (length > 65_535) throw new Error(`A frame of ${length} bytes is too long for the bench`)
  const header =
    length < 126
      ? [128 | opcode, 128 | length, 0, 0, 0, 0]
      : [128 | opcode, 128 | 126, length >> 8, length & 255, 0, 0, 0, 0]
  const frame = new Uint8Array(header.length + length)
  frame.set(header)
  frame.set(payload, header.length)
  return frame
}
