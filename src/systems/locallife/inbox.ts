import type { Message } from '../../core/store.ts'

/** Most notices that wait for one user, the newest ones (L12), and most that are told again to who comes back (L13). */
export const mostPending = 200

/** A notice in the inbox of a user, and when it was told last. */
export type Notice = readonly [user: string, sequence: number, toldAt: number]

/** Who comes, and the last sequence it knows of, null when it names none; `since` in epoch ms. */
export interface Arrival {
  readonly user: string
  readonly lastSequence: number | null
  readonly since: number
}

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
  /** What somebody who comes is told first: everything that waits and was recorded at or after `since`; with a `lastSequence`, all of that age after it, acknowledged or not (L13). A sequence of the future is none. */
  opening(arrival: Arrival): Promise<Opening>
  /** Somebody has come: what is up to `lastSequence` is acknowledged, the rest counts as told at `now` and is told again as often as is left of `times`. */
  arrived(arrival: Arrival & { readonly now: number; readonly times: number }): Promise<void>
  /** The notices recorded at or after `since` that were told last at or before `toldBefore`, oldest telling first, or after `toldAfter`, where only a clock that was set back leaves them; at most `limit`. And whether there are any that were recorded before `since`. */
  due(args: {
    readonly toldBefore: number
    readonly toldAfter: number
    readonly since: number
    readonly limit: number
  }): Promise<{ readonly notices: readonly Notice[]; readonly stale: boolean }>
  /** Marks the notices whose user is `present` as told again at `now`, for the last time when it is the one number `times`, and answers those that still wait, in order; those of `absent` users rest until somebody has `arrived`. One that was told by somebody else meanwhile is left alone. What would come after `bytes` of one user is held back, as if told at `heldAt` or few ms later. */
  retell(args: {
    readonly now: number
    readonly times: number
    readonly present: readonly Notice[]
    readonly absent: readonly Notice[]
    readonly bytes: number
    readonly heldAt: number
  }): Promise<readonly Message[]>
  /** Drops some of the notices that were recorded before `since`; answers whether there are more. */
  expire(since: number): Promise<boolean>
  /** How often a notice that waits for a user was told again, and when it was told last (epoch ms), null once it rests; null when it does not wait. */
  pending(
    user: string,
    id: string,
  ): Promise<{ readonly attempts: number; readonly toldAt: number | null } | null>
  /** How many notices wait, for everybody. */
  count(): Promise<number>
}
