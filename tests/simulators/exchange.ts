import { systemClock, type Clock, type Stop } from '../../src/core/clock.ts'
import { faults as known, isFault, type FaultName, type Faults } from './exchange-faults.ts'
import { createMarket, seeded, type Market } from './exchange-market.ts'
import { createSockets, type Client } from './exchange-sockets.ts'
import { createTokens } from './exchange-tokens.ts'

/** How a simulated exchange is set up; times in ms. */
export interface ExchangeOptions {
  /** Its prices, pings and lives go by it; the machine's when absent. */
  readonly clock?: Clock
  /** On 127.0.0.1; a free one when absent. */
  readonly port?: number
  /** Prices a second of each symbol, and one at once for who subscribes; 0: none but those of `tell`. */
  readonly rate?: number
  /** The symbols there are; any when absent. */
  readonly symbols?: readonly string[]
  /** The same seed, the same prices; a new walk each time when absent. */
  readonly seed?: number
  readonly pingInterval?: number
  readonly pingTimeout?: number
  /** How long a token holds, and a connection at most. */
  readonly tokenLife?: number
}

/** A KuCoin of our own: its public token and ticker protocol, with faults to be switched on. */
export interface SimulatedExchange {
  /** REST address, as `pledge.upstream_url`. */
  readonly url: string
  /** Switches a fault on, with its amount where it is a number, or off with false. */
  fault(name: FaultName, amount?: number | boolean): void
  /** No fault any more. */
  heal(): void
  /** Moves a symbol to this price, with the next sequence unless one is given, and tells it. */
  tell(symbol: string, price: string, sequence?: bigint): void
  /** The market of a symbol: its price and sequence at the moment. */
  market(symbol: string): Market
  /** Cuts every socket without a word. */
  drop(): void
  /** Refuses connections from now on; what is open is cut. */
  leave(): Promise<void>
  /** Takes connections again, on the same port. */
  comeBack(): Promise<void>
  /** What is wrong with it at the moment. */
  readonly faults: ReadonlyMap<FaultName, number>
  /** Each socket there ever was, oldest first: the token it came with, and when (monotonic ms). */
  readonly connects: readonly { readonly token: string; readonly at: number }[]
  /** How often a token was asked for. */
  readonly asked: number
  /** Sockets open at the moment. */
  readonly open: number
  /** What clients did that the exchange forbids. */
  readonly violations: readonly string[]
  stop(): Promise<void>
}

