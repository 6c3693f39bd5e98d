import type { Message } from '../../core/store.ts'

/** What is kept of notices until somebody acknowledges them, by user; survives restarts (L12). */
export interface Inbox {
  /** Acknowledges notices by message id; ids that are not pending for the user are no fault. */
  acknowledge(acks: readonly { readonly user: string; readonly id: string }[]): Promise<void>
  /** Acknowledges everything up to a sequence (L13). */
  acknowledgeUpTo(user: string, sequence: number): Promise<void>
  /** The sequences that wait for an acknowledgement and were recorded at or after `since` (epoch ms), rising, at most the newest 200; and the newest sequence there is. */
  pending(
    user: string,
    since: number,
  ): Promise<{ readonly sequences: readonly number[]; readonly head: number }>
  /** Drops notices recorded before `since` and marks those that are due as told once more; answers them in order, at most `limit`. Times in epoch ms. */
  due(args: {
    readonly now: number
    /** Told last at or before `now - after`. */
    readonly after: number
    /** At most so often. */
    readonly times: number
    readonly since: number
    readonly limit: number
  }): Promise<readonly Message[]>
  /** How many notices wait, for everybody. */
  count(): Promise<number>
}
