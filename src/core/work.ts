import type { LiveConnection } from './connection.ts'

/** Whose frames are not done yet, so that somebody can wait for those that came before an instant. */
export interface Work {
  /** The oldest frame of a connection that is not done arrived at `receivedAt` (monotonic ms); nothing happens when an older one is known. */
  began(connection: LiveConnection, receivedAt: number): void
  /** The oldest frame is done; the next one that is at work or waits arrived at `next`, null when there is none. */
  ended(connection: LiveConnection, next: number | null): void
  /** Resolves once no frame that came to a system before `before` (monotonic ms, not in the future) waits or is at work; whoever is in a command that came before it must not wait for it. */
  settled(system: string, before: number): Promise<void>
}

interface Waiter {
  readonly before: number
  readonly pending: Set<LiveConnection>
  readonly resolve: () => void
}

/** Nothing is at work yet. Frames that are done in the turn they came in are not told of at all. */
export function createWork(): Work {
  const oldest = new Map<LiveConnection, number>()
  const waiters = new Set<Waiter>()

  return {
    began(connection, receivedAt) {
      if (!oldest.has(connection)) oldest.set(connection, receivedAt)
    },
    ended(connection, next) {
      if (next === null) oldest.delete(connection)
      else oldest.set(connection, next)
      for (const waiter of waiters) {
        const { before, pending, resolve } = waiter
        if ((next !== null && next < before) || !pending.delete(connection)) continue
        if (pending.size > 0) continue
        waiters.delete(waiter)
        resolve()
      }
    },
    async settled(system, before) {
      // A command that is just being called counts as soon as it turns out to take longer.
      await null
      const pending = new Set<LiveConnection>()
      for (const [connection, receivedAt] of oldest) {
        if (connection.protocol.name === system && receivedAt < before) pending.add(connection)
      }
      if (pending.size === 0) return
      await new Promise<void>((resolve) => waiters.add({ before, pending, resolve }))
    },
  }
}
