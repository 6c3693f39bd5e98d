import { resolve } from 'node:path'
import { keyByPath, keys, tables } from './keys.ts'
import { nearestPath } from './nearest.ts'
import { keyPlaces, type Place } from './places.ts'
import type { Layer } from './sources.ts'

/** Reads a TOML file; what is wrong with it is added to `faults`, each with line and column. */
export async function readFile(path: string, faults: string[]): Promise<Layer> {
  const layer: Layer = new Map()
  let text: string
  try {
    text = await Bun.file(path).text()
  } catch (error) {
    const { code = 'unknown error' } = error as { code?: string }
    faults.push(`Cannot read the configuration file "${path}" (${code})`)
    return layer
  }
  let tree: Record<string, unknown>
  try {
    tree = Bun.TOML.parse(text) as Record<string, unknown>
  } catch (error) {
    faults.push(await syntaxFault(path, error as Error))
    return layer
  }
  const places = keyPlaces(text)
  const sourceOf = (at: string) => where(path, places.get(at))
  collect(tree, '', layer, faults, sourceOf)
  return layer
}

function where(path: string, place: Place | undefined): string | undefined {
  return place && `${path}:${place.line}:${place.column}`
}

/** The parser's own errors carry no place; those of an import do. */
async function syntaxFault(path: string, parsing: Error): Promise<string> {
  try {
    await import(resolve(path), { with: { type: 'toml' } })
  } catch (error) {
    const { message, position } = error as Error & { position?: Place | null }
    if (position) return `${message} (${where(path, position)})`
  }
  return `${parsing.message} (${path})`
}

function collect(
  tree: Record<string, unknown>,
  table: string,
  layer: Layer,
  faults: string[],
  sourceOf: (path: string) => string | undefined,
): void {
  for (const [name, value] of Object.entries(tree)) {
    const path = table === '' ? name : `${table}.${name}`
    const source = sourceOf(path) ?? 'file'
    if (keyByPath.has(path)) {
      layer.set(path, { value, source, sourceOf })
    } else if (!tables.has(path)) {
      const guess = nearestPath(path, [...keys.map((key) => key.path), ...tables])
      faults.push(`${path}: Unknown key, did you mean "${guess}" (${source})`)
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      collect(value as Record<string, unknown>, path, layer, faults, sourceOf)
    } else {
      faults.push(`${path}: Expected a table of settings (${source})`)
    }
  }
}
