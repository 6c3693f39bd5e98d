import type { Schema } from '../common/draft.ts'
import { isObject, whole, type Named } from '../common/prefill.ts'

/** Something a client can say. */
export interface Command {
  readonly name: string
  readonly summary: string
  /** Bare text instead of JSON. */
  readonly bare: boolean
  readonly schema: Schema
  readonly examples: readonly unknown[]
  /** The field that tells answers apart, another one for each frame; null: there is none. */
  readonly correlation: string | null
}

/** What crosses the wire of a system. */
export interface Wire {
  readonly commands: readonly Command[]
  /** By type, the data of an event as an example has it. */
  readonly samples: Readonly<Record<string, unknown>>
}

/** As much of an AsyncAPI document as is needed here. */
interface Document {
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>
    readonly schemas: Named
  }
}

interface Message {
  readonly name: string
  readonly summary: string
  readonly contentType: string
  readonly payload: Schema
  readonly examples: readonly { readonly payload: unknown }[]
  readonly correlationId?: { readonly location: string }
}

/** Reads the AsyncAPI document of a system. */
export function wireOf({ components }: Document): Wire {
  const messages = Object.entries(components.messages)
  const of = (side: string) =>
    messages.filter(([key]) => key.startsWith(`${side}.`)).map(([, message]) => message)
  const samples = of('server').map(({ name, examples }) => {
    const payload = examples[0]?.payload
    return [name, isObject(payload) ? payload['data'] : undefined]
  })
  return {
    commands: of('client').map((message) => commandOf(message, components.schemas)),
    samples: Object.fromEntries(samples),
  }
}

function commandOf(message: Message, named: Named): Command {
  const { name, summary, contentType, payload, examples, correlationId } = message
  return {
    ...{ name, summary, schema: whole(payload, named) },
    bare: contentType === 'text/plain',
    examples: examples.map((example) => example.payload),
    correlation: correlationId?.location.split('#/')[1] ?? null,
  }
}

/** An example with the values that exist on this server in the fields of their names. */
export function hinted(value: unknown, hints: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((item) => hinted(item, hints))
  if (!isObject(value)) return value
  const members = Object.entries(value).map(([name, member]) => {
    const known = typeof member === 'string' && Object.hasOwn(hints, name)
    return [name, known ? hints[name] : hinted(member, hints)]
  })
  return Object.fromEntries(members)
}

/** What to call a frame in a list: its type, or the beginning of its text. */
export function nameOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) {
      for (const field of ['type', 'command', 't']) {
        if (typeof value[field] === 'string') return value[field]
      }
      if ('code' in value) return `code ${String(value['code'])}`
    }
  } catch {
    // Some systems say bare words.
  }
  return text.slice(0, 24)
}

/** An id that nobody has used yet. */
export function freshId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6))
  return `play-${[...bytes].map((byte) => byte.toString(36)).join('')}`
}
