/** A place in a channel: its version and the row that holds it. */
export interface Spot {
  readonly version: number
  readonly row: number
}

/** The rows a place points to; null where there is no earlier place. */
export interface Pointers {
  /** The place of the version before. */
  readonly previous: number | null
  /** The place of version `jumpOf`. */
  readonly jump: number | null
}

/**
 * The version that a version's pointer leads to: itself without its lowest one bit, e.g. 13 (1101) → 12
 * (1100) → 8 (1000) → 0. Those on the way are its prefixes; from any version to any earlier one it is
 * O(log² n) steps over such jumps and steps by one.
 */
export function jumpOf(version: number): number {
  return version - 2 ** trailingZeros(version)
}

/**
 * The pointers of the place that takes `version` in `row`, and the spine with it. A spine holds the rows
 * of the head's prefixes, lowest version first, the head's own last: one for each one bit, at most 53.
 * Counting up carries over the lowest ones, so the new version's other prefixes are on it already.
 */
export function extend(
  spine: readonly number[],
  { version, row }: Spot,
): Pointers & { readonly spine: readonly number[] } {
  const kept = spine.slice(0, spine.length - trailingZeros(version))
  return { previous: spine.at(-1) ?? null, jump: kept.at(-1) ?? null, spine: [...kept, row] }
}

/** The earliest place that is `wanted`, going back from one that is; whatever follows a wanted place must be wanted, too. */
export function earliest(
  from: Spot,
  pointersOf: (row: number) => Pointers,
  wanted: (spot: Spot) => boolean,
): Spot {
  let spot = from
  for (;;) {
    const { previous, jump } = pointersOf(spot.row)
    const far = jump !== null && { version: jumpOf(spot.version), row: jump }
    const near = previous !== null && { version: spot.version - 1, row: previous }
    if (far && wanted(far)) spot = far
    else if (near && wanted(near)) spot = near
    else return spot
  }
}

/** Not by bit operators: those cut a number to 32 bits. */
function trailingZeros(version: number): number {
  let zeros = 0
  for (let rest = version; rest % 2 === 0; rest /= 2) zeros++
  return zeros
}
