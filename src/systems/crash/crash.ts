import { Hono } from 'hono'
import { isLoopback } from '../../core/address.ts'
import type { Rate } from '../../core/limiter.ts'
import type { Host, System } from '../../system.ts'
import { createStateAnswers } from './answers.ts'
import { commands } from './commands.ts'
import { createEntrance } from './entrance.ts'
import { rulesText } from './fair-answers.ts'
import { fairRoutes } from './fair-routes.ts'
import { createGame, type Game } from './game.ts'
import { delayed } from './latency.ts'
import { createOnline } from './online.ts'
import type { CrashOptions } from './options.ts'
import { createPurses, type Purses } from './purses.ts'
import { saltSource } from './salt-source.ts'
import { createSalting, type Salting } from './salts.ts'
import type { Session } from './session.ts'
import { createSpeech, type Speech } from './speech.ts'
import { testRoutes } from './test-routes.ts'
import { walletRoutes } from './wallet-routes.ts'

/** A multiplier game with money for everybody at once (K1–K33): rounds, purses, and the proof that no round was chosen. */
export function crash(host: Host, options: CrashOptions): System<Session> {
  const { clock, verify } = host
  const { times, currency, grant, maxSpectatorsPerIp, limits } = options
  const speech = createSpeech(host, options)
  const { codec, writing, broadcast, outward } = speech
  const online = createOnline()
  const { accountOf } = online
  const purses = createPurses({ ledger: options.ledger, accountOf, tell: broadcast.balance })
  const { ledger } = purses
  const salting = saltingOf(host, options)
  const game = gameOf(host, options, { speech, purses, salting })
  const stateAnswer = createStateAnswers(writing)
  const stateFor = ({ player }: Session) =>
    stateAnswer(game.state(), player === null ? [] : game.betsOf(player.account), clock.now())
  const entrance = createEntrance({
    ...{ verify, clock, codec, ledger, game, broadcast, online, writing, stateFor, currency },
    ...{ line: outward, grant, maxSpectatorsPerIp },
    exempt: (address) => options.dev && isLoopback(address),
  })
  const rules = { decimals: limits.decimals, cap: limits.maxMultiplier }
  const all = commands({ game, entrance, broadcast, clock, writing, rules, stateFor })
  let stopping: Promise<void> | null = null

  /** A round without a bet is nobody's loss: it is not waited for. */
  function stopGame(ms: number): Promise<void> {
    return (stopping ??= game.stop(game.state().totals.staked > 0 ? ms : 0))
  }

  return {
    name: 'crash',
    paths: { shared: ['/crash/ws'], own: ['/ws'] },
    codec,
    heartbeat: {
      timeout: times.timeout,
      counts: 'any',
      ping: { interval: times.timeout / 3, send: (connection) => connection.ping() },
    },
    rates: ratesOf(options.rates),
    patience,
    commands: speech.slow ? delayed(all, { clock, ...speech }) : all,
    ...entrance,
    channels: {
      events: { events: {}, publish: false },
      player: { events: {}, publish: false, owned: true },
    },
    routes: routes(host, options, { speech, purses, salting, game }),
    glance: () => ({ ...glanceAt(game, options), promised: promisedBy(salting) }),
    checks: { crash: () => ledger.fault() ?? tolerated(game.idle()) },
    async start() {
      await salting.start()
      await game.start()
    },
    async drain(ms) {
      await stopGame(ms - farewell(ms))
      await purses.told()
    },
    async stop() {
      await stopGame(0)
      await salting.stop()
    },
  }
}

/** What everybody at the table sees, with what the house can lose; amounts in minor units. */
function glanceAt(game: Game, { currency, limits }: CrashOptions) {
  const { round, phase, multiplier, totals } = game.state()
  return {
    round: round === 0 ? '' : String(round),
    ...{ phase, multiplier, ...totals, exposure: game.exposure() },
    mostExposure: limits.maxExposure,
    ...{ currency, decimals: limits.decimals, idle: game.idle() },
  }
}

/** What the chain in play pays back of all stakes in the long run; null before there is one. */
function promisedBy(salting: Salting): number | null {
  const bps = salting.playable()?.rtpBps
  return bps === undefined ? null : bps / 10_000
}

/** Of the time that connections stay, so much is kept for giving back what is in the air, and for telling so. */
function farewell(ms: number): number {
  return Math.min(1_000, ms / 4)
}

/** What the parts of the game share. */
interface Parts {
  readonly speech: Speech
  readonly purses: Purses
  readonly salting: Salting
}

function saltingOf({ clock, log, metrics }: Host, options: CrashOptions): Salting {
  const { chains, terms, chainLength: length, saltSource: kind, drandUrl: url } = options
  return createSalting({
    chains,
    terms,
    length,
    source: saltSource(kind, { url, clock }),
    clock,
    log,
    metrics,
  })
}

function gameOf(host: Host, options: CrashOptions, { speech, purses, salting }: Parts): Game {
  const { clock, log, metrics, settled } = host
  const { limits, times, scenario, random, onDisconnect, grant, terms } = options
  const { ledger, balance } = purses
  return createGame({
    ...{
      ledger,
      salting,
      limits,
      times,
      scenario,
      random,
      clock,
      log,
      metrics,
      onDisconnect,
      grant,
    },
    curve: terms.curve,
    audience: { ...speech.broadcast, balance },
    settled: (before) => settled('crash', before),
  })
}

function routes(
  { clock, limiter, authorize }: Host,
  options: CrashOptions,
  { speech, purses, salting, game }: Parts & { readonly game: Game },
): Hono {
  const { sign, trustedProxies, limits } = options
  const { ledger } = purses
  const { decimals } = limits
  const { stats } = game
  const rules = rulesText(options)
  const { writing } = speech
  const app = new Hono()
  app.route(
    '/',
    fairRoutes({ ledger, salting, stats, rules, writing, clock, limiter, trustedProxies }),
  )
  app.route('/', walletRoutes({ ledger, audience: purses, authorize, clock, decimals }))
  if (sign === null) return app
  const newPlayer = () => `player-${crypto.randomUUID().slice(0, 8)}`
  return app.route('/', testRoutes({ sign, limiter, trustedProxies, newPlayer }))
}

/** So many refusals at once and one more each second, then the connection ends (R27). */
const patience: Rate = { perSecond: 1, burst: 20 }

/** Each may come all at once (R27). */
function ratesOf(perSecond: CrashOptions['rates']): Record<string, Rate> & { other: Rate } {
  const rates = Object.entries(perSecond).map(([name, rate]) => [
    name,
    { perSecond: rate, burst: rate },
  ])
  return Object.fromEntries(rates) as Record<string, Rate> & { other: Rate }
}

function tolerated(reason: string | null): { readonly tolerated: string } | null {
  return reason === null ? null : { tolerated: reason }
}
