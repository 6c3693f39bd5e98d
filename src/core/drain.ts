import type { Clock } from './clock.ts'
import type { LiveConnection } from './connection.ts'
import type { Registry } from './registry.ts'

const steps = 50

/** Closes everybody in even steps over the first half of `ms`; who has unread bytes keeps the second half to read them. */
export async function closeAll(registry: Registry, clock: Clock, ms: number): Promise<void> {
  const pause = (time: number) => new Promise<void>((resolve) => clock.after(time, resolve))
  const everybody = [...registry]
  const perStep = Math.ceil(everybody.length / steps)
  for (let from = 0; from < everybody.length; from += perStep) {
    if (from > 0) await pause(ms / 2 / steps)
    everybody.slice(from, from + perStep).forEach(closeIfRead)
  }
  for (let step = 0; step < steps && registry.size > 0; step++) {
    for (const connection of [...registry]) closeIfRead(connection)
    if (registry.size > 0) await pause(ms / 2 / steps)
  }
  for (const connection of [...registry]) connection.close('restarting')
}

/** What was sent before a close must leave first: a process that ends right after it would lose the rest. */
function closeIfRead(connection: LiveConnection): void {
  if (connection.socket?.getBufferedAmount() === 0) connection.close('restarting')
}
