import type { GenericSchema } from 'valibot'
import type { CloseReason, ErrorCode } from './errors.ts'

/** One kind of frame as it crosses the wire, for whoever writes a client; texts are Markdown. */
export interface WireFrame {
  /** When it comes and what it means; the first sentence stands alone in lists. */
  readonly means: string
  /** The whole frame: JSON, or text where `examples` are texts. */
  readonly frame: GenericSchema
  /** Whole frames, at least one. */
  readonly examples: readonly unknown[]
}

/** A frame that clients send. */
export interface WireCommand extends WireFrame {
  /** Names of the frames that answer it to the one who asked, other than a refusal. */
  readonly answers?: readonly string[]
}

/** What each code means to a client, and what helps. */
export type Meanings<Name extends string> = Readonly<Partial<Record<Name, string>>>

/** Everything a client of a protocol sends and gets, told by the schemas themselves; what all protocols share is not repeated here. */
export interface Wire {
  readonly title: string
  /** What the protocol is for and how a client lives with it. */
  readonly about: string
  /** What a client has to show when it connects, and where; without any the protocol is public. */
  readonly credentials: readonly Credential[]
  /** Parameters of the query of a handshake besides the token: an object schema. */
  readonly query: GenericSchema
  /** Parts of its paths, with their meaning and an example each. */
  readonly params: Readonly<Record<string, readonly [means: string, example: string]>>
  /** What else than its own paths say: which clients each is for. */
  readonly paths?: Readonly<Record<string, string>>
  /** What a refused handshake is answered with, in a word. */
  readonly refused: string
  /** Refusals of a handshake besides those of every protocol. */
  readonly handshake: Meanings<ErrorCode>
  /** By name of the command, as the codec reads it. */
  readonly client: Readonly<Record<string, WireCommand>>
  readonly server: Readonly<Record<string, WireFrame>>
  /** Which frame refuses, with which codes, and where in frames the id of the request is (JSON pointer); null: nothing is refused. */
  readonly refusal: {
    readonly frame: string
    readonly codes: Meanings<ErrorCode>
    readonly id?: string
  } | null
  /** How the server pings, each `{interval}`, and what it takes for a sign of life. */
  readonly alive: string
  /** Closes besides those of every protocol, or that mean something else here; null: not here. */
  readonly closes: Readonly<Partial<Record<CloseReason, string | null>>>
}

/** Where a client may show who it is. */
export type Credential = 'query' | 'header' | 'frame'

/** Refusals that the core itself has for the frames of any protocol. */
export const commonRefusals: Meanings<ErrorCode> = {
  BAD_FRAME: 'Not a frame of this protocol; the tenth within a minute ends the connection',
  UNKNOWN_COMMAND: 'No such command; they are case sensitive',
  RATE_LIMITED: 'More than the rate allows: wait',
  STORE_UNAVAILABLE: 'The store cannot answer now: try again',
  OVERLOADED: 'The server cannot answer now: try again',
  INTERNAL_ERROR: 'A fault of the server',
}
