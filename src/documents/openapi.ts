import { errorCodes, type ErrorCode } from '../core/errors.ts'
import {
  refusalShape,
  refusalsOf,
  type Answer,
  type Description,
  type Fields,
  type Operation,
} from '../core/operation.ts'
import { hoisted } from './hoisted.ts'
import { jsonSchema, type JsonSchema } from './json-schema.ts'
import { parameterSchema } from './parameters.ts'

/** An OpenAPI 3.1 document, as far as it is built here. */
export interface OpenApi {
  readonly openapi: string
  readonly info: JsonSchema
  readonly servers: readonly JsonSchema[]
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>
  readonly components: Readonly<Record<ComponentKind, Readonly<Record<string, JsonSchema>>>>
}

/** What is kept in one place and pointed at. */
export type ComponentKind = 'schemas' | 'responses' | 'securitySchemes'

/** One operation of a document. */
export interface ApiOperation {
  readonly operationId: string
  readonly tags: readonly [string]
  readonly summary: string
  readonly description?: string
  readonly security: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters: readonly JsonSchema[]
  readonly requestBody?: JsonSchema
  readonly responses: Readonly<Record<string, JsonSchema>>
  /** Only where pages are served. */
  readonly 'x-page'?: true
  /** Only with --dev. */
  readonly 'x-development'?: true
}

type Components = Record<ComponentKind, Record<string, JsonSchema>>

const about = `Generated from the schemas that requests are parsed with.

Every refusal has a status and a body with a \`code\` of one table; those worth waiting for have \`Retry-After\`. A body above \`limits.max_body\` is 413 without a body of its own. Fields that are not named here are ignored in requests.

What clients hear over WebSockets stands in the AsyncAPI document of each system, \`/asyncapi/{system}.json\`.`

/** The document of all operations. Throws where two shapes of one name differ, or two operations share a name or a place. */
export function openapiOf(descriptions: readonly Description[], version: string): OpenApi {
  const components: Components = { schemas: {}, responses: {}, securitySchemes: {} }
  const paths: Record<string, Record<string, ApiOperation>> = {}
  const names = new Set<string>()
  for (const description of descriptions) {
    Object.assign(components.securitySchemes, description.schemes)
    for (const operation of description.operations) {
      const { id, method, path } = operation
      const methods = (paths[pathOf(path)] ??= {})
      if (names.has(id) || methods[method] !== undefined) throw new Error(`"${id}" is there twice`)
      names.add(id)
      methods[method] = told(operation, description, components)
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Fanfare', version, description: about, license: licence },
    servers: [{ url: '/' }],
    tags: descriptions.map(({ name, summary }) => ({ name, description: summary })),
    paths,
    components,
  }
}

const licence = { name: 'Apache 2.0', identifier: 'Apache-2.0' }

/** `/a/:b` as `/a/{b}`. */
function pathOf(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}')
}

function told(operation: Operation, of: Description, components: Components): ApiOperation {
  const { id, summary, description, access, params, query, headers, body, example } = operation
  return {
    operationId: id,
    tags: [of.name],
    summary,
    ...(description !== undefined && { description }),
    security: securityOf(access),
    parameters: [
      ...parameters('path', params, example?.params),
      ...parameters('query', query, example?.query),
      ...parameters('header', headers, example?.headers),
    ],
    ...(body !== undefined && { requestBody: requestBody(body, example?.body, components) }),
    responses: { ...refusals(operation, of, components), ...answers(operation, components) },
    ...(operation.page && { 'x-page': true }),
    ...(operation.development && { 'x-development': true }),
  }
}

/** A way in for each scope; without any, all the schemes together are one. */
function securityOf(access: Operation['access']): ApiOperation['security'] {
  if (access === undefined) return []
  const ways = Object.entries(access).flatMap(([scheme, scopes]) =>
    scopes.map((scope) => ({ [scheme]: [scope] })),
  )
  return ways.length === 0 ? [access] : ways
}

function requestBody(
  { schema, fields = {}, optional }: NonNullable<Operation['body']>,
  example: unknown,
  { schemas }: Components,
): JsonSchema {
  const { properties, ...rest } = jsonSchema(schema, 'input')
  const told = Object.entries((properties ?? {}) as Record<string, JsonSchema>).map(
    ([name, one]) =>
      [name, { ...one, ...(name in fields && { description: fields[name] }) }] as const,
  )
  const shape = {
    ...rest,
    ...(properties !== undefined && { properties: Object.fromEntries(told) }),
  }
  const body = { schema: hoisted(shape, schemas), ...(example !== undefined && { example }) }
  return { required: optional !== true, content: { 'application/json': body } }
}

function parameters(
  place: 'path' | 'query' | 'header',
  fields: Fields | undefined,
  examples: Readonly<Record<string, string>> = {},
): JsonSchema[] {
  return Object.entries(fields?.entries ?? {}).map(([name, entry]) => {
    const { required, schema } = parameterSchema(entry)
    const text = examples[name]
    const example = schema['type'] === 'integer' ? Number(text) : text
    return {
      name,
      in: place,
      required: place === 'path' || required,
      schema,
      ...(text !== undefined && { example }),
    }
  })
}

function answers(operation: Operation, components: Components): Record<string, JsonSchema> {
  const all = Object.entries(operation.answers).map(([status, answer]) => {
    return [status, { description: answer.says, ...content(answer, components) }] as const
  })
  return Object.fromEntries(all)
}

function content({ schema, example, type }: Answer, components: Components): object {
  if (schema === undefined) return {}
  const shape = hoisted(jsonSchema(schema, 'output'), components.schemas)
  const body = { schema: shape, ...(example !== undefined && { example }) }
  return { content: { [type ?? 'application/json']: body } }
}

/** A response for each status that a refusal may have, kept once for all operations. */
function refusals(
  operation: Operation,
  of: Description,
  components: Components,
): Record<string, JsonSchema> {
  const statusOf = (code: ErrorCode) => operation.statuses?.[code] ?? errorCodes[code]
  const byStatus = Map.groupBy(refusalsOf(operation), statusOf)
  const form = of.refused?.(operation) ?? refusalShape
  const all = [...byStatus].map(([status, codes]) => {
    const name = [form.name, ...codes].join('.')
    components.responses[name] ??= {
      description: codes.map((code) => `\`${code}\``).join(', '),
      ...(codes.some(waits) && { headers: { 'Retry-After': retryAfter } }),
      ...content({ says: '', schema: form.shape(codes) }, components),
    }
    return [String(status), { $ref: `#/components/responses/${name}` }] as const
  })
  return Object.fromEntries(all)
}

function waits(code: ErrorCode): boolean {
  return errorCodes[code] === 429 || later.has(code)
}

const later = new Set<ErrorCode>(['OVERLOADED', 'RESTARTING', 'STORE_UNAVAILABLE'])
const retryAfter = { description: 'Seconds to wait', schema: { type: 'integer', minimum: 1 } }
