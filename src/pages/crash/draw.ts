import type { Rise } from './curve.ts'
import type { Point } from './head.ts'

/** What is drawn of a flight. */
interface Scene {
  /** In CSS pixels. */
  readonly width: number
  readonly height: number
  /** Pixels of the screen for each of them. */
  readonly ratio: number
  readonly head: Point
  /** The curve, where it is known; else the points that were told. */
  readonly rise: Rise | null
  readonly trail: readonly Point[]
  readonly line: string
  readonly ink: string
}

/** Space around the plot: for its numbers, and for the dot at the end of the curve. */
const edge = { left: 48, right: 24, top: 24, bottom: 28 }
/** The plot is never smaller than this, so that a flight begins calmly; above the curve is room for the number. */
const leastMs = 8_000
const leastGain = 1.25

/** Draws axes, the curve up to its head, and what lies below it. */
export function draw(context: CanvasRenderingContext2D, scene: Scene): void {
  const { width, height, ratio, head, line, ink } = scene
  const spanMs = Math.max(leastMs, head.elapsed * 1.08)
  const gain = Math.max(leastGain, (head.multiplier - 1) * 1.45)
  const x = (ms: number) => edge.left + (ms / spanMs) * (width - edge.left - edge.right)
  const y = (multiplier: number) =>
    height - edge.bottom - ((multiplier - 1) / gain) * (height - edge.top - edge.bottom)
  context.setTransform(ratio, 0, 0, ratio, 0, 0)
  context.clearRect(0, 0, width, height)
  context.font = '12px system-ui, sans-serif'
  context.fillStyle = ink
  context.strokeStyle = ink
  context.lineWidth = 1
  heights(context, gain, width, y)
  times(context, spanMs, height, x)
  curve(context, scene, x, y, height - edge.bottom)
  context.beginPath()
  context.arc(x(head.elapsed), y(head.multiplier), 6, 0, 2 * Math.PI)
  context.fillStyle = line
  context.fill()
}

function heights(
  context: CanvasRenderingContext2D,
  gain: number,
  width: number,
  y: (multiplier: number) => number,
): void {
  const step = stepOf(gain / 4)
  const decimals = step < 0.1 ? 2 : step < 1 ? 1 : 0
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  for (let above = 0; above <= gain * 1.001; above += step) {
    const at = Math.round(y(1 + above)) + 0.5
    context.globalAlpha = 0.14
    context.beginPath()
    context.moveTo(edge.left, at)
    context.lineTo(width - edge.right, at)
    context.stroke()
    context.globalAlpha = 0.65
    context.fillText(`${shortly(1 + above, decimals)}×`, edge.left - 8, at)
  }
  context.globalAlpha = 1
}

function times(
  context: CanvasRenderingContext2D,
  spanMs: number,
  height: number,
  x: (ms: number) => number,
): void {
  const step = stepOf(spanMs / 5_000)
  context.textAlign = 'center'
  context.textBaseline = 'alphabetic'
  context.globalAlpha = 0.65
  for (let seconds = step; seconds * 1_000 <= spanMs; seconds += step) {
    context.fillText(`${+seconds.toFixed(1)} s`, x(seconds * 1_000), height - 8)
  }
  context.globalAlpha = 1
}

function curve(
  context: CanvasRenderingContext2D,
  { head, rise, trail, line }: Scene,
  x: (ms: number) => number,
  y: (multiplier: number) => number,
  ground: number,
): void {
  const path = new Path2D()
  path.moveTo(x(0), y(1))
  if (rise === null) {
    for (const point of trail) {
      if (point.elapsed < head.elapsed) path.lineTo(x(point.elapsed), y(point.multiplier))
    }
  } else {
    const pieces = 96
    for (let piece = 1; piece < pieces; piece++) {
      const ms = (head.elapsed * piece) / pieces
      path.lineTo(x(ms), y(Math.min(rise(ms), head.multiplier)))
    }
  }
  path.lineTo(x(head.elapsed), y(head.multiplier))
  const area = new Path2D(path)
  area.lineTo(x(head.elapsed), ground)
  area.lineTo(x(0), ground)
  context.fillStyle = line
  context.globalAlpha = 0.14
  context.fill(area)
  context.globalAlpha = 1
  context.strokeStyle = line
  context.lineWidth = 4
  context.lineJoin = 'round'
  context.lineCap = 'round'
  context.stroke(path)
}

/** A number in the space that there is: `1.5`, `12k`. */
function shortly(value: number, decimals: number): string {
  return value < 5_000 ? value.toFixed(decimals) : `${Math.round(value / 1_000)}k`
}

/** The next of 1, 2, 5, 10, 20 … at or above a number. */
function stepOf(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return ([1, 2, 5].find((one) => one * power >= least) ?? 10) * power
}
