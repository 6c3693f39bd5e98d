import type { Message } from '../../core/store.ts'

/** Most notices that wait for one user, the newest ones (L12), and most that are told again to who comes back (L13). */
export const mostPending = 200

/** A notice in the inbox of a user, and when it was told last. */
export type Notice = readonly [user: string, sequence: number, toldAt: number]

/** What a connection is told first, and from where on everything is new. */
export interface Opening {
  /** Rising; what is recorded with a higher sequence than `head` comes on top. */
  readonly sequences: readonly number[]
  readonly head: number
  /** What the client asked for and does not get, because it is too old or too much. */
  readonly gap: { readonly from: number; readonly to: number } | null
}

/** What is kept of notices until somebody acknowledges them, by user; survives restarts (L12). Times in epoch ms. */
export interface Inbox {
  /** Drops what is acknowledged, by user and message id; what does not wait is no fault. */
  acknowledge(acks: readonly (readonly [user: string, id: string])[]): Promise<void>
  /** What a connection is told at its start: everything that waits and was recorded at or after `since`; with a `lastSequence`, all of that age after it, and what is up to it is acknowledged (L13). A sequence of the future is none. It counts as told at `now`. Works without acknowledging while nothing can be written. */
  open(args: {
    readonly user: string
    readonly lastSequence: number | null
    readonly now: number
    readonly since: number
    /** How often a notice is told again at most. */
    readonly times: number
  }): Promise<Opening>
  /** The notices that were told last at or before `toldBefore`, oldest telling first, at most `limit`; and whether there are any that were recorded before `since`. */
  due(args: {
    readonly now: number
    readonly toldBefore: number
    readonly since: number
    readonly limit: number
  }): Promise<{ readonly notices: readonly Notice[]; readonly stale: boolean }>
  /** Marks the notices whose user is `present` as told again at `now`, for the last time when it is the one number `times`, and answers those that still wait, in order; those of `absent` users rest until `open`. One that was told by somebody else meanwhile is left alone. */
  retell(args: {
    readonly now: number
    readonly times: number
    readonly present: readonly Notice[]
    readonly absent: readonly Notice[]
  }): Promise<readonly Message[]>
  /** Drops some of the notices that were recorded before `since`; answers whether there are more. */
  expire(since: number): Promise<boolean>
  /** How many notices wait, for everybody. */
  count(): Promise<number>
}
