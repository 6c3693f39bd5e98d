import type { Counted } from './latency.ts'

/** What clients are told: messages with a stamp, notices with an id each, to be acknowledged, prices, which they ask for with a `ping` now and then, or what players of crash are told. */
export type Kind = 'messages' | 'notices' | 'prices' | 'players'

/** Where the clients of a process connect to, and how many handshakes may be under way at once. */
export interface Opening {
  readonly host: string
  readonly port: number
  readonly paths: readonly string[]
  /** The server sends a frame of its own when the connection is ready. */
  readonly greeting: boolean
  readonly window: number
  readonly kind: Kind
}

/** How the handshakes went; `failed` counts by HTTP status, `lost` for none. */
export interface Opened {
  readonly ready: number
  readonly failed: Readonly<Record<string, number>>
  readonly handshakes: Counted
}
