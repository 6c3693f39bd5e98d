import { toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'

/** A JSON Schema (2020-12), or a part of one. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/**
 * The JSON Schema (2020-12, without `$schema`) of what a schema takes from the wire (`input`) or makes of it (`output`).
 * A pipe tells of its input up to the first transformation. What a pipe means and JSON Schema cannot say stands in
 * `description`, in the words of its message; `v.metadata` adds keywords of its own (a pattern, a title). Never throws:
 * what cannot be told is left out, so the schema takes more than the code does, not less.
 */
export function jsonSchema(schema: GenericSchema, kind: 'input' | 'output'): JsonSchema {
  const told = toJsonSchema(kind === 'input' ? wireSide(schema) : schema, {
    typeMode: kind === 'input' ? 'ignore' : 'output',
    target: 'draft-2020-12',
    errorMode: 'ignore',
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === 'custom' ? described(jsonSchema, valibotSchema) : jsonSchema,
    overrideAction: ({ valibotAction, jsonSchema, errors }) =>
      errors === undefined ? jsonSchema : described(jsonSchema, valibotAction),
  })
  const { $schema: _, ...members } = told as JsonSchema
  return tidied(members) as JsonSchema
}

/** Any part of a schema, as far as it is looked at here. */
interface Node {
  readonly kind: string
  readonly type: string
  readonly pipe?: readonly Node[]
  readonly entries?: Readonly<Record<string, Node>>
  readonly items?: readonly Node[]
  readonly options?: readonly unknown[]
  readonly [part: string]: unknown
}

/** Transformations that leave text what it is. */
const harmless = new Set(['trim', 'trim_start', 'trim_end', 'normalize'])
const single = ['item', 'rest', 'wrapped', 'key', 'value'] as const

/** A copy in which every pipe ends where something else is made of what came in. */
function wireSide<Schema>(schema: Schema): Schema {
  const node = schema as Node
  const { pipe, entries, items, options } = node
  if (pipe !== undefined) {
    const flat = flattened(node)
    const end = flat.findIndex(({ kind, type }) => kind === 'transformation' && !harmless.has(type))
    const kept = end < 0 ? flat : flat.slice(0, end)
    const [first, ...others] = kept.map((part) => (isSchema(part) ? wireSide(part) : part))
    return { ...(first as Node), pipe: [withoutPipe(first!), ...others] } as Schema
  }
  const copy: Record<string, unknown> = { ...node }
  for (const part of single) if (isSchema(node[part])) copy[part] = wireSide(node[part])
  if (entries !== undefined) {
    copy['entries'] = Object.fromEntries(
      Object.entries(entries).map(([name, entry]) => [name, wireSide(entry)]),
    )
  }
  if (items !== undefined) copy['items'] = items.map((item) => wireSide(item))
  if (options?.every(isSchema)) copy['options'] = options.map((option) => wireSide(option))
  return copy as Schema
}

/** The parts of a pipe and of the pipes in it, in a row; of what is no pipe itself. */
export function flattened<Part extends object>(part: Part): readonly Part[] {
  const { pipe } = part as { readonly pipe?: readonly Part[] }
  return pipe === undefined ? [part] : pipe.flatMap((one) => flattened(one))
}

function withoutPipe({ pipe: _, ...node }: Node): Node {
  return node as Node
}

function isSchema(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && (value as Node).kind === 'schema'
}

/** A schema with the message of a rule in the place of the rule itself. */
function described(schema: object, rule: object): JsonSchema {
  const { message, requirement } = rule as Rule
  const { pattern, description, ...rest } = schema as JsonSchema
  // Under a flag, which JSON Schema has none of, a pattern means something else.
  const flagged = requirement instanceof RegExp && requirement.source === pattern
  const words = [description, message].filter((one) => typeof one === 'string')
  return {
    ...rest,
    ...(pattern !== undefined && !flagged && { pattern }),
    ...(words.length > 0 && { description: words.join('. ') }),
  }
}

interface Rule {
  readonly message?: unknown
  readonly requirement?: unknown
}

/** Keywords whose values are data, not schemas. */
const data = new Set(['const', 'enum', 'default', 'examples', 'required'])

const simple = new Set<unknown>(['string', 'number', 'integer', 'boolean'])

/** Without what says nothing, and with `null` beside a plain type in the shorter way. */
function tidied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidied)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).flatMap(([key, member]) => {
    if (member === undefined || (key === 'required' && (member as unknown[]).length === 0))
      return []
    return [[key, data.has(key) ? member : tidied(member)] as const]
  })
  const { anyOf, ...rest } = Object.fromEntries(members) as JsonSchema
  if (!Array.isArray(anyOf)) return Object.fromEntries(members)
  const [first, second] = anyOf as [JsonSchema, JsonSchema?]
  const plain = simple.has(first['type']) && !['enum', 'const', 'title'].some((key) => key in first)
  if (anyOf.length !== 2 || second?.['type'] !== 'null' || !plain) return { anyOf, ...rest }
  return { ...first, ...rest, type: [first['type'], 'null'] }
}
