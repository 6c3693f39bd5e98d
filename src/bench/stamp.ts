/** Marks the stamp in a message; no protocol of ours writes it by itself. */
const marker = '"@'
const digits = 12
/** Base 36: sixteen decimal digits in a row may be taken for a card number and masked. */
const base = 36
const quote = 34
const at = 64

/** A title that carries the µs of the publish call: `@` and 12 digits of base 36. */
export function stamped(micros: number): string {
  return `@${micros.toString(base).padStart(digits, '0')}`
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
      const digit = bytes[index]!
      micros = micros * base + (digit < 58 ? digit - 48 : digit - 87)
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
