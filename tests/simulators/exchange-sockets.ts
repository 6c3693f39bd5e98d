import type { Clock } from '../../src/core/clock.ts'
import type { Faults } from './exchange-faults.ts'
import type { Market } from './exchange-market.ts'
import { malformed } from './exchange-malformed.ts'

/** What a simulated exchange knows of one socket; times are monotonic ms. */
export interface Client {
  readonly connectId: string
  /** Why its token lets it in nowhere; null when it does. */
  readonly refused: string | null
  readonly openedAt: number
  welcomed: boolean
  /** Half open: it hears nothing any more. */
  mute: boolean
  readonly symbols: Set<string>
  /** Prices it was told. */
  told: number
  pingedAt: number
  /** When its last frames came. */
  readonly spoke: number[]
}

type Socket = Bun.ServerWebSocket<Client>

/** The sockets of a simulated exchange: welcome, subscriptions, pings and prices. */
export interface Sockets {
  readonly handlers: Bun.WebSocketHandler<Client>
  readonly open: ReadonlySet<Socket>
  /** Tells the price of a market to whoever has subscribed to it. */
  tell(market: Market): void
  /** What is open now is half open for ever. */
  mute(): void
  /** Ends who does not ping, and who has been there for the life of a token. */
  sweep(): void
}

/** What the sockets work with. */
export interface SocketOptions {
  readonly clock: Clock
  readonly faults: Faults
  /** The market of a symbol; undefined where there is none. */
  market(symbol: string): Market | undefined
  /** Whether who subscribes is told the price of that moment. */
  readonly greets: boolean
  /** ms without a ping after which a socket is closed. */
  readonly patience: number
  /** ms after which a socket is closed in any case. */
  readonly life: number
  /** Is told what a client did that the exchange forbids. */
  violated(what: string): void
}

const topicPrefix = '/market/ticker:'
/** Topics of one subscribe and of one connection, frames in ten seconds. */
const limits = { subscribe: 100, connection: 300, frames: 100 }

