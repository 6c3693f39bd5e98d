import { clientFrame } from './frames.ts'
import { createLatencies, type Counted } from './latency.ts'
import type { Link } from './link.ts'

/** What came of acknowledging since `begin`. */
export interface Repeats {
  /** Acknowledgements sent. */
  readonly sent: number
  /** Notices that came again before they were acknowledged, by the µs since their publish. */
  readonly ages: Counted
  /** Notices that came again although they had been acknowledged on that connection. */
  readonly doubled: number
}

/** What clients do with notices: tell those that are new from those that come again, and acknowledge. */
export interface Receipts {
  /** Whether notices are acknowledged from now on. */
  acknowledge(wanted: boolean): void
  /** Takes the notice in `bytes[start..end)`, published `age` µs ago; false when it has come before. */
  take(link: Link, bytes: Uint8Array, start: number, end: number, age: number): boolean
  begin(): void
  repeats(): Repeats
}

/** Receipts of nothing yet. Ids rise, so that the highest of a connection tells which are new there. */
export function createReceipts(): Receipts {
  let ages = createLatencies()
  let acknowledging = false
  let sent = 0
  let doubled = 0
  return {
    acknowledge: (wanted) => void (acknowledging = wanted),
    take(link, bytes, start, end, age) {
      const first = idStart(bytes, start, end)
      const last = digitsEnd(bytes, first, end)
      const id = numberOf(bytes, first, last)
      const isNew = id > link.newest
      if (isNew) link.newest = id
      else if (id > link.acknowledged) ages.add(age)
      else doubled++
      if (acknowledging) {
        sent++
        link.acknowledged = Math.max(link.acknowledged, id)
        link.socket?.write(acknowledgement(bytes.subarray(first, last)))
      }
      return isNew
    },
    begin() {
      ages = createLatencies()
      sent = doubled = 0
    },
    repeats: () => ({ sent, ages: ages.counted(), doubled }),
  }
}

const text = 1
const encoder = new TextEncoder()
const marker = encoder.encode('"id":"')

/** The frame's own id stands before its data, so that it is found at once and is there in a frame cut short. */
function idStart(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + marker.length < end; at++) {
    if (marker.every((byte, index) => bytes[at + index] === byte)) return at + marker.length
  }
  throw new Error('A notice has no id')
}

function digitsEnd(bytes: Uint8Array, first: number, end: number): number {
  let at = first
  while (at < end && bytes[at]! >= 48 && bytes[at]! <= 57) at++
  return at
}

function numberOf(bytes: Uint8Array, first: number, last: number): number {
  let value = 0
  for (let at = first; at < last; at++) value = value * 10 + bytes[at]! - 48
  return value
}

const head = encoder.encode('{"type":"ack","data":{"message_id":"')
const tail = encoder.encode('"}}')

/** The frame that acknowledges a notice, by the bytes of its id. */
function acknowledgement(id: Uint8Array): Uint8Array {
  return clientFrame(text, Buffer.concat([head, id, tail]))
}
