/** What the bench's own processes say to each other over the pipe that spawning gives them. */
interface Order {
  readonly id: number
  readonly order: string
  readonly args: unknown
}
type Answer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly fault: string }
  | { readonly news: unknown }

/** What a process of the bench can be. */
export type RoleName = 'client' | 'bare' | 'exchange'

/** A process of the bench, seen from the one that started it. */
export interface Role {
  readonly pid: number
  /** Has an order carried out there; rejects with the fault it met, or when the process has ended. */
  ask<Result>(order: string, args?: unknown): Promise<Result>
  /** Gets what the process tells unasked. */
  onNews(hear: (news: never) => void): void
  stop(): Promise<void>
}

/** The command line of this very program, from source or compiled, with other arguments. */
export function selfCommand(...args: string[]): string[] {
  return Bun.isStandaloneExecutable
    ? [process.execPath, ...args]
    : [process.execPath, Bun.main, ...args]
}

/** Starts a process of the bench in a role of its own. */
export function startRole(role: RoleName): Role {
  const waiting = new Map<number, PromiseWithResolvers<never>>()
  let hear: (news: never) => void = () => {}
  let orders = 0
  let ended = false
  const child = Bun.spawn(selfCommand('bench', 'worker', role), {
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc(answer: Answer) {
      if ('news' in answer) return hear(answer.news as never)
      const wait = waiting.get(answer.id)
      waiting.delete(answer.id)
      if ('fault' in answer) wait?.reject(new Error(answer.fault))
      else wait?.resolve(answer.result as never)
    },
    onExit(_, code) {
      ended = true
      for (const wait of waiting.values()) wait.reject(new Error(`The ${role} ended (${code})`))
    },
  })
  return {
    pid: child.pid,
    async ask(order, args) {
      if (ended) throw new Error(`The ${role} has ended`)
      const wait = Promise.withResolvers<never>()
      const id = orders++
      waiting.set(id, wait)
      child.send({ id, order, args } satisfies Order)
      return wait.promise
    },
    onNews: (listener) => void (hear = listener),
    async stop() {
      if (!ended) child.kill()
      await child.exited
    },
  }
}

/** Carries out orders in a role's process until the one that started it is gone. */
export function takeOrders(orders: Readonly<Record<string, (args: never) => unknown>>): void {
  process.on('disconnect', () => process.exit(0))
  process.on('message', async ({ id, order, args }: Order) => {
    try {
      const run = orders[order]
      if (run === undefined) throw new Error(`Unknown order "${order}"`)
      tell({ id, result: await run(args as never) })
    } catch (error) {
      tell({ id, fault: error instanceof Error ? error.message : String(error) })
    }
  })
}

/** Tells the process that started this one something unasked. */
export function tellNews(news: unknown): void {
  tell({ news })
}

function tell(answer: Answer): void {
  process.send?.(answer)
}
