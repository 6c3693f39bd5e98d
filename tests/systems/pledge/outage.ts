import { expect } from 'bun:test'
import { kucoin } from '../../../src/systems/pledge/kucoin.ts'
import { pledge, type PledgeOptions } from '../../../src/systems/pledge/pledge.ts'
import type { Clock, Stop } from '../../../src/core/clock.ts'
import type { Exchange } from '../../../src/systems/pledge/exchange.ts'
import type { Plug } from '../../../src/systems.ts'
import { fakeClock, type FakeClock } from '../../clock.ts'
import { start, type Fixture, type TestClient } from '../../fixture.ts'
import type { FaultName } from '../../simulators/exchange-faults.ts'
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
  /** Waits until the server has this price, while no fake time passes. */
  arrived(price: string): Promise<void>
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
  const attempts: Attempt[] = []
  const plug: Plug = (host, _, config) => [
    pledge(host, {
      symbols: setting.symbols ?? [symbol],
      exchange: watched(kucoin({ url: exchange.url, clock, random }), {
        clock,
        exchange,
        attempts,
      }),
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

  /** The sockets have their turn; a new attempt gets as far as it can, however busy this machine is. */
  async function turns(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
    const newest = attempts.at(-1)
    const began = performance.now()
    while (newest?.open && !held(newest, exchange) && performance.now() - began < 2_000) {
      await Bun.sleep(1)
    }
    if (newest) newest.open = false
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
    async arrived(price) {
      const began = performance.now()
      while ((await self.quote()).price !== price) {
        if (performance.now() - began > 20_000) throw new Error(`"${price}" did not arrive`)
        await Bun.sleep(1)
      }
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

/** A connection that the connector has begun to open. */
interface Attempt {
  readonly at: number
  /** Tokens asked for and sockets there had been. */
  readonly asked: number
  readonly connects: number
  /** Nothing has come of it yet. */
  open: boolean
}

/** Whether an attempt hangs where a fault of the exchange keeps it. */
function held({ asked, connects }: Attempt, exchange: SimulatedExchange): boolean {
  const has = (name: FaultName) => exchange.faults.has(name)
  if (has('token-hang') || has('token-huge')) return exchange.asked > asked
  const mute = has('no-welcome') || has('late-welcome') || has('no-ack') || has('stall')
  return mute && exchange.connects.length > connects
}

/** Waits until a client has read all that was sent to it before now; its frames stay where they are. */
export async function caughtUp(client: TestClient): Promise<void> {
  const pong = '{"code":1,"data":"pong"}'
  client.send('ping')
  await client.until(() => client.frames.includes(pong), 'pong')
  client.frames.splice(client.frames.indexOf(pong), 1)
}

/** Notes each attempt at the exchange, and whether it has come to something. */
function watched(
  of: Exchange,
  parts: { clock: Clock; exchange: SimulatedExchange; attempts: Attempt[] },
): Exchange {
  const { clock, exchange, attempts } = parts
  return {
    name: of.name,
    open(symbols, hearing) {
      const { asked, connects } = exchange
      const attempt = { at: clock.elapsed(), asked, connects: connects.length, open: true }
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
