import type { Ticked, Ticking } from './exchange.ts'
import { startRole } from './role.ts'
import { until } from './time.ts'

/** An exchange of the bench, in a process of its own. */
export interface Upstream {
  readonly url: string
  /** Resolves once a server has subscribed; throws when none does within 10 s. */
  heard(): Promise<void>
  /** Tells prices at an even rate; resolves when the time is over. */
  tick(ticking: Ticking): Promise<Ticked>
  stop(): Promise<void>
}

/** Starts an exchange that nobody listens to yet. */
export async function startUpstream(): Promise<Upstream> {
  const role = startRole('exchange')
  const port = await role.ask<number>('port')
  return {
    url: `http://127.0.0.1:${port}`,
    async heard() {
      const listening = async () => (await role.ask<number>('listening')) > 0
      if (!(await until(listening, 10_000))) throw new Error('No server asked for prices')
    },
    tick: (ticking) => role.ask<Ticked>('tick', ticking),
    stop: role.stop,
  }
}
