/** Marks the stamp in a message; no protocol of ours writes it by itself. */
const marker = '"@'
const digits = 16
const quote = 34
const at = 64

/** A title that carries the µs of the publish call: `@` and 16 digits. */
export function stamped(micros: number): string {
  return `@${String(micros).padStart(digits, '0')}`
}

/**
 * Finds the stamp of a frame, in µs, or -1 when there is none.
 * Frames of one kind carry it at one place, so the last place is tried before the frame is searched.
 */
export function createStampReader(): (bytes: Uint8Array, start: number, end: number) => number {
  let place = 0
  return (bytes, start, end) => {
    if (!marked(bytes, start + place, end)) {
      place = search(bytes, start, end) - start
      if (place < 0) {
        place = 0
        return -1
      }
    }
    let micros = 0
    const first = start + place + marker.length
    for (let index = first; index < first + digits; index++) {
      micros = micros * 10 + (bytes[index]! - 48)
    }
    return micros
  }
}

function marked(bytes: Uint8Array, index: number, end: number): boolean {
  return (
    index + marker.length + digits < end &&
    bytes[index] === quote &&
    bytes[index + 1] === at &&
    bytes[index + marker.length + digits] === quote
  )
}

function search(bytes: Uint8Array, start: number, end: number): number {
  for (let index = start; index < end; index++) if (marked(bytes, index, end)) return index
  return -1
}
