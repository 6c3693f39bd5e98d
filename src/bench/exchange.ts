import type { ServerWebSocket } from 'bun'
import { priced } from './quote.ts'
import { takeOrders } from './role.ts'
import { clock, sleep, wallMicros } from './time.ts'

/** Prices to tell: so many a second, for so long. */
export interface Ticking {
  readonly rate: number
  readonly seconds: number
  /** µs: those told at this time or later count. */
  readonly from: number
}

/** Prices that were told. */
export interface Ticked {
  /** Those that count, and from `from` to the end of the last one's turn. */
  readonly told: number
  readonly ms: number
  /** The stamp of the last one; 0 when there was none. */
  readonly last: number
}

/** What a server under measurement subscribes to. */
export const tickerTopic = '/market/ticker:PLGR-USDT'

/** KuCoin's sequences are about so high. */
const firstSequence = 1_545_896_668_986
const welcome = '{"id":"bench","type":"welcome"}'

/** The role `exchange`: speaks as much of KuCoin's protocol as a server needs to get prices, and tells them at absolute times, each with its stamp. */
export function exchangeRole(): void {
  const listening = new Set<ServerWebSocket>()
  let sequence = firstSequence
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    development: false,
    reusePort: false,
    fetch(request, http) {
      if (request.method === 'POST') return Response.json(admission(http.port))
      return http.upgrade(request) ? undefined : new Response(null, { status: 400 })
    },
    websocket: {
      idleTimeout: 0,
      sendPings: false,
      open: (socket) => void socket.send(welcome),
      message(socket, text) {
        const { id, type } = JSON.parse(String(text))
        if (type === 'ping') socket.send(JSON.stringify({ id, type: 'pong' }))
        if (type !== 'subscribe') return
        socket.send(JSON.stringify({ id, type: 'ack' }))
        listening.add(socket)
      },
      close: (socket) => void listening.delete(socket),
    },
  })

  function tell(): number {
    const stamp = wallMicros()
    const ticker = tickerOf(String(sequence++), priced(stamp))
    for (const socket of listening) socket.send(ticker)
    return stamp
  }

  takeOrders({
    port: () => server.port,
    listening: () => listening.size,
    /** A late one is not left out, and puts off none that follows. */
    async tick({ rate, seconds, from }: Ticking): Promise<Ticked> {
      const total = Math.round(rate * seconds)
      const startedAt = clock.elapsed()
      let told = 0
      let last = 0
      for (let index = 0; index < total; index++) {
        await sleep((index * 1000) / rate - (clock.elapsed() - startedAt))
        last = tell()
        if (last >= from) told++
      }
      await sleep(seconds * 1000 - (clock.elapsed() - startedAt))
      return { told, ms: (wallMicros() - from) / 1000, last }
    },
  })
}

/** The answer that names the WebSocket server. */
function admission(port: number | undefined) {
  const endpoint = `ws://127.0.0.1:${port}/`
  const server = { endpoint, encrypt: false, protocol: 'websocket' }
  const times = { pingInterval: 18_000, pingTimeout: 10_000 }
  return { code: '200000', data: { token: 'bench', instanceServers: [{ ...server, ...times }] } }
}

function tickerOf(sequence: string, price: string): string {
  const book = { size: '1', bestAsk: price, bestAskSize: '1', bestBid: price, bestBidSize: '1' }
  const data = { sequence, price, ...book, time: clock.now() }
  return JSON.stringify({ type: 'message', topic: tickerTopic, subject: 'trade.ticker', data })
}
