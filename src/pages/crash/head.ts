import type { Rise } from './curve.ts'

/** A point of a flight: ms after take-off, and the multiplier. */
export interface Point {
  readonly elapsed: number
  readonly multiplier: number
}

/** Where the flight is shown between two multipliers that were told. */
export interface Head {
  /** A round takes off. */
  begin(): void
  /** The server has told a multiplier; `now` is this machine's clock. */
  told(point: Point, now: number): void
  /** The flight has ended there; whatever is asked from now on is that. */
  landed(point: Point): void
  /** What to show: runs one tick behind, so it never shows what was not told, and nobody wins less than what was shown. */
  at(now: number): Point
  /** How the flight went up to here, to draw where the curve is not known. */
  trail(): readonly Point[]
}

const ground: Point = { elapsed: 0, multiplier: 1 }
/** How far a frame that came late is believed. */
const trust = 0.1
/** Points that are kept of a flight; of more every second one goes. */
const mostKept = 600

/** A head on the ground; `rise` gives the curve, once it is known, and `tick` the ms between two multipliers. */
export function createHead(rise: () => Rise | null, tick: () => number): Head {
  let points: Point[] = [ground]
  let last = ground
  let before = ground
  let over = false
  /** This machine's time of take-off, as the frames have it: at once that of one that came sooner, bit by bit that of later ones. */
  let base = Infinity
  let shown = 0

  function between(elapsed: number): number {
    const curve = rise()
    if (elapsed >= last.elapsed) return last.multiplier
    if (curve !== null) return Math.min(last.multiplier, Math.floor(curve(elapsed) * 100) / 100)
    const share = Math.max(0, elapsed - before.elapsed) / (last.elapsed - before.elapsed)
    const exact = before.multiplier + share * (last.multiplier - before.multiplier)
    return Math.floor(exact * 100) / 100
  }
  function keep(point: Point): void {
    if (point.elapsed <= last.elapsed) return
    before = last
    last = point
    points.push(point)
    if (points.length > mostKept) points = points.filter((_, index) => index % 2 === 0)
  }

  return {
    begin() {
      points = [ground]
      last = ground
      before = ground
      over = false
      base = Infinity
      shown = 0
    },
    told(point, now) {
      if (over) return
      const takeoff = now - point.elapsed
      base = takeoff < base ? takeoff : base + (takeoff - base) * trust
      keep(point)
    },
    landed(point) {
      over = true
      points = [...points.filter(({ elapsed }) => elapsed < point.elapsed), point]
      last = point
      shown = point.elapsed
    },
    at(now) {
      if (over) return last
      shown = Math.max(shown, Math.min(now - base - tick(), last.elapsed))
      return { elapsed: shown, multiplier: Math.max(1, between(shown)) }
    },
    trail: () => points,
  }
}
