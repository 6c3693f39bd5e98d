import { Fault, quoted, setting } from './kinds.ts'

/** Rates by name, `bet=5 cash_out=10`: so many a second, and so many at once; names that are left out keep their defaults. */
export function rates<const Fallback extends string>(fallback: Fallback, description: string) {
  const known = read(fallback)!
  const traits = { kind: 'text', pattern: pattern.source } as const
  return setting(traits, fallback, description, (value): Readonly<Record<string, number>> => {
    const given = typeof value === 'string' ? read(value) : null
    if (given === null) {
      throw new Fault(`Expected rates such as ${quoted(fallback)}, got ${quoted(value)}`)
    }
    for (const [name, perSecond] of given) {
      if (!known.has(name)) {
        throw new Fault(
          `Expected names out of ${[...known.keys()].join(', ')}, got ${quoted(name)}`,
        )
      }
      if (perSecond < 1) throw new Fault(`Expected a rate of at least 1, got ${quoted(name)}`)
    }
    return Object.fromEntries([...known, ...given])
  })
}

const pattern = /^[a-z_]+=\d{1,7}([ ,]+[a-z_]+=\d{1,7})*$/

function read(text: string): Map<string, number> | null {
  if (!pattern.test(text)) return null
  return new Map(
    text.split(/[ ,]+/).map((entry) => {
      const [name = '', rate] = entry.split('=')
      return [name, Number(rate)] as const
    }),
  )
}
