import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Refusal } from '../../../src/core/errors.ts'
import { createLog } from '../../../src/core/log.ts'
import { createMetrics } from '../../../src/core/metrics.ts'
import { openSqlite } from '../../../src/storage/sqlite/client.ts'
import { crashLedger } from '../../../src/storage/sqlite/crash.ts'
import type { Audience, Person } from '../../../src/systems/crash/audience.ts'
import type { Chain } from '../../../src/systems/crash/chains.ts'
import { createGame, type Game, type GameParts } from '../../../src/systems/crash/game.ts'
import type {
  CashedOut,
  Cancelled,
  Ledger,
  Placed,
  Stake,
} from '../../../src/systems/crash/ledger.ts'
import { fakeClock } from '../../clock.ts'

/** What is said to everybody, in order: a name, what it says, and the monotonic ms since the game was set up. */
export interface Told {
  readonly what: string
  readonly data: any
  readonly at: number
}

/** How calls of the ledger go wrong: before anything is written, or after, so that only the answer is lost. */
export type Fault = 'unwritten' | 'unanswered'

type Overrides = Partial<Omit<GameParts, 'limits' | 'times'>> & {
  readonly limits?: Partial<GameParts['limits']>
  readonly times?: Partial<GameParts['times']>
  readonly dir?: string
  readonly clock?: ReturnType<typeof fakeClock>
}

/** Betting 1,000 ms, waiting 500 ms; flights rise to 2.00 in 694 ms. */
export const curve = 'exp:0.001'

/** Points of a scenario, hundredths. */
export function fixed(...points: number[]) {
  return { kind: 'fixed', points } as const
}

/** A stake in minor units. */
export function stake(slot: number, amount: number, target: number | null = null): Stake {
  return { slot, amount, target }
}

