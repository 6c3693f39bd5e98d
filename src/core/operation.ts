import * as v from 'valibot'
import { errorCodes, type ErrorCode } from './errors.ts'

/** A whole number from 0 on, in an answer. */
export const Whole = v.pipe(v.number(), v.integer(), v.minValue(0))

/** An instant in an answer, epoch ms. */
export const Instant = v.pipe(Whole, v.description('Epoch ms'))

/** Gives a shape the name that it has in the documents and in the clients made from them. */
export function named<Schema extends v.GenericSchema>(title: string, schema: Schema) {
  return v.pipe(schema, v.title(title))
}

/** An object on the wire: the named parts of a path, a query, the headers. */
export type Fields = v.ObjectSchema<v.ObjectEntries, undefined>

/** One answer that is no refusal. Without a schema it has no body. */
export interface Answer {
  readonly says: string
  /** Shape of the body as it stands on the wire. */
  readonly schema?: v.GenericSchema
  readonly example?: unknown
  /** The media type, where it is not JSON. */
  readonly type?: string
}

/** A route of HTTP as the documents tell of it: what it takes by the very schemas it parses with, and what it answers. */
export interface Operation {
  readonly method: 'get' | 'put' | 'post' | 'delete'
  /** As the router has it: `/api/connections/:id`. */
  readonly path: string
  /** A name that clients are generated with. */
  readonly id: string
  /** One line. */
  readonly summary: string
  readonly description?: string
  /** What the caller must show: names of security schemes, with scopes of which any will do; absent: nothing. */
  readonly access?: Readonly<Record<string, readonly string[]>>
  readonly params?: Fields
  readonly query?: Fields
  readonly headers?: Fields
  /** A JSON body; `fields` says what some of its fields are, `optional` where none will do. */
  readonly body?: {
    readonly schema: v.GenericSchema
    readonly fields?: Readonly<Record<string, string>>
    readonly optional?: true
  }
  /** A request that can be sent as it is, once what it names is there. */
  readonly example?: {
    readonly params?: Readonly<Record<string, string>>
    readonly query?: Readonly<Record<string, string>>
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
  }
  readonly answers: Readonly<Record<number, Answer>>
  /** Codes of refusals beside those that follow from access, parameters and body. */
  readonly refusals?: readonly ErrorCode[]
  /** Statuses of codes that have another one here than elsewhere. */
  readonly statuses?: Readonly<Partial<Record<ErrorCode, number>>>
  /** Nothing is written, nor anything read from the disk unless a caller has to show something: else no refusal comes from there. */
  readonly reads?: true
  /** Only where pages are served. */
  readonly page?: true
  /** Only with --dev. */
  readonly development?: true
}

/** The operations of a system, or those of none, with what their callers show. */
export interface Description {
  readonly name: string
  readonly summary: string
  readonly operations: readonly Operation[]
  /** Security schemes of OpenAPI by name. */
  readonly schemes?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** How refusals of an operation look where it is not `{code, message, details}`. */
  readonly refused?: (operation: Operation) => Refused | null
}

/** A form that refusals have: its name, and its shape for the codes that can come. */
export interface Refused {
  readonly name: string
  readonly shape: (codes: readonly ErrorCode[]) => v.GenericSchema
}

const codes = Object.keys(errorCodes) as ErrorCode[]

/** The body of every refusal that has no form of its own: `details` of a shape fault is a list, that of a limit an object. */
export const refusalShape: Refused = {
  name: 'Refusal',
  shape: (possible) =>
    v.object({
      code: v.picklist(possible.length === 0 ? codes : possible),
      message: v.string(),
      details: v.optional(
        v.union([
          v.array(v.object({ path: v.string(), message: v.string() })),
          v.record(v.string(), v.unknown()),
        ]),
      ),
    }),
}

/** The codes that an operation can be refused with, in the order of their table. */
export function refusalsOf(operation: Operation): readonly ErrorCode[] {
  const { access, body, refusals = [], reads } = operation
  const possible = new Set<ErrorCode>([
    ...refusals,
    // Any request may be malformed: its Host header is looked at everywhere.
    'INVALID_REQUEST',
    ...(body === undefined ? [] : (['PAYLOAD_TOO_LARGE'] as const)),
    ...(access === undefined ? [] : (['UNAUTHORIZED'] as const)),
    ...(Object.values(access ?? {}).flat().length > 0 ? (['FORBIDDEN'] as const) : []),
    ...(reads === true && access === undefined
      ? []
      : (['STORE_UNAVAILABLE', 'OVERLOADED'] as const)),
    'INTERNAL_ERROR',
  ])
  return codes.filter((code) => possible.has(code))
}
