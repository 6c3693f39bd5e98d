/** Reads a decimal amount into minor units; null where it is none, has too many decimals or is beyond what can be counted. */
export function minorOf(text: string, decimals: number): number | null {
  const [, whole, part = ''] = /^(\d{1,15})(?:\.(\d*))?$/.exec(text.trim()) ?? []
  if (whole === undefined || part.replace(/0+$/, '').length > decimals) return null
  const minor = Number(whole + part.slice(0, decimals).padEnd(decimals, '0'))
  return Number.isSafeInteger(minor) ? minor : null
}

/** Writes minor units with all their decimals, as requests have them: `1000.00`. */
export function textOf(minor: number, decimals: number): string {
  const digits = String(Math.abs(minor)).padStart(decimals + 1, '0')
  const cut = digits.length - decimals
  const text = decimals === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`
  return minor < 0 ? `-${text}` : text
}

/** An amount as people read it: `12,345.60`; exact, however long it is. */
export function grouped(text: string): string {
  const [whole = '', part] = text.split('.')
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return part === undefined ? groups : `${groups}.${part}`
}

/** What a stake in minor units wins at a multiplier, rounded down as the server does. */
export function winnings(stake: number, multiplier: number): number {
  return Number((BigInt(stake) * BigInt(Math.round(multiplier * 100))) / 100n)
}
