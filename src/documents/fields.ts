import { html } from 'hono/html'
import type { JsonSchema } from './json-schema.ts'
import { inline, joined, table, type Html } from './markdown.ts'

/** Schemas by name, that pointers lead to. */
export type Schemas = Readonly<Record<string, JsonSchema>>

/** A schema for people: a row for each field at any depth, `items[].name`; where there are several shapes, each begins with a row that says so. */
export function fieldsTable(schema: JsonSchema, schemas: Schemas): Html {
  const rows = [...fieldsOf(schema, schemas, { path: '', must: true, depth: 0 })]
  const told = rows.map(({ path, must, schema: one }) =>
    typeof one === 'string'
      ? [html`<em>${one}</em>`, html``, html``]
      : [
          html`<code>${path}</code>${must ? '' : html` <small>optional</small>`}`,
          html`${typeOf(one, schemas)}`,
          meaningOf(one),
        ],
  )
  return told.length === 0 ? html`` : table(['field', 'type', 'what'], told)
}

/** In one line what a value is and may be, without its fields. */
export function valueText(schema: JsonSchema, schemas: Schemas): Html {
  return joined([html`${typeOf(schema, schemas)} `, meaningOf(schema)])
}

interface Field {
  readonly path: string
  readonly must: boolean
  readonly depth: number
}

interface Row extends Omit<Field, 'depth'> {
  /** A field, or the word before one of several shapes. */
  readonly schema: JsonSchema | string
}

const deepest = 8

function* fieldsOf(pointer: JsonSchema, schemas: Schemas, field: Field): Generator<Row> {
  const { path, must } = field
  if (path !== '') yield { path, must, schema: { ...resolved(pointer, schemas), ...pointer } }
  yield* inside(pointer, schemas, field)
}

/** The fields alone of a shape that stands where another row already tells of it. */
function* inside(
  pointer: JsonSchema,
  schemas: Schemas,
  { path, must, depth }: Field,
): Generator<Row> {
  const schema = resolved(pointer, schemas)
  // Shapes that hold themselves are told once.
  if (depth === deepest) return
  const required = (schema['required'] ?? []) as readonly string[]
  const properties = (schema['properties'] ?? {}) as Schemas
  for (const [name, one] of Object.entries(properties)) {
    const inner = path === '' ? name : `${path}.${name}`
    yield* fieldsOf(one, schemas, { path: inner, must: required.includes(name), depth: depth + 1 })
  }
  const { items, additionalProperties: others } = schema as {
    items?: JsonSchema
    additionalProperties?: JsonSchema
  }
  for (const [suffix, one] of [
    ['[]', items],
    ['.*', others],
  ] as const) {
    if (typeof one !== 'object' || !hasFields(one, schemas)) continue
    yield* inside(one, schemas, { path: `${path}${suffix}`, must: true, depth: depth + 1 })
  }
  const shapes = choices(schema).filter((one) => hasFields(one, schemas))
  for (const [index, one] of shapes.entries()) {
    const word = index === 0 ? 'either' : 'or'
    if (shapes.length > 1) yield { path: `${path} ${word}`, must, schema: word }
    yield* inside(one, schemas, { path, must: true, depth: depth + 1 })
  }
}

function choices(schema: JsonSchema): readonly JsonSchema[] {
  return (schema['anyOf'] ?? schema['oneOf'] ?? []) as readonly JsonSchema[]
}

function hasFields(pointer: JsonSchema, schemas: Schemas): boolean {
  const schema = resolved(pointer, schemas)
  return (
    'properties' in schema ||
    'items' in schema ||
    choices(schema).some((one) => hasFields(one, schemas))
  )
}

const prefix = '#/components/schemas/'

function resolved(schema: JsonSchema, schemas: Schemas): JsonSchema {
  const { $ref: pointer } = schema
  return typeof pointer === 'string' ? (schemas[pointer.slice(prefix.length)] ?? {}) : schema
}

function typeOf(pointer: JsonSchema, schemas: Schemas): string {
  const schema = resolved(pointer, schemas)
  const { type, items } = schema as { type?: string | string[]; items?: JsonSchema }
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (type === 'array')
    return `list of ${items === undefined ? 'anything' : typeOf(items, schemas)}`
  if (Array.isArray(type)) return type.join(' or ')
  if (typeof type === 'string') return type
  const some = choices(schema).map((one) => typeOf(one, schemas))
  return some.length === 0 ? 'anything' : [...new Set(some)].join(' or ')
}

const bounds = [
  ['minLength', 'maxLength', ' characters'],
  ['minimum', 'maximum', ''],
  ['minItems', 'maxItems', ' of them'],
] as const

/** `1 to 128 characters`; what every number or length has anyway is left out. */
function boundsOf(schema: JsonSchema): string[] {
  return bounds.flatMap(([low, high, unit]) => {
    const [least, most] = [schema[low], schema[high]].map((value) =>
      typeof value !== 'number' || Math.abs(value) === Number.MAX_SAFE_INTEGER ? null : value,
    ) as [number | null, number | null]
    if (least !== null && most !== null) return [`${least} to ${most}${unit}`]
    if (most !== null) return [`at most ${most}${unit}`]
    return least === null ? [] : [`${least}${unit} or more`]
  })
}

/** What there is to know beside the type: the description, the choices, the bounds, what stands for an absent value. */
function meaningOf({ anyOf, ...own }: JsonSchema): Html {
  const some = ((anyOf ?? []) as readonly JsonSchema[]).filter(({ type }) => type !== 'null')
  const schema = some.length === 1 ? { ...some[0], ...own } : own
  const { description, enum: values, pattern, default: fallback }: JsonSchema = schema
  const limits = boundsOf(schema)
  if (typeof schema['format'] === 'string') limits.unshift(schema['format'])
  const parts: Html[] = []
  if (typeof description === 'string') parts.push(inline(description))
  if (Array.isArray(values)) parts.push(inline(values.map((one) => `\`${one}\``).join(', ')))
  if (limits.length > 0) parts.push(html`${limits.join(', ')}`)
  if (typeof pattern === 'string') parts.push(html`<code class="pattern">${pattern}</code>`)
  if (fallback !== undefined) parts.push(html`<code>${JSON.stringify(fallback)}</code> when absent`)
  return joined(parts.flatMap((part, index) => (index === 0 ? [part] : [html`; `, part])))
}
