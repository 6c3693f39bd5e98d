import type { Clock } from './clock.ts'
import type { LiveConnection } from './connection.ts'
import type { Registry } from './registry.ts'

/** What systems have to end before their connections are closed, by name of the system. */
export type Endings = ReadonlyMap<string, Promise<void>>

/** Lets connections go, each once it has read what it was told. */
export interface Drain {
  /** Closes everybody within `ms`: those of a system that has something to end once it has, or when time is up. */
  closeAll(ms: number, endings: Endings): Promise<void>
  /** A pong has come, with what its ping said. */
  pong(connection: LiveConnection, said: Buffer): void
}

/** What the ping says whose pong we close upon. */
const goodbye = 'bye'
/** At most between two looks at who is left. */
const stepMs = 100
/** For the answers to the last close frames, out of the whole time. When the process is gone before them, the kernel resets the connection of whoever says anything, and with it goes what was on its way. */
const answerMs = 500
const answerShare = 1 / 20

/**
 * A drain for all connections of a gateway. Megabytes may lie in the kernel for a reader that looks idle here,
 * and are lost when it says something after our end. So everybody is pinged first: the pong says that everything
 * before was read, and only then, and after the answers to its commands, comes the close.
 */
export function createDrain(registry: Registry, clock: Clock): Drain {
  const asked = new Set<LiveConnection>()
  /** Who has read everything, but has a command at work. */
  const busy = new Set<LiveConnection>()

  function ask(connection: LiveConnection): void {
    if (asked.has(connection)) return
    asked.add(connection)
    connection.ping(goodbye)
  }

  function closeIdle(connection: LiveConnection): void {
    if (connection.work !== null && connection.closing === null) return void busy.add(connection)
    busy.delete(connection)
    connection.close('restarting')
  }

  /** Asks them in even steps over the first half of `ms`, the second half is for who reads slowly. */
  async function closeThese(
    ms: number,
    meant: (connection: LiveConnection) => boolean,
  ): Promise<void> {
    const began = clock.elapsed()
    const step = Math.min(stepMs, ms / 100)
    const first = [...registry].filter(meant)
    let done = 0
    for (;;) {
      const left = [...registry].filter(meant)
      const spent = clock.elapsed() - began
      if (left.length === 0) return
      if (spent >= ms) return left.forEach((connection) => connection.close('restarting'))
      const due = Math.ceil((first.length * (spent + step)) / (ms / 2))
      // A few need no spreading: one each step at least.
      const next = Math.max(due, done + 1)
      first.slice(done, next).forEach(ask)
      done = next
      // Who was still in the door when it was shut.
      if (spent >= ms / 2) left.forEach(ask)
      busy.forEach(closeIdle)
      await pause(clock, step)
    }
  }

  return {
    async closeAll(ms, endings) {
      const anybody = registry.size > 0
      const answers = Math.min(answerMs, ms * answerShare)
      const most = ms - answers
      const until = clock.elapsed() + most
      const free = closeThese(most, ({ protocol }) => !endings.has(protocol.name))
      const bound = [...endings].map(async ([name, ended]) => {
        await Promise.race([ended, pause(clock, most)])
        const left = Math.max(0, until - clock.elapsed())
        await closeThese(left, ({ protocol }) => protocol.name === name)
      })
      await Promise.all([free, ...bound])
      if (anybody && answers > 0) await pause(clock, answers)
    },
    pong(connection, said) {
      if (asked.has(connection) && String(said) === goodbye) closeIdle(connection)
    },
  }
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}
