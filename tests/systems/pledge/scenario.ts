import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Exchange, Hearing } from '../../../src/systems/pledge/exchange.ts'
import { pledge, type PledgeOptions } from '../../../src/systems/pledge/pledge.ts'
import type { Plug } from '../../../src/systems.ts'
import { fakeClock, type FakeClock } from '../../clock.ts'
import { start, type Fixture, type TestClient } from '../../fixture.ts'

/** A connection that was opened to an exchange of a test. */
export interface Opened {
  readonly symbols: readonly string[]
  readonly hearing: Hearing
  closed: boolean
}

/** An exchange that does what a test says, and the connections that were opened to it, oldest first. */
export interface TestExchange extends Exchange {
  readonly opened: Opened[]
  /** The newest connection. */
  readonly last: Opened
  /** The newest connection tells a price, with the next sequence unless one is given. */
  tell(price: string, symbol?: string, sequence?: bigint): void
}

/** The default symbol. */
export const plgr = 'PLGR-USDT'
/** Silence after which connections to it are given up, ms. */
export const silence = 36_000

export function testExchange(): TestExchange {
  const opened: Opened[] = []
  let sequence = 2n ** 60n
  return {
    name: 'test',
    opened,
    get last() {
      const last = opened.at(-1)
      if (last === undefined) throw new Error('nobody has connected')
      return last
    },
    open(symbols, hearing) {
      const link = { symbols, hearing, closed: false }
      opened.push(link)
      return { close: () => void (link.closed = true) }
    },
    tell(price, symbol = plgr, number = ++sequence) {
      this.last.hearing.alive()
      this.last.hearing.tick({ symbol, price, sequence: number })
    },
  }
}

/** A server with the system alone, and the exchange it listens to. */
export interface Floor extends AsyncDisposable {
  server: Fixture
  exchange: TestExchange
  /** Connects and waits until it listens. */
  listen(path?: string, symbol?: string): Promise<TestClient>
  tell: TestExchange['tell']
  /** What GET answers; fails when the status is not 200. */
  quote(path?: string): Promise<any>
  /** What /readyz says of the system, and its status. */
  ready(): Promise<[status: number, text: string]>
  metrics(): Promise<string>
  /** Restarts the server with an exchange nobody has connected to yet. */
  restart(): Promise<void>
}

/** Starts a server; its exchange is ready unless `ready` is false. */
export async function floor({
  ready = true,
  flags = {},
  ...options
}: Partial<PledgeOptions> & {
  ready?: boolean
  flags?: Parameters<typeof start>[0]
} = {}): Promise<Floor> {
  let exchange = testExchange()
  const plug: Plug = (host) => [
    pledge(host, {
      symbols: [plgr],
      exchange,
      timeout: 20_000,
      staleAfter: 10_000,
      required: false,
      trustedProxies: [],
      random: () => 0.5,
      ...options,
    }),
  ]
  const self: Floor = {
    server: await start(flags, { plug }),
    get exchange() {
      return exchange
    },
    async listen(path = '/api/v21/price', symbol = plgr) {
      const channel = `pledge/price:${symbol}`
      const before = self.server.listeners(channel)
      const client = await self.server.connect(path)
      await self.server.settled(() => self.server.listeners(channel) === before + 1)
      return client
    },
    tell: (...told) => exchange.tell(...told),
    async quote(path = '/api/v21/price') {
      const answer = await self.server.fetch(path)
      if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
      return answer.json()
    },
    async ready() {
      const answer = await self.server.fetch('/readyz')
      return [answer.status, ((await answer.json()) as any).checks.pledge]
    },
    async metrics() {
      return (await fetch(`${self.server.fanfare.internal?.url.origin}/metrics`)).text()
    },
    async restart() {
      exchange = testExchange()
      self.server = await self.server.restart()
    },
    async [Symbol.asyncDispose]() {
      await self.server[Symbol.asyncDispose]()
    },
  }
  if (ready && options.exchange === undefined) exchange.last.hearing.ready(silence)
  return self
}

/** A fake clock that says how many of its timers wait. */
export function countingClock(): FakeClock & { readonly waiting: number } {
  const clock = fakeClock()
  const timers = new Set<object>()
  return {
    ...clock,
    get waiting() {
      return timers.size
    },
    every(ms, run) {
      const stop = clock.every(ms, run)
      timers.add(stop)
      return () => {
        timers.delete(stop)
        stop()
      }
    },
    after(ms, run) {
      const stop = clock.after(ms, () => {
        timers.delete(stop)
        run()
      })
      timers.add(stop)
      return () => {
        timers.delete(stop)
        stop()
      }
    },
  }
}

/** Everything a client has received that was not taken, up to now: what was sent before its pong has arrived. */
export async function received(client: TestClient): Promise<string[]> {
  client.send('ping')
  const taken: string[] = []
  for (;;) {
    const frame = await client.text()
    if (frame === golden('pong')) return taken
    taken.push(frame)
  }
}

/** The frame of a price. */
export const priced = (price: string) => `{"code":0,"data":"${price}"}`

/** A sample of the wire without the white space between its tokens. */
export function golden(name: string): string {
  const text = readFileSync(join(import.meta.dir, 'golden', `${name}.json`), 'utf8')
  return text.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string: string | undefined) => string ?? '')
}
