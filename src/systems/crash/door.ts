/** Lets commands in, one after another for each account, and can be shut to have a moment in which nothing is under way. */
export interface Door {
  /** Runs a command of an account once the door is open and the commands of the account before it are done. */
  enter<Result>(account: number, command: () => Promise<Result>): Promise<Result>
  /** Lets nobody in any more; resolves when nobody is inside. */
  shut(): Promise<void>
  /** Lets those in who wait. */
  open(): void
}

/** A door that stands open. */
export function createDoor(): Door {
  const lines = new Map<number, Promise<void>>()
  let inside = 0
  let opened: Promise<void> | null = null
  let letIn = () => {}
  let emptied = () => {}

  async function enter<Result>(account: number, command: () => Promise<Result>): Promise<Result> {
    while (opened !== null) await opened
    inside++
    const before = lines.get(account)
    let leave = () => {}
    const mine = new Promise<void>((resolve) => (leave = resolve))
    lines.set(account, mine)
    try {
      if (before !== undefined) await before
      return await command()
    } finally {
      if (lines.get(account) === mine) lines.delete(account)
      leave()
      if (--inside === 0) emptied()
    }
  }

  return {
    enter,
    async shut() {
      opened ??= new Promise((resolve) => (letIn = resolve))
      if (inside > 0) await new Promise<void>((resolve) => (emptied = resolve))
    },
    open() {
      opened = null
      letIn()
    },
  }
}
