import * as v from 'valibot'
import { flattened, jsonSchema, type JsonSchema } from './json-schema.ts'

type Piping = (...parts: readonly unknown[]) => v.GenericSchema
type Part = v.GenericSchema | v.PipeItem<any, any, v.BaseIssue<unknown>>

/** How a part of a path, a query or a header is told: text, or a number where its digits are read as one. */
export function parameterSchema(entry: v.GenericSchema): {
  readonly required: boolean
  readonly schema: JsonSchema
} {
  const { wrapped, default: fallback } = entry as {
    readonly wrapped?: v.GenericSchema
    readonly default?: unknown
  }
  const number = numberOf(wrapped ?? entry)
  const schema = number === null ? jsonSchema(entry, 'input') : jsonSchema(number, 'input')
  if (number === null || typeof fallback !== 'string') {
    return { required: wrapped === undefined, schema }
  }
  return { required: false, schema: { ...schema, default: Number(fallback) } }
}

/** The number that a text is read as, with the bounds it is judged by; null for what stays text. */
function numberOf(schema: v.GenericSchema): v.GenericSchema | null {
  const parts = flattened<Part>(schema)
  const at = parts.findIndex((part) => 'operation' in part && part.operation === Number)
  if (at < 0) return null
  // All of ours are written in digits alone, so none is below zero.
  const rules = [v.integer(), v.minValue(0), ...parts.slice(at + 1)]
  return (v.pipe as unknown as Piping)(v.number(), ...rules)
}
