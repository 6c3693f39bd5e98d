import {
  emptyDraft,
  isJson,
  membersOf,
  optionsOf,
  requires,
  shapeOf,
  valuesOf,
  type Draft,
  type Schema,
} from './draft.ts'

/** Schemas by the name that others point at: `#/components/schemas/NAME`. */
export type Named = Readonly<Record<string, Schema>>

/** A schema a form can be made of: what it points at stands in it, null is no option, and the options of a choice have titles that tell them apart. */
export function whole(schema: Schema, named: Named): Schema {
  const pointer = schema['$ref']
  if (typeof pointer === 'string') {
    return whole(named[pointer.slice(pointer.lastIndexOf('/') + 1)] ?? {}, named)
  }
  const options = optionsOf(schema).filter(({ type }) => type !== 'null')
  const { anyOf: _, oneOf: __, ...rest } = schema
  const [only, ...others] = options
  if (only !== undefined) {
    if (others.length === 0) return whole({ ...rest, ...only }, named)
    // What may be a text or a number is written as text, which keeps 2.00 what it is.
    const text = options.find(({ type }) => type === 'string')
    if (text !== undefined && options.every(isPlain)) return { ...rest, ...text }
    return { ...rest, oneOf: options.map((option) => titled(whole(option, named))) }
  }
  const { items, properties } = schema
  return {
    ...rest,
    ...(isObject(items) && { items: whole(items, named) }),
    ...(isObject(properties) && {
      properties: Object.fromEntries(
        Object.entries(membersOf(schema)).map(([name, part]) => [name, whole(part, named)]),
      ),
    }),
  }
}

function isPlain({ type }: Schema): boolean {
  return type === 'string' || type === 'number' || type === 'integer'
}

function titled(option: Schema): Schema {
  if (typeof option['title'] === 'string') return option
  const needed = Object.entries(membersOf(option)).filter(([name]) => requires(option, name))
  const own = needed.filter(([name, part]) => name !== 'type' || !('const' in part))
  const names = own.map(([name, part]) => ('const' in part ? String(part['const']) : name))
  return names.length === 0 ? option : { ...option, title: names[0] }
}

/** A draft that says a value, as far as the schema knows its parts; the schema is `whole`. */
export function draftOf(schema: Schema, value: unknown): Draft {
  if (value === undefined || value === null) return emptyDraft(schema)
  switch (shapeOf(schema)) {
    case 'choice': {
      const index = optionFor(schema, value)
      return { kind: 'choice', index, of: draftOf(optionsOf(schema)[index]!, value) }
    }
    case 'list': {
      const items = Array.isArray(value) ? value : []
      return { kind: 'list', items: items.map((item) => draftOf(schema['items'] as Schema, item)) }
    }
    case 'object': {
      const given = isObject(value) ? value : {}
      const members = Object.entries(membersOf(schema)).map(
        ([name, part]) => [name, draftOf(part, given[name])] as const,
      )
      return { kind: 'object', members: Object.fromEntries(members) }
    }
    case 'text':
      return { kind: 'text', text: String(value) }
    default:
      return { kind: 'text', text: JSON.stringify(value) }
  }
}

/** The option that a value is most like: whose constants are in it, then whose members. */
function optionFor(schema: Schema, value: unknown): number {
  const given = isObject(value) ? value : {}
  const scores = optionsOf(schema).map((option) => {
    const members = Object.entries(membersOf(option))
    const marks = members.map(([name, part]): number => {
      if (!(name in given)) return requires(option, name) ? -1 : 0
      const [constant] = 'const' in part ? valuesOf(part) : [given[name]]
      return constant === given[name] ? 1 : -10
    })
    return marks.reduce((sum, mark) => sum + mark, 0)
  })
  return scores.indexOf(Math.max(...scores))
}

/** What JSON text says; undefined where it is none. */
export function valueOf(json: string): unknown {
  return isJson(json) ? JSON.parse(json) : undefined
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
