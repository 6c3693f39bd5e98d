/** The multiplier after so many ms of flight, to draw with: the server alone knows what counts. */
export type Rise = (ms: number) => number

/** Reads a curve as the server tells it, `exp:K` or `power:A:B`; null for one that is not known here. */
export function readCurve(text: string): Rise | null {
  const exponential = /^exp:(0\.\d+)$/.exec(text)
  if (exponential !== null) {
    const rate = Number(exponential[1])
    return (ms) => Math.exp(rate * ms)
  }
  const power = /^power:(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/.exec(text)
  if (power === null) return null
  const factor = Number(power[1])
  const exponent = Number(power[2])
  return (ms) => 1 + factor * (ms / 1_000) ** exponent
}
