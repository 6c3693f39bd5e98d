import type { Clock } from './clock.ts'
import type { LiveConnection } from './connection.ts'
import type { Registry } from './registry.ts'

const steps = 50

/** What systems have to end before their connections are closed, by name of the system. */
export type Endings = ReadonlyMap<string, Promise<void>>

/** Closes everybody within `ms`: those of a system that has something to end once it has, or when time is up. */
export async function closeAll(
  registry: Registry,
  clock: Clock,
  ms: number,
  endings: Endings,
): Promise<void> {
  const until = clock.elapsed() + ms
  const free = closeThese(registry, clock, ms, ({ protocol }) => !endings.has(protocol.name))
  const bound = [...endings].map(async ([name, ended]) => {
    await Promise.race([ended, pause(clock, ms)])
    const left = Math.max(0, until - clock.elapsed())
    await closeThese(registry, clock, left, ({ protocol }) => protocol.name === name)
  })
  await Promise.all([free, ...bound])
}

/** Closes them in even steps over the first half of `ms`; who has unread bytes keeps the second half to read them. */
async function closeThese(
  registry: Registry,
  clock: Clock,
  ms: number,
  meant: (connection: LiveConnection) => boolean,
): Promise<void> {
  const everybody = () => [...registry].filter(meant)
  const now = everybody()
  const perStep = Math.ceil(now.length / steps)
  for (let from = 0; from < now.length; from += perStep) {
    if (from > 0) await pause(clock, ms / 2 / steps)
    now.slice(from, from + perStep).forEach(closeIfRead)
  }
  for (let step = 0; step < steps; step++) {
    everybody().forEach(closeIfRead)
    if (everybody().length === 0) return
    await pause(clock, ms / 2 / steps)
  }
  for (const connection of everybody()) connection.close('restarting')
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => void clock.after(ms, resolve))
}

/** What was sent before a close must leave first: a process that ends right after it would lose the rest. */
function closeIfRead(connection: LiveConnection): void {
  if (connection.socket?.getBufferedAmount() === 0) connection.close('restarting')
}
