import type { Wire, WireCommand, WireFrame } from '../core/wire.ts'
import { hoisted } from './hoisted.ts'
import { jsonSchema, type JsonSchema } from './json-schema.ts'

/** Who sends a frame. */
export type Side = 'client' | 'server'

/** A frame in a document. */
export interface AsyncapiMessage {
  readonly name: string
  readonly summary: string
  readonly description: string
  readonly contentType: string
  readonly payload: JsonSchema
  readonly examples: readonly { readonly payload: unknown }[]
  readonly correlationId?: JsonSchema
}

/** A wire as plain JSON: its schemas told as JSON Schemas, so that nothing of what made them is needed any more. */
export interface ToldWire extends Omit<Wire, 'query' | 'client' | 'server'> {
  readonly query: JsonSchema
  /** By `client.` or `server.` and the name of the frame. */
  readonly messages: Readonly<Record<string, AsyncapiMessage>>
  /** Parts of messages that have a name. */
  readonly schemas: Readonly<Record<string, JsonSchema>>
  /** By name of the command, which frames answer it. */
  readonly answers: Readonly<Record<string, readonly string[]>>
}

/** Tells a wire. Throws where two named parts of its schemas differ. */
export function toldWire({ query, client, server, ...wire }: Wire): ToldWire {
  const schemas: Record<string, JsonSchema> = {}
  return {
    ...wire,
    query: jsonSchema(query, 'input'),
    messages: {
      ...messagesOf('client', client, wire.refusal?.id, schemas),
      ...messagesOf('server', server, wire.refusal?.id, schemas),
    },
    schemas,
    answers: Object.fromEntries(
      Object.entries(client).map(([name, { answers = [] }]: [string, WireCommand]) => {
        return [name, [...answers, ...(wire.refusal === null ? [] : [wire.refusal.frame])]]
      }),
    ),
  }
}

function messagesOf(
  side: Side,
  frames: Readonly<Record<string, WireFrame>>,
  id: string | undefined,
  schemas: Record<string, JsonSchema>,
): Record<string, AsyncapiMessage> {
  return Object.fromEntries(
    Object.entries(frames).map(([name, { means, frame, examples }]) => {
      const text = examples.every((example) => typeof example === 'string')
      const message: AsyncapiMessage = {
        name,
        summary: firstSentence(means),
        description: means,
        contentType: text ? 'text/plain' : 'application/json',
        payload: hoisted(typed(jsonSchema(frame, 'input')) as JsonSchema, schemas),
        examples: examples.map((payload) => ({ payload })),
        ...(id !== undefined && !text && { correlationId: { location: `$message.payload#${id}` } }),
      }
      return [messageKey(side, name), message]
    }),
  )
}

/** Where a message stands in a document. */
export function messageKey(side: Side, name: string): string {
  return `${side}.${name}`
}

function firstSentence(text: string): string {
  return /^.*?[.:](?= |$)/.exec(text)?.[0].replace(/:$/, '.') ?? text
}

/** The schema with a type beside every constant: whoever generates code looks for one. */
function typed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(typed)
  if (typeof schema !== 'object' || schema === null) return schema
  const members = Object.entries(schema).map(([key, value]) => [key, typed(value)])
  const type = 'const' in schema && { type: typeof schema.const }
  return { ...type, ...Object.fromEntries(members) }
}
