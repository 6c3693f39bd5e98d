import { amountPattern } from '../core/money.ts'
import type { OpenApi } from './openapi.ts'

/** The decimals that documents are made for; `adapted` puts those of the configuration in their place. */
export const standardDecimals = 2

/** What the documents of a server depend on. */
export interface Circumstances {
  /** Names of the systems that run, and `console` where that is served. */
  readonly systems: readonly string[]
  /** Whether pages are served. */
  readonly pages: boolean
  readonly development: boolean
  /** Of the currency of crash. */
  readonly decimals: number
}

/** A document of all operations, cut down to those that this server has, in its currency. */
export function adapted(document: OpenApi, here: Circumstances): OpenApi {
  const known = new Set(['common', ...here.systems])
  const paths = Object.entries(document.paths).flatMap(([path, methods]) => {
    const kept = Object.entries(methods).filter(
      ([, operation]) =>
        known.has(operation.tags[0]) &&
        (here.pages || !operation['x-page']) &&
        (here.development || !operation['x-development']),
    )
    return kept.length === 0 ? [] : [[path, Object.fromEntries(kept)] as const]
  })
  const tags = document.tags.filter(({ name }) => known.has(name))
  const cut = { ...document, tags, paths: Object.fromEntries(paths) }
  return inDecimals({ ...cut, components: componentsOf(cut) }, here.decimals)
}

/** The components that something still points at. */
function componentsOf({ paths, components }: OpenApi): OpenApi['components'] {
  const found = new Set<string>()
  const look = (value: unknown) => {
    for (const [, kind, name] of JSON.stringify(value).matchAll(pointer)) {
      const key = `${kind}/${name}`
      if (found.has(key)) continue
      found.add(key)
      look(components[kind as 'schemas'][name as string])
    }
  }
  look(paths)
  const secured = Object.values(paths).flatMap((methods) =>
    Object.values(methods).flatMap(({ security }) => security.flatMap(Object.keys)),
  )
  for (const name of secured) found.add(`securitySchemes/${name}`)
  const kept = Object.entries(components).map(([kind, members]) => {
    const used = Object.entries(members).filter(([name]) => found.has(`${kind}/${name}`))
    return [kind, Object.fromEntries(used)] as const
  })
  return Object.fromEntries(kept) as OpenApi['components']
}

const pointer = /"#\/components\/(\w+)\/([\w.]+)"/g

/** Amounts of crash have as many decimals as its currency. */
function inDecimals<Document>(document: Document, decimals: number): Document {
  if (decimals === standardDecimals) return document
  const written = (of: number) => JSON.stringify(amountPattern({ decimals: of })).slice(1, -1)
  const text = JSON.stringify(document).replaceAll(written(standardDecimals), () =>
    written(decimals),
  )
  return JSON.parse(text) as Document
}
