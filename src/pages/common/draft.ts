/** A JSON Schema, or a part of one. */
export interface Schema {
  readonly [keyword: string]: unknown
}

/** What somebody has put into a form so far; numbers, choices and raw JSON are texts until they are written. */
export type Draft =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Draft[] }
  | { readonly kind: 'object'; readonly members: Readonly<Record<string, Draft>> }
  | { readonly kind: 'choice'; readonly index: number; readonly of: Draft }

/** How a schema is asked for; `raw` where it says too little: then JSON is typed. */
type Shape = 'text' | 'number' | 'flag' | 'pick' | 'list' | 'object' | 'choice' | 'raw'

/** How a schema is asked for. */
export function shapeOf(schema: Schema): Shape {
  if (optionsOf(schema).length > 0) return 'choice'
  if (Array.isArray(schema['enum']) || 'const' in schema) return 'pick'
  const types = typesOf(schema)
  if (types.includes('string')) return 'text'
  if (types.includes('number') || types.includes('integer')) return 'number'
  if (types.includes('boolean')) return 'flag'
  if (types.includes('array') && isSchema(schema['items'])) return 'list'
  if (isSchema(schema['properties'])) return 'object'
  return 'raw'
}

/** A form in which nothing was put yet; what can have one value only has it. */
export function emptyDraft(schema: Schema): Draft {
  switch (shapeOf(schema)) {
    case 'choice':
      return { kind: 'choice', index: 0, of: emptyDraft(optionsOf(schema)[0]!) }
    case 'list':
      return { kind: 'list', items: [] }
    case 'object': {
      const members = Object.entries(membersOf(schema))
      return {
        kind: 'object',
        members: Object.fromEntries(members.map(([name, part]) => [name, emptyDraft(part)])),
      }
    }
    case 'pick': {
      const values = valuesOf(schema)
      return { kind: 'text', text: values.length === 1 ? JSON.stringify(values[0]) : '' }
    }
    default:
      return { kind: 'text', text: '' }
  }
}

/** The JSON of a draft, numbers as they were typed; null where it is left out: an optional part that is empty. */
export function jsonOf(schema: Schema, draft: Draft, required = true): string | null {
  if (!required && isEmpty(schema, draft)) return null
  switch (draft.kind) {
    case 'choice':
      return jsonOf(optionsOf(schema)[draft.index]!, draft.of, required)
    case 'list': {
      const items = schema['items'] as Schema
      return `[${draft.items.map((item) => jsonOf(items, item)).join(',')}]`
    }
    case 'object': {
      const parts = Object.entries(membersOf(schema)).flatMap(([name, part]) => {
        const member = draft.members[name]
        const json = member && jsonOf(part, member, requires(schema, name))
        return json ? [`${JSON.stringify(name)}:${json}`] : []
      })
      return `{${parts.join(',')}}`
    }
    case 'text':
      return textJson(schema, draft.text, required)
  }
}

/** Whether nothing was put into a draft; what can have one value only has it without being put there. */
function isEmpty(schema: Schema, draft: Draft): boolean {
  switch (draft.kind) {
    case 'choice':
      return isEmpty(optionsOf(schema)[draft.index]!, draft.of)
    case 'list':
      return draft.items.length === 0
    case 'object':
      return Object.entries(membersOf(schema)).every(([name, part]) => {
        const member = draft.members[name]
        return member === undefined || isEmpty(part, member)
      })
    case 'text':
      return draft.text === '' || 'const' in schema
  }
}

/** Whether an object must have a member. */
export function requires(schema: Schema, name: string): boolean {
  const { required } = schema
  return Array.isArray(required) && required.includes(name)
}

/** The schemas of the members of an object, by name. */
export function membersOf(schema: Schema): Readonly<Record<string, Schema>> {
  return (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>
}

/** What a value may be one of, by schema; empty where there is no choice. */
export function optionsOf(schema: Schema): readonly Schema[] {
  const options = schema['oneOf'] ?? schema['anyOf']
  return Array.isArray(options) ? options.filter(isSchema) : []
}

/** The values something can have; empty where any will do. */
export function valuesOf(schema: Schema): readonly unknown[] {
  if ('const' in schema) return [schema['const']]
  return Array.isArray(schema['enum']) ? schema['enum'] : []
}

function textJson(schema: Schema, text: string, required: boolean): string | null {
  const shape = shapeOf(schema)
  if (text === '') {
    if (!required) return null
    return shape === 'text' && !typesOf(schema).includes('null') ? '""' : 'null'
  }
  if (shape === 'text') return JSON.stringify(text)
  // As it was typed: parsed and written again, 1000.00 would leave as 1000.
  return isJson(text) ? text : JSON.stringify(text)
}

/** Whether a text is JSON. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function typesOf({ type }: Schema): readonly unknown[] {
  return Array.isArray(type) ? type : [type]
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null
}
