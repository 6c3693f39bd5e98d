/** A metric by its full name, its series added up, or one series with its labels as they are written; NaN when there is none, or no way to ask. */
export type Readings = (name: string) => number

/** What a server that tells no metrics says of itself. */
export const noReadings: Readings = () => NaN

/** Reads what a server says of itself at /metrics. */
export async function readMetrics(url: URL): Promise<Readings> {
  const answer = await fetch(url, { keepalive: false })
  if (!answer.ok) return noReadings
  const sums = sumsOf(await answer.text())
  return (name) => sums.get(name) ?? NaN
}

/** Each series, and those of each name added up, from the Prometheus text format. */
export function sumsOf(text: string): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const [, name = '', labels, value] of text.matchAll(/^([a-z_0-9]+)(\{.*\})? (\S+)$/gm)) {
    sums.set(name, (sums.get(name) ?? 0) + Number(value))
    if (labels !== undefined) sums.set(name + labels, Number(value))
  }
  return sums
}
