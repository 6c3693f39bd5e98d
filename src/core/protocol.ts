import * as v from 'valibot'
import type { Connection } from './connection.ts'
import { Refusal, type CloseReason, type ErrorCode } from './errors.ts'
import type { Query } from './query.ts'
import type { Rate } from './limiter.ts'
import type { Message } from './store.ts'

/** Something that is there at once where it can be: waiting for a promise costs a turn. */
export type MaybePromise<T> = T | Promise<T>
/** Encoded bytes, or text that is sent as UTF-8. */
export type Frame = string | Uint8Array<ArrayBuffer>

/** What a client asked before there is a connection. */
export interface Handshake {
  /** As it was asked; for systems whose paths do not mean the same. */
  readonly url: string
  readonly query: Query
  readonly headers: Headers
  /** Parts of the path, e.g. `channel` of `/ws/:channel`. */
  readonly params: Readonly<Record<string, string>>
  /** The client's address, behind trusted proxies the one they saw. */
  readonly address: string
}

/** Who a connection is: what `authenticate` found out, or `identify` later. */
export interface Identity {
  /** Limits and "end this user's connections" go by it; without it they go by connection. */
  readonly user?: string
  /** Epoch ms after which the connection is closed with 4401. */
  readonly expiresAt?: number
}
/** What a handshake is let in as. */
export interface Accepted<Session> extends Identity {
  readonly session: Session
  /** Which shape of the messages this connection reads; `''` is the default one. */
  readonly dialect?: string
}

/** A frame once it is read: what is wanted, under which id, and when it arrived (monotonic ms). */
export interface Request {
  readonly id: string | null
  readonly name: string
  readonly data: unknown
  readonly receivedAt: number
}

/** Frames in and out. `null`: this protocol has nothing to say in that case. */
export interface Codec {
  /** Reads a frame; throws a Refusal for what is not one. Text nested deeper than 32 gets here only where frames are `lenient`. */
  decode(frame: string): Omit<Request, 'receivedAt'>
  /** No frame is a bad one: binary ones are read as text, and nobody minds how deep a text is nested, since nothing parses it. */
  readonly lenient?: true
  message(message: Message, dialect: string): Frame
  /** Frames tell the version of their channel: a message of several channels has a frame for each, and who listens to several of them gets each. */
  readonly versioned?: true
  reply(request: Request, data: unknown): Frame | null
  refusal(refusal: Refusal, request: Request | null, at: number): Frame | null
}

/** How a protocol stays alive; all times in ms. */
export interface Heartbeat {
  /** Silence after which a connection is closed with 4408. */
  readonly timeout: number
  /** What ends the silence: anything that arrives, or only what the system marks with `connection.alive()`. */
  readonly counts: 'any' | 'ping'
  readonly ping?: { readonly interval: number; send(connection: Connection): void }
  /** Frame sent right before the close. */
  readonly farewell?: string
}

/** One command: the shape of its data, the rate it counts for, what it does. What it returns is the reply. */
export interface Command<Session> {
  readonly rate: string
  /** What `parse` goes by, for documents. */
  readonly schema?: v.GenericSchema
  /** The data in domain units, or why its shape is refused. */
  parse(data: unknown): { ok: true; data: unknown } | { ok: false; refusal: Refusal }
  /** Whether this client may ask it at all: judged after the shape and before the rate. */
  admit?(connection: Connection<Session>): Refusal | null
  run(connection: Connection<Session>, data: never, request: Request): MaybePromise<unknown>
}

/** What a command says of itself beside its shape. */
export interface CommandOptions<Session> extends Pick<Command<Session>, 'admit'> {
  /** `other` when absent. */
  readonly rate?: string
  /** The refusal of data that does not fit; INVALID_REQUEST when absent. */
  readonly code?: ErrorCode
}

/** Ties a handler to the shape of its data and its rate. */
export function command<Session, Schema extends v.GenericSchema>(
  schema: Schema,
  { rate = 'other', code = 'INVALID_REQUEST', admit }: CommandOptions<Session>,
  run: (
    connection: Connection<Session>,
    data: v.InferOutput<Schema>,
    request: Request,
  ) => MaybePromise<unknown>,
): Command<Session> {
  return {
    rate,
    schema,
    parse(data) {
      const parsed = v.safeParse(schema, data)
      return parsed.success
        ? { ok: true, data: parsed.output }
        : { ok: false, refusal: shapeRefusal(parsed.issues, code) }
    },
    ...(admit !== undefined && { admit }),
    run,
  }
}

