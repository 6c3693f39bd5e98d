/** By how much y rises with each x: the slope of the line that fits points best (least squares); NaN for fewer than two. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  if (points.length < 2) return NaN
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length
  const [meanX, meanY] = [mean(0), mean(1)]
  let [together, apart] = [0, 0]
  for (const [x, y] of points) {
    together += (x - meanX) * (y - meanY)
    apart += (x - meanX) ** 2
  }
  return apart === 0 ? NaN : together / apart
}

/** The first and the last quarter of a series, at least one value each. */
export function quarters<Value>(values: readonly Value[]): [first: Value[], last: Value[]] {
  const size = Math.max(1, Math.floor(values.length / 4))
  return [values.slice(0, size), values.slice(-size)]
}

/** The value in the middle, of two the mean; NaN for none. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN
  const sorted = values.toSorted((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2
}