/** No sockets yet. */
export function createSockets(options: SocketOptions): Sockets {
  const { clock, faults, market, greets, patience, life, violated } = options
  const open = new Set<Socket>()
  let rubbish = 0

  function say(socket: Socket, frame: string | Uint8Array<ArrayBuffer>): void {
    if (!socket.data.mute) socket.send(frame)
  }

  function refuse(socket: Socket, id: unknown, code: number, data: string): void {
    say(socket, JSON.stringify({ id, type: 'error', code, data }))
  }

  function forbid(socket: Socket, code: number, what: string): void {
    violated(what)
    refuse(socket, socket.data.connectId, code, what)
    socket.close(1008, what)
  }

  function welcome(socket: Socket): void {
    const { data } = socket
    data.welcomed = true
    say(socket, JSON.stringify({ id: data.connectId, type: 'welcome' }))
  }

  function subscribe(socket: Socket, { id, topic, response }: Wanted, on: boolean): void {
    const { symbols } = socket.data
    const wanted = symbolsOf(topic)
    const code = faults.get('error')
    if (code !== undefined) return refuse(socket, id, code, 'Internal error')
    if (faults.has('no-ack')) return
    const unknown = wanted?.find((symbol) => market(symbol) === undefined)
    if (wanted === null || unknown !== undefined) {
      return refuse(socket, id, 404, `topic ${String(topic)} is not found`)
    }
    const all = new Set([...symbols, ...wanted])
    if (wanted.length > limits.subscribe || all.size > limits.connection) {
      violated('too many topics')
      const most = wanted.length > limits.subscribe ? '100 per time' : '300 per session'
      return refuse(socket, id, 509, `exceed max subscription count limitation of ${most}`)
    }
    for (const symbol of wanted) on ? symbols.add(symbol) : symbols.delete(symbol)
    if (response !== false) say(socket, JSON.stringify({ id, type: 'ack' }))
    if (on && greets) for (const symbol of wanted) price(socket, market(symbol)!)
  }

  function take(socket: Socket, frame: string): void {
    const wanted = parsed(frame)
    const { id, type } = wanted
    if (type === 'subscribe') return subscribe(socket, wanted, true)
    if (type === 'unsubscribe') return subscribe(socket, wanted, false)
    if (type !== 'ping') return forbid(socket, 400, 'not a frame of this exchange')
    socket.data.pingedAt = clock.elapsed()
    if (!faults.has('no-pong')) say(socket, JSON.stringify({ id, type: 'pong' }))
  }

  function price(socket: Socket, market: Market): void {
    const { data } = socket
    const most = faults.get('drop') ?? Infinity
    if (faults.has('malformed') || faults.has('rubbish')) {
      say(socket, malformed[rubbish++ % malformed.length]!)
    }
    if (faults.has('rubbish')) return
    const huge = faults.get('huge-frame')
    if (huge !== undefined) say(socket, ' '.repeat(huge * 1024 ** 2))
    const frame = ticker(market.symbol, market.price, market.sequence, clock.now())
    say(socket, frame)
    if (faults.has('repeat')) {
      say(socket, frame)
      say(socket, ticker(market.symbol, older, market.sequence - 1n, clock.now()))
    }
    if (++data.told >= most) socket.terminate()
  }

  const handlers: Bun.WebSocketHandler<Client> = {
    idleTimeout: 0,
    open(socket) {
      open.add(socket)
      const { data } = socket
      data.mute = faults.has('stall')
      if (data.refused !== null) {
        refuse(socket, data.connectId, 401, data.refused)
        return socket.close(1008, data.refused)
      }
      if (faults.has('no-welcome') || data.mute) return
      const late = faults.get('late-welcome')
      if (late === undefined) welcome(socket)
      else clock.after(late, () => open.has(socket) && welcome(socket))
    },
    message(socket, frame) {
      const { welcomed, mute, spoke } = socket.data
      if (mute) return
      spoke.push(clock.elapsed())
      while (spoke.length > 0 && spoke[0]! <= clock.elapsed() - 10_000) spoke.shift()
      if (spoke.length > limits.frames) return forbid(socket, 509, 'too many frames')
      if (!welcomed) return forbid(socket, 400, 'a frame before the welcome')
      take(socket, String(frame))
    },
    close: (socket) => void open.delete(socket),
  }

  return {
    handlers,
    open,
    tell(market) {
      for (const socket of open) if (socket.data.symbols.has(market.symbol)) price(socket, market)
    },
    mute() {
      for (const { data } of open) data.mute = true
    },
    sweep() {
      for (const socket of open) {
        const { mute, pingedAt, openedAt } = socket.data
        if (mute) continue
        if (clock.elapsed() - openedAt >= life) socket.close(1000, 'its time is over')
        else if (clock.elapsed() - pingedAt >= patience) forbid(socket, 408, 'no ping')
      }
    },
  }
}

/** A price that was never one: whoever shows it has taken an older sequence. */
export const older = '44.4'

interface Wanted {
  readonly id?: unknown
  readonly type?: unknown
  readonly topic?: unknown
  readonly response?: unknown
}

function parsed(frame: string): Wanted {
  try {
    const value: unknown = JSON.parse(frame)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function symbolsOf(topic: unknown): readonly string[] | null {
  if (typeof topic !== 'string' || !topic.startsWith(topicPrefix)) return null
  return topic.slice(topicPrefix.length).split(',')
}

function ticker(symbol: string, price: string, sequence: bigint, time: number): string {
  return JSON.stringify({
    type: 'message',
    topic: topicPrefix + symbol,
    subject: 'trade.ticker',
    data: {
      sequence: String(sequence),
      price,
      size: '0.011',
      bestAsk: price,
      bestAskSize: '0.18',
      bestBid: price,
      bestBidSize: '0.036',
      time,
    },
  })
}
