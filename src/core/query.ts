import * as v from 'valibot'

/** The values of a name in a query, in order; none when it is not there. */
export type Query = (name: string) => readonly string[]

/** Reads the query of a request's URL like URLSearchParams does, at a fraction of the cost where nothing in it is escaped. */
export function queryOf(url: string): Query {
  const from = url.indexOf('?')
  if (from < 0) return () => []
  const end = url.indexOf('#', from)
  const text = url.slice(from + 1, end < 0 ? undefined : end)
  if (/[%+]/.test(text)) {
    const parsed = new URLSearchParams(`?${text}`)
    return (name) => parsed.getAll(name)
  }
  const pairs = text.split('&')
  return (name) => valuesOf(pairs, name)
}

function valuesOf(pairs: readonly string[], name: string): readonly string[] {
  const values: string[] = []
  for (const pair of pairs) {
    if (pair.startsWith(name) && pair[name.length] === '=') values.push(pair.slice(name.length + 1))
    else if (pair === name) values.push('')
  }
  return values
}

/** A whole number written in a query: its value. */
export function wholeText(least: number, most: number) {
  const message = `Expected a whole number from ${least} to ${most}`
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,16}$/, message),
    v.transform(Number),
    v.minValue(least, message),
    v.maxValue(most, message),
  )
}

/** A query as shapes read it: the text of each name, and of one that comes several times the list, which no shape takes. */
export function textsOf(
  queries: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, string | readonly string[]>> {
  const pairs = Object.entries(queries)
  return Object.fromEntries(pairs.map(([name, all]) => [name, all.length === 1 ? all[0]! : all]))
}
