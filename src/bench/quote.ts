/** `1767322245.123456`: ten digits of seconds and six of µs, which is a price like any other. */
const secondDigits = 10
const microDigits = 6
const digits = secondDigits + 1 + microDigits
const head = '{"code":0,"data":"'.length
const codePlace = '{"code":'.length
const zero = 48
const frameLength = head + digits + '"}'.length

/** A price that carries the µs at which it was told. */
export function priced(micros: number): string {
  const text = String(micros).padStart(secondDigits + microDigits, '0')
  return `${text.slice(0, secondDigits)}.${text.slice(secondDigits)}`
}

/** The frame of a price as pledge tells it (P3). */
export function quoteFrame(price: string): string {
  return `{"code":0,"data":"${price}"}`
}

/** The µs that the price in a frame carries, or -1 when the frame tells no such price. */
export function quoteStamp(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== frameLength || bytes[start + codePlace] !== zero) return -1
  const first = start + head
  let micros = 0
  for (let at = first; at < first + digits; at++) {
    if (at !== first + secondDigits) micros = micros * 10 + bytes[at]! - zero
  }
  return micros
}
