import type { JsonSchema } from './json-schema.ts'

/** The schema with a pointer in the place of each part that has a name; the parts are put into `schemas`. Throws where two of one name differ. */
export function hoisted(schema: JsonSchema, schemas: Record<string, JsonSchema>): JsonSchema {
  const part = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(part)
    if (typeof value !== 'object' || value === null) return value
    const { title, ...rest } = value as JsonSchema
    const inner = Object.fromEntries(Object.entries(rest).map(([key, one]) => [key, part(one)]))
    if (typeof title !== 'string')
      return title === undefined ? inner : { title: part(title), ...inner }
    const known = schemas[title]
    if (known !== undefined && !Bun.deepEquals(known, inner)) {
      throw new Error(`There are two shapes with the name "${title}"`)
    }
    schemas[title] = inner
    return { $ref: `#/components/schemas/${title}` }
  }
  return part(schema) as JsonSchema
}