/** A game over a real ledger with a clock that moves only when told, and what it tells everybody. */
export async function deal(overrides: Overrides = {}) {
  const dir = overrides.dir ?? mkdtempSync(join(tmpdir(), 'fanfare-crash-'))
  const clock = overrides.clock ?? fakeClock(Date.UTC(2026, 0, 2, 3, 4, 5))
  const sqlite = await openSqlite({ dir, dev: true, clock, ledger: true })
  await sqlite.store.start(() => {})
  const began = clock.elapsed()
  const told: Told[] = []
  const logged: string[] = []
  const metrics = createMetrics()
  const faults = new Map<string, Fault>()
  const calls: string[] = []
  let underWay = 0
  let fails = false

  const real = crashLedger(sqlite.thread)
  /** The real one, with a count of what is under way, and with faults where a test wants them. */
  const ledger = new Proxy(real, {
    get(target, name: keyof Ledger) {
      if (name === 'fault') return () => (fails && faults.size > 0 ? 'The disk fails' : null)
      return async (...args: never[]) => {
        calls.push(name)
        underWay++
        try {
          const fault = faults.get(name) ?? faults.get('*')
          if (fault === 'unwritten') {
            await null
            throw failed()
          }
          const answer = await (target[name] as (...args: never[]) => Promise<unknown>)(...args)
          if (fault === 'unanswered') throw failed()
          return answer
        } finally {
          fails = faults.has(name) || faults.has('*')
          underWay--
        }
      }
    },
  })

  /** Frames that came and are not done: what the gateway knows. */
  const frames = new Set<{ readonly receivedAt: number; readonly done: Promise<unknown> }>()
  async function settled(before: number): Promise<void> {
    await null
    if (before > clock.elapsed()) throw new Error('Nobody waits for the future')
    const waited = [...frames].filter(({ receivedAt }) => receivedAt < before)
    await Promise.all(waited.map(({ done }) => done))
  }
  function frame<Result>(receivedAt: number, run: () => Promise<Result>): Promise<Result> {
    const running = run()
    const one = { receivedAt, done: running.catch(() => {}).then(() => void frames.delete(one)) }
    frames.add(one)
    running.catch(() => {})
    return running
  }

  const tell = (what: string) => (data: unknown) =>
    void told.push({ what, data, at: clock.elapsed() - began })
  const audience: Audience = {
    phase: tell('phase'),
    tick: (multiplier, elapsed) => tell('tick')({ multiplier, elapsed }),
    players: (changes, totals) => tell('players')({ changes, totals }),
    ended: tell('ended'),
    stats: tell('stats'),
    balance: (player, change) => tell('balance')({ player, ...change }),
    own: (player, result) => tell('own')({ player, ...result }),
  }

  const game: Game = createGame({
    ...{ ledger, clock, metrics, audience, settled, curve, onDisconnect: 'keep', grant: 100_000 },
    salting: { playable: (): Chain | null => null, used() {}, idle: () => null },
    log: createLog({ level: 'trace', format: 'json', clock, write: (line) => logged.push(line) }),
    scenario: fixed(200),
    random: () => 0.5,
    ...overrides,
    limits: {
      ...{ minBet: 1, maxBet: 1_000_000, maxProfit: 100_000_000, maxExposure: 10_000_000_000 },
      ...{ maxMultiplier: 100_000_000, decimals: 2 },
      ...overrides.limits,
    },
    times: { betting: 1_000, waiting: 500, tick: 50, window: 600_000, ...overrides.times },
  })

  /** Waits until nothing is under way any more. */
  async function quiet(): Promise<void> {
    for (let calm = 0; calm < 3; calm = underWay === 0 ? calm + 1 : 0) {
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  /** Lets time pass in steps, each with all that follows from it. */
  async function pass(ms: number, step = 5): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      clock.advance(Math.min(step, left))
      await quiet()
    }
  }
  /** Lets time pass until something is told that has not been told before. */
  async function until(what: string, is: (data: any) => boolean = () => true): Promise<any> {
    const from = told.length
    for (let step = 0; step < 20_000; step++) {
      const found = told.slice(from).find((one) => one.what === what && is(one.data))
      if (found !== undefined) return found.data
      clock.advance(1)
      await quiet()
    }
    throw new Error(`"${what}" was not told; the last was ${JSON.stringify(told.at(-1))}`)
  }

  let serial = 0
  const purses = new Map<string, Person>()
  async function player(playerId: string, grant = 100_000) {
    const { account } = await real.open(playerId, grant, clock.now())
    const person = { account, playerId, nickname: playerId, avatar: '', isAnonymous: false }
    purses.set(playerId, person)
    const wish = (body: string, { key = `m${++serial}`, at = clock.elapsed() } = {}) =>
      ({ person, key, body, receivedAt: at }) as const
    type How = { key?: string; at?: number }
    return {
      ...person,
      place: (
        stakes: readonly Stake[],
        how: How & { nextRound?: boolean } = {},
      ): Promise<Placed> => {
        const one = wish(`PLACE ${JSON.stringify(stakes)}`, how)
        const { nextRound = false } = how
        return frame(one.receivedAt, () => game.place(one, () => stakes, nextRound))
      },
      cancel: (slot: number, how: How = {}): Promise<Cancelled> => {
        const one = wish(`CANCEL ${slot}`, how)
        return frame(one.receivedAt, () => game.cancel(one, slot))
      },
      cashOut: (slot: number | null, how: How & { all?: boolean } = {}): Promise<CashedOut> => {
        const { all = false } = how
        const one = wish(`CASH_OUT ${slot} ${all}`, how)
        return frame(one.receivedAt, () => game.cashOut(one, slot, all))
      },
      balance: async () => (await real.account(playerId))!.balance,
      bets: () => game.betsOf(account),
    }
  }

  let closed = false
  /** Stops the game and closes its ledger; `ms` is how long a flight may go on. */
  async function close(ms = 0): Promise<void> {
    if (closed) return
    closed = true
    let done = false
    const stopping = game.stop(ms).finally(() => (done = true))
    while (!done) await pass(5)
    await stopping
    await sqlite.store.stop()
  }
  /** Ends as a process does that is killed: the next one finds what is on disk. */
  async function kill(): Promise<void> {
    closed = true
    await quiet()
    await sqlite.store.stop()
  }

  return {
    ...{ dir, clock, game, ledger: real, told, logged, metrics, faults, calls, player, frame },
    ...{ quiet, pass, until, close, kill, thread: sqlite.thread },
    /** Begins, and goes on to the first round's betting. */
    async start(): Promise<void> {
      await game.start()
      await quiet()
    },
    of: (what: string): any[] => told.filter((one) => one.what === what).map(({ data }) => data),
    /** Instants of what was told, ms since the game was set up. */
    times: (what: string): number[] => told.filter((one) => one.what === what).map(({ at }) => at),
    async [Symbol.asyncDispose]() {
      faults.clear()
      await close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** A game as tests have it. */
export type Dealt = Awaited<ReturnType<typeof deal>>

/** The code and message of a refusal. */
export async function refusalOf(asked: Promise<unknown>): Promise<Refusal> {
  try {
    await asked
  } catch (error) {
    if (error instanceof Refusal) return error
    throw error
  }
  throw new Error('It was not refused')
}

/** Only the code. */
export async function codeOf(asked: Promise<unknown>): Promise<string> {
  return (await refusalOf(asked)).code
}

function failed(): Refusal {
  return new Refusal('STORE_UNAVAILABLE', 'The disk fails')
}
