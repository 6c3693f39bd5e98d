import { expect } from 'bun:test'
import { kucoin } from '../../../src/systems/pledge/kucoin.ts'
import { pledge, type PledgeOptions } from '../../../src/systems/pledge/pledge.ts'
import type { Clock, Stop } from '../../../src/core/clock.ts'
import type { Exchange } from '../../../src/systems/pledge/exchange.ts'
import type { Plug } from '../../../src/systems.ts'
import { fakeClock, type FakeClock } from '../../clock.ts'
import { start, type Fixture, type TestClient } from '../../fixture.ts'
import { seeded } from '../../simulators/exchange-market.ts'
import {
  startExchange,
  type ExchangeOptions,
  type SimulatedExchange,
} from '../../simulators/exchange.ts'

export const symbol = 'PLGR-USDT'

/** A whole server whose prices come over the real connector from a simulated exchange. */
export interface Outage extends AsyncDisposable {
  readonly exchange: SimulatedExchange
  readonly clock: FakeClock
  readonly server: Fixture
  /** Timers of the server and the exchange that wait at the moment. */
  readonly timers: number
  /** Lets fake time pass, in steps in which the sockets have their turn. */
  pass(ms: number, step?: number): Promise<void>
  /** Passes until it holds, for at most that long; the ms it took. */
  until(ready: () => boolean | Promise<boolean>, most: number, what: string): Promise<number>
  /** Tells a price nobody has seen yet. */
  tell(): string
  /** Every price that was told. */
  readonly told: ReadonlySet<string>
  /** Whether the server's last price is this one. */
  has(price: string): Promise<boolean>
  quote(): Promise<{ price: string | null; at: unknown; age_ms: number | null; stale: boolean }>
  /** Status of /readyz and what it says of pledge. */
  readyz(): Promise<{ status: number; pledge: string }>
  /** A number of /metrics, by its name without the prefix; of several series the first. */
  metric(name: string): Promise<number>
  listen(): Promise<TestClient>
  /** Most attempts of the connector within any minute: each asks for a token. */
  busiestMinute(): number
}

interface Setting extends Partial<Pick<PledgeOptions, 'symbols' | 'required' | 'staleAfter'>> {
  /** Of the exchange's prices and of the connector's chance. */
  readonly seed?: number
  readonly exchange?: ExchangeOptions
  /** Is done with the exchange before the server starts. */
  readonly before?: (exchange: SimulatedExchange) => void | Promise<void>
}

/** Starts both on one fake clock; nothing waits until they have met. */
export async function open(setting: Setting = {}): Promise<Outage> {
  const { seed = 1 } = setting
  const random = seeded(seed)
  const { clock, waiting } = countTimers(fakeClock(Date.UTC(2026, 0, 2, 3, 4, 5)))
  const exchange = await startExchange({ clock, seed, ...setting.exchange })
  await setting.before?.(exchange)
  const attempts: { at: number; open: boolean }[] = []
  const plug: Plug = (host, _, config) => [
    pledge(host, {
      symbols: setting.symbols ?? [symbol],
      exchange: watched(kucoin({ url: exchange.url, clock, random }), clock, attempts),
      // Who listens here sends no pings: fake days pass.
      timeout: 10 * 86_400_000,
      staleAfter: setting.staleAfter ?? 10_000,
      required: setting.required ?? false,
      trustedProxies: config.limits.trusted_proxies,
      random,
    }),
  ]
  const server = await start({}, { plug, clock })
  const told = new Set<string>()
  let cents = 100

  /** The sockets have their turn; a new attempt may get as far as it can. */
  async function turns(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
    const newest = attempts.at(-1)
    // An attempt at an exchange that is well comes to its end, however busy this machine is.
    const patience = exchange.well ? 2_000 : 5
    const began = performance.now()
    while (newest?.open && performance.now() - began < patience) await Bun.sleep(1)
    if (!exchange.well && newest) newest.open = false
  }

  const self: Outage = {
    exchange,
    clock,
    server,
    told,
    get timers() {
      return waiting()
    },
    async pass(ms, step = 100) {
      for (let passed = 0; passed < ms; passed += step) {
        clock.advance(Math.min(step, ms - passed))
        await turns()
      }
    },
    async until(ready, most, what) {
      for (let passed = 0; ; passed += 100) {
        if (await ready()) return passed
        if (passed >= most) throw new Error(`no ${what} within ${most} ms`)
        await self.pass(100)
      }
    },
    tell() {
      const price = `0.${cents++}`
      told.add(price)
      exchange.tell(symbol, price)
      return price
    },
    async has(price) {
      return (await self.quote()).price === price
    },
    async quote() {
      return (await server.fetch('/api/v21/price')).json() as never
    },
    async readyz() {
      const answer = await server.fetch('/readyz')
      const { checks } = (await answer.json()) as { checks: { pledge: string } }
      return { status: answer.status, pledge: checks.pledge }
    },
    async metric(name) {
      const text = await (await fetch(`${server.fanfare.internal?.url.origin}/metrics`)).text()
      const found = new RegExp(`^fanfare_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)
      if (found === null) throw new Error(`no metric ${name}`)
      return Number(found[1])
    },
    listen: () => server.connect('/pledge/ws'),
    busiestMinute() {
      const within = (from: number) => attempts.filter(({ at }) => at >= from && at < from + 60_000)
      return Math.max(0, ...attempts.map(({ at }) => within(at).length))
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await exchange.stop()
      expect(exchange.open).toBe(0)
    },
  }
  return self
}

/** Notes each attempt at the exchange, and whether it has come to something. */
function watched(of: Exchange, clock: Clock, attempts: { at: number; open: boolean }[]): Exchange {
  return {
    name: of.name,
    open(symbols, hearing) {
      const attempt = { at: clock.elapsed(), open: true }
      attempts.push(attempt)
      const link = of.open(symbols, {
        ...hearing,
        ready(silence) {
          attempt.open = false
          hearing.ready(silence)
        },
        ended(reason, retry) {
          attempt.open = false
          hearing.ended(reason, retry)
        },
      })
      return {
        close() {
          attempt.open = false
          link.close()
        },
      }
    },
  }
}

/** The same clock, and how many of its timers wait. */
function countTimers(of: FakeClock): { clock: FakeClock; waiting: () => number } {
  const waiting = new Set<object>()
  function note(arm: (run: () => void) => Stop, run: () => void, once: boolean): Stop {
    const timer = {}
    waiting.add(timer)
    const stop = arm(() => {
      if (once) waiting.delete(timer)
      run()
    })
    return () => {
      waiting.delete(timer)
      stop()
    }
  }
  const clock: FakeClock = {
    ...of,
    every: (ms, run) => note((noted) => of.every(ms, noted), run, false),
    after: (ms, run) => note((noted) => of.after(ms, noted), run, true),
  }
  return { clock, waiting: () => waiting.size }
}