/** An object of which nobody looks at what is in it: to look at each of a megabyte of members holds everybody up. */
export const AnyObject = v.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === 'object' && value !== null,
  'Expected an object',
)

/** The data in domain units; refuses with `code` what does not fit, the path of each fault behind `prefix`. */
export function shaped<Schema extends v.GenericSchema>(
  schema: Schema,
  data: unknown,
  code?: ErrorCode,
  prefix?: string,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, data)
  if (!parsed.success) throw shapeRefusal(parsed.issues, code, prefix)
  return parsed.output
}

/** Tells the first faults of a shape, each with the path of its field. */
export function shapeRefusal(
  issues: readonly v.BaseIssue<unknown>[],
  code: ErrorCode = 'INVALID_REQUEST',
  prefix = '',
): Refusal {
  const details = issues.slice(0, 10).map((issue) => ({
    path: cut([prefix, v.getDotPath(issue)].filter(Boolean).join('.')),
    message: cut(told(issue)),
  }))
  const first = details[0]
  const message = first?.path ? `${first.path}: ${first.message}` : (first?.message ?? 'Invalid')
  return new Refusal(code, message, details)
}

/** The words of an issue, without those that only its library needs. */
function told({ kind, received, message }: v.BaseIssue<unknown>): string {
  if (kind === 'schema' && received === 'undefined') return 'Missing'
  return message
    .replace(/^Invalid length: Expected <=/, 'Expected a length of at most ')
    .replace(/^Invalid length: Expected >=/, 'Expected a length of at least ')
    .replace(/^Invalid length: Expected /, 'Expected a length of ')
    .replace(/^Invalid (?:type|value): /, '')
    .replace(/^(Expected .*) but received /, '$1, got ')
}

/** A fault quotes what it was given, and that may be a megabyte long. */
const longestWords = 200

function cut(text: string): string {
  return text.length > longestWords ? `${text.slice(0, longestWords).toWellFormed()}…` : text
}

/** One wire protocol: all the core needs to serve its clients. */
export interface Protocol<Session> {
  /** `jive`: prefix of its channels, logs and metrics. */
  readonly name: string
  /** `own` paths hold only on listeners that serve this system alone. */
  readonly paths: { readonly shared: readonly string[]; readonly own: readonly string[] }
  readonly codec: Codec
  readonly heartbeat: Heartbeat
  /** Rates by name; `other` is for unknown commands and bad frames. */
  readonly rates: Readonly<Record<string, Rate>> & { readonly other: Rate }
  readonly commands: ReadonlyMap<string, Command<Session>>
  /** How many requests beyond their rate a user (without one: a connection) may be refused before the one who asks on is closed with 4429; without end when absent. */
  readonly patience?: Rate
  /** Who is this? Throw a Refusal to answer the handshake with its status. */
  authenticate(handshake: Handshake): MaybePromise<Accepted<Session>>
  /** Runs before the first command; what is subscribed here is there when it resolves. */
  opened?(connection: Connection<Session>): MaybePromise<void>
  closed?(connection: Connection<Session>): void
  /** Judges an open connection again after what it rests on has changed (`Channels.review`); closes it when it may not stay. */
  review?(connection: Connection<Session>): MaybePromise<void>
  /** How a refused handshake is answered; `{code, message, details}` when absent. */
  refused?(refusal: Refusal): Response
  /** What a connection is closed with once its identity has expired; `unauthorized` when absent. */
  readonly expired?: CloseReason
  /** Called right before a connection whose identity has expired is closed, for what it is still to be told. */
  expiring?(connection: Connection<Session>): void
  /** Bytes of the largest frame of a client, where it is less than what the server takes; a larger one is closed with 1009. */
  readonly maxFrame?: number
  /** Long frames are deflated for clients that offer it. */
  readonly compression?: boolean
}
