import { keys, place, tables, variableOf, type Key } from './keys.ts'

/** A value as TOML writes it. */
export function toml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toml).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value).map(([key, one]) => `${bare(key)} = ${toml(one)}`)
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`
}

function bare(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key)
}

/** A configuration file that says every default; what has none is commented out. */
export function defaultFile(): string {
  // TOML knows no way back from a table to the top, so the keys outside tables come first.
  const lines = linesOf('')
  for (const table of tables) {
    const own = linesOf(table)
    if (own.length > 0) lines.push(`[${table}]`, '', ...own)
  }
  return lines.join('\n')
}

function linesOf(table: string): string[] {
  return keys
    .filter(({ path }) => tableOf(path) === table)
    .flatMap(({ path, fallback, description }) => {
      const name = path.slice(path.lastIndexOf('.') + 1)
      const line = fallback === undefined ? `# ${name} = ""` : `${name} = ${toml(fallback)}`
      return [`# ${description}`, line, '']
    })
}

function tableOf(path: string): string {
  return path.includes('.') ? path.slice(0, path.lastIndexOf('.')) : ''
}

/** Puts values by path into nested tables; undefined ones are left out. */
export function nested(values: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const tree: Record<string, unknown> = {}
  for (const [path, value] of values) {
    if (value !== undefined) place(tree, path, value)
  }
  return tree
}

interface TableSchema {
  type: 'object'
  additionalProperties: false
  properties: Record<string, unknown>
}

/** The configuration file as JSON Schema (2020-12), for editors. */
export function jsonSchema(): Record<string, unknown> {
  const root = tableSchema()
  for (const key of keys) {
    const parts = key.path.split('.')
    const name = parts.pop()!
    let { properties } = root
    for (const part of parts) {
      properties = ((properties[part] ??= tableSchema()) as TableSchema).properties
    }
    properties[name] = keySchema(key)
  }
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Fanfare', ...root }
}

function tableSchema(): TableSchema {
  return { type: 'object', additionalProperties: false, properties: {} }
}

function keySchema(key: Key): Record<string, unknown> {
  const { path, fallback, description } = key
  return {
    description: `${description} (${variableOf(path)})`,
    ...(fallback !== undefined && { default: fallback }),
    ...form(key),
  }
}

function form({ kind, choices, pattern, least, most }: Key): Record<string, unknown> {
  const text = { type: 'string', ...(pattern !== undefined && { pattern }) }
  switch (kind) {
    case 'count':
      return { type: 'integer', minimum: least, maximum: most }
    case 'size':
      return { anyOf: [text, { type: 'integer', minimum: least, maximum: most }] }
    case 'switch':
      return { type: 'boolean' }
    case 'choice':
      return { enum: choices }
    case 'list':
    case 'listeners':
      return { type: 'array', items: text }
    case 'table':
      return { type: 'object', additionalProperties: text }
    default:
      return text
  }
}
