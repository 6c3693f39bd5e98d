import { createHmac } from 'node:crypto'
import { Hono } from 'hono'
import { isLoopback } from '../../core/address.ts'
import type { Rate } from '../../core/limiter.ts'
import type { Host, System } from '../../system.ts'
import { createStateAnswers } from './answers.ts'
import { createBroadcast } from './broadcast.ts'
import { createCodec } from './codec.ts'
import { commands } from './commands.ts'
import { createEntrance } from './entrance.ts'
import { fairRoutes } from './fair-routes.ts'
import { createGame } from './game.ts'
import { delayed, direct, slowLine } from './latency.ts'
import { createOnline } from './online.ts'
import type { CrashOptions } from './options.ts'
import { createPurses } from './purses.ts'
import { saltSource } from './salt-source.ts'
import { createSalting } from './salts.ts'
import type { Session } from './session.ts'
import { testRoutes } from './test-routes.ts'
import { walletRoutes } from './wallet-routes.ts'
import { createWriting } from './writing.ts'

/** A multiplier game with money for everybody at once (K1–K33): rounds, purses, and the proof that no round was chosen. */
export function crash(host: Host, options: CrashOptions): System<Session> {
  const { hub, clock, verify, authorize, limiter, log, metrics } = host
  const { currency, limits, times, scenario, random, secret } = options
  const { decimals } = limits
  const channels = hub.channels('crash')
  const codec = createCodec({ decimals })
  const alias = (account: number) =>
    `anon-${createHmac('sha256', secret).update(String(account)).digest('hex').slice(0, 12)}`
  const writing = createWriting({ decimals, alias, maxProfit: limits.maxProfit })
  const slow = scenario?.kind === 'latency' ? scenario : null
  const line = () => (slow === null ? direct : slowLine(slow, { clock, random }))
  const [inward, outward] = [line(), line()]
  const broadcast = createBroadcast({ channels, clock, writing, currency, line: outward })
  const online = createOnline()
  const { ledger, balance } = createPurses({
    ledger: options.ledger,
    accountOf: online.accountOf,
    tell: broadcast.balance,
  })
  const audience = { ...broadcast, balance }
  const salting = createSalting({
    ...{ chains: options.chains, terms: options.terms, length: options.chainLength },
    ...{ source: saltSource(options.saltSource, { url: options.drandUrl, clock }), clock, log },
  })
  const game = createGame({
    ...{ ledger, salting, limits, times, scenario, random, clock, log, metrics },
    ...{ audience, onDisconnect: options.onDisconnect, grant: options.grant },
    curve: options.terms.curve,
    settled: (before) => host.settled('crash', before),
  })
  const stateAnswer = createStateAnswers(writing)
  const stateFor = ({ player }: Session) =>
    stateAnswer(game.state(), player === null ? [] : game.betsOf(player.account), clock.now())
  const entrance = createEntrance({
    ...{ verify, clock, codec, ledger, game, broadcast, online, writing, stateFor, currency },
    ...{ line: outward, grant: options.grant, maxSpectatorsPerIp: options.maxSpectatorsPerIp },
    exempt: (address) => options.dev && isLoopback(address),
  })
  const rules = { decimals, cap: limits.maxMultiplier }
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
    commands: slow === null ? all : delayed(all, { clock, codec, inward, outward }),
    ...entrance,
    channels: {
      events: { events: {}, publish: false },
      player: { events: {}, publish: false },
    },
    routes: routes(),
    checks: { crash: () => ledger.fault() ?? tolerated(game.idle()) },
    async start() {
      await salting.start()
      await game.start()
    },
    drain: stopGame,
    async stop() {
      await stopGame(0)
      await salting.stop()
    },
  }

  function routes(): Hono {
    const { sign, trustedProxies } = options
    const app = new Hono()
    const stats = game.stats
    const fair = { ledger, salting, stats, writing, clock, limiter, trustedProxies }
    app.route('/', fairRoutes(fair))
    app.route('/', walletRoutes({ ledger, audience, authorize, clock, decimals }))
    if (sign === null) return app
    const newPlayer = () => `player-${crypto.randomUUID().slice(0, 8)}`
    return app.route('/', testRoutes({ sign, limiter, trustedProxies, newPlayer }))
  }
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