/** Starts an exchange on 127.0.0.1; also over HTTP: `GET /faults`, `POST /faults {"name","amount"?}` where amount may be false, `DELETE /faults`. */
export async function startExchange(options: ExchangeOptions = {}): Promise<SimulatedExchange> {
  const { clock = systemClock(), rate = 0, symbols, tokenLife = 86_400_000 } = options
  const { pingInterval = 18_000, pingTimeout = 10_000 } = options
  const random = options.seed === undefined ? Math.random : seeded(options.seed)
  const faults: Faults = new Map()
  const markets = new Map<string, Market>()
  const connects: { token: string; at: number }[] = []
  const violations: string[] = []

  function market(symbol: string): Market | undefined {
    const found = markets.get(symbol)
    if (found !== undefined) return found
    if (!(symbols?.includes(symbol) ?? /^[A-Z0-9]{1,20}-[A-Z0-9]{1,20}$/.test(symbol))) return
    const made = createMarket(symbol, random, clock.now())
    markets.set(symbol, made)
    return made
  }

  const violated = (what: string) => void violations.push(what)
  const tokens = createTokens({ clock, faults, pingInterval, pingTimeout, tokenLife })
  const sockets = createSockets({
    clock,
    faults,
    market,
    greets: rate > 0,
    // About a minute with the intervals of KuCoin.
    patience: 2 * (pingInterval + pingTimeout),
    life: tokenLife,
    violated,
  })

  function moveAll(): void {
    for (const one of markets.values()) {
      one.move()
      sockets.tell(one)
    }
  }

  let stopMoving: Stop = () => {}
  function pace(): void {
    stopMoving()
    const perSecond = faults.get('burst') ?? rate
    const ms = Math.max(10, 1_000 / perSecond)
    let due = 0
    if (perSecond > 0) {
      stopMoving = clock.every(ms, () => {
        for (due += (perSecond * ms) / 1_000; due >= 1; due--) moveAll()
      })
    }
  }

  function upgrade(request: Request, server: Bun.Server<Client>): Response | undefined {
    const { searchParams } = new URL(request.url)
    const token = searchParams.get('token') ?? ''
    const at = clock.elapsed()
    connects.push({ token, at })
    if (connects.filter((one) => one.at > at - 60_000).length > 30) {
      violated('too many connects')
      return new Response('Too Many Requests', { status: 429 })
    }
    const data: Client = {
      connectId: searchParams.get('connectId') ?? '',
      refused: tokens.judge(token),
      openedAt: at,
      welcomed: false,
      mute: false,
      symbols: new Set(),
      told: 0,
      pingedAt: at,
      spoke: [],
    }
    return server.upgrade(request, { data }) ? undefined : new Response(null, { status: 426 })
  }

  let refusing: Stop = () => {}
  function fault(name: FaultName, amount: number | boolean = true): void {
    if (amount === false) {
      faults.delete(name)
      pace()
      if (name === 'refused') void comeBack()
      return
    }
    faults.set(name, amount === true ? known[name].amount : amount)
    pace()
    if (name === 'stall') sockets.mute()
    if (name === 'begin-anew') for (const one of markets.values()) one.beginAnew()
    // Not at once: whoever asked for it over HTTP still gets an answer.
    if (name === 'refused') refusing = clock.after(20, refuseForAWhile)
  }

  function refuseForAWhile(): void {
    void leave()
    refusing = clock.after(faults.get('refused') ?? 0, () => fault('refused', false))
  }

  async function control(request: Request): Promise<Response> {
    if (request.method === 'DELETE') heal()
    if (request.method === 'POST') {
      const { name, amount } = (await request.json().catch(() => ({}))) as Record<string, unknown>
      const fits = amount === undefined || typeof amount === 'boolean' || isAmount(amount)
      if (!isFault(name) || !fits) {
        return Response.json({ message: `Expected ${names}` }, { status: 400 })
      }
      fault(name, amount)
    }
    return Response.json(
      Object.entries(known).map(([name, { does }]) => {
        return { name, amount: faults.get(name as FaultName) ?? false, does }
      }),
    )
  }

  function serve(port: number): Bun.Server<Client> {
    return Bun.serve<Client>({
      hostname: '127.0.0.1',
      port,
      reusePort: false,
      idleTimeout: 0,
      websocket: sockets.handlers,
      fetch(request, server) {
        const { pathname } = new URL(request.url)
        if (pathname === '/faults') return control(request)
        if (pathname === '/api/v1/bullet-public') {
          if (request.method === 'POST') return tokens.answer(request)
          return Response.json({ code: '400001', msg: 'Only POST' }, { status: 405 })
        }
        return pathname === '/' ? upgrade(request, server) : new Response(null, { status: 404 })
      },
    })
  }

  let server: Bun.Server<Client> | null = serve(options.port ?? 0)
  const { port } = server
  const url = `http://127.0.0.1:${port}`

  async function leave(): Promise<void> {
    const leaving = server
    server = null
    drop()
    await leaving?.stop(true)
  }

  function drop(): void {
    for (const socket of sockets.open) socket.terminate()
  }

  async function comeBack(): Promise<void> {
    refusing()
    server ??= serve(port!)
  }

  function heal(): void {
    faults.clear()
    pace()
    void comeBack()
  }

  pace()
  const stopSweeping = clock.every(1_000, sockets.sweep)

  return {
    url,
    fault,
    heal,
    tell(symbol, price, sequence) {
      const one = market(symbol)
      one?.set(price, sequence)
      if (one !== undefined) sockets.tell(one)
    },
    market(symbol) {
      const found = market(symbol)
      if (found === undefined) throw new Error(`No symbol "${symbol}"`)
      return found
    },
    drop,
    leave,
    comeBack,
    faults,
    connects,
    violations,
    get asked() {
      return tokens.asked
    },
    get open() {
      return sockets.open.size
    },
    async stop() {
      refusing()
      stopMoving()
      stopSweeping()
      await leave()
    },
  }
}

const names = `{"name": ${Object.keys(known).join(' | ')}, "amount"?: number or false}`

function isAmount(amount: unknown): amount is number {
  return typeof amount === 'number' && amount >= 0 && Number.isFinite(amount)
}
