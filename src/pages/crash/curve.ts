/** The multiplier after so many ms of flight, to draw with: the server alone knows what counts. */
export type Rise = (ms: number) => number

/** Reads a curve as the server tells it, `exp:K` or `power:A:B`; null for one that is not known here. */
export function readCurve(text: string): Rise | null {
  const [, rate] = /^exp:(0\.\d+)$/.exec(text) ?? []
  if (rate !== undefined) return (ms) => Math.exp(Number(rate) * ms)
  const [, factor, exponent] = /^power:(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (factor === undefined || exponent === undefined) return null
  return (ms) => 1 + Number(factor) * (ms / 1_000) ** Number(exponent)
}
