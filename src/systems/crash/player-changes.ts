import type { Person, PlayerAction, PlayerChange, Seat } from './audience.ts'

/** What happened to players and was not told yet: of each the newest, in the order in which they first changed. */
export interface PlayerChanges {
  note(action: PlayerAction, seat: Seat): void
  /** Takes out what may be told now, at most `most`. */
  take(most: number): readonly PlayerChange[]
  waiting(): number
  clear(): void
}

/** No changes yet. */
export function createPlayerChanges(): PlayerChanges {
  const changes = new Map<Person['account'], PlayerChange>()
  return {
    note: (action, seat) => void changes.set(seat.person.account, { action, seat }),
    take(most) {
      const taken: PlayerChange[] = []
      for (const [account, change] of changes) {
        if (taken.length === most) break
        taken.push(change)
        changes.delete(account)
      }
      return taken
    },
    waiting: () => changes.size,
    clear: () => changes.clear(),
  }
}
