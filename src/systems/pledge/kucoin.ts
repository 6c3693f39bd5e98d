import * as v from 'valibot'
import type { Clock, Stop } from '../../core/clock.ts'
import type { Exchange, Hearing, Link } from './exchange.ts'
import { askInstance, type Instance } from './kucoin-token.ts'

/** How KuCoin is reached. */
export interface KucoinOptions {
  /** REST address, `https://api.kucoin.com`. */
  readonly url: string
  readonly clock: Clock
  /** Chance, from 0 up to but not 1. */
  readonly random: () => number
}

/** The public ticker feed of KuCoin: a new token for each connection, then `/market/ticker` of every symbol (P1, P7). */
export function kucoin(options: KucoinOptions): Exchange {
  return { name: 'kucoin', open: (symbols, hearing) => open(symbols, hearing, options) }
}

/** So long a token may take, ms. */
const tokenMs = 5_000
/** Symbols of one subscription. */
const atOnce = 100
/** Characters or bytes of a message; a ticker has 250. */
const mostLength = 65_536
const topicPrefix = '/market/ticker:'

const Ticker = v.object({
  sequence: v.pipe(
    v.string(),
    v.regex(/^\d{1,40}$/),
    v.transform((digits) => BigInt(digits)),
  ),
  price: v.string(),
})
const Incoming = v.object({
  type: v.string(),
  id: v.optional(v.string()),
  code: v.optional(v.union([v.number(), v.string()])),
  topic: v.optional(v.string()),
  subject: v.optional(v.string()),
  data: v.optional(v.unknown()),
})
type Incoming = v.InferOutput<typeof Incoming>

function open(
  symbols: readonly string[],
  hearing: Hearing,
  { url, clock, random }: KucoinOptions,
): Link {
  const connectId = crypto.randomUUID()
  const token = new AbortController()
  const stopAsking = clock.after(tokenMs, () => end(`token: none within ${tokenMs / 1_000} s`))
  const stops: Stop[] = [stopAsking, () => token.abort()]
  let over = false
  let close = () => {}

  function leave(): void {
    over = true
    for (const stop of stops) stop()
    close()
  }

  function end(reason: string, retry: 'now' | 'later' = 'later'): void {
    if (over) return
    leave()
    hearing.ended(reason, retry)
  }

  askInstance({ url, connectId, signal: token.signal, random })
    .then(connect)
    .catch((error: unknown) => end(whyNot(error)))

  function connect(instance: Instance): void {
    stopAsking()
    if (over) return
    // Compression would let a small message grow without a limit.
    const socket = new WebSocket(instance.address, { perMessageDeflate: false } as never)
    const talk = conversation({ symbols, hearing, clock, instance, end, stops }, (text) =>
      socket.send(text),
    )
    close = () => socket.terminate()
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) => talk(data)
    socket.onerror = () => {}
    socket.onclose = ({ code }) => end(`closed with ${code}`)
  }

  return { close: leave }
}

/** The token stands in the address, so of errors that are not ours only the kind may be told. */
function whyNot(error: unknown): string {
  const {
    name,
    code = name,
    message = '',
  } = error as { name?: string; code?: string; message?: string }
  return message.startsWith('token: ') ? message : `token: ${code}`
}

interface Talk {
  readonly symbols: readonly string[]
  readonly hearing: Hearing
  readonly clock: Clock
  readonly instance: Instance
  readonly end: (reason: string, retry?: 'now' | 'later') => void
  /** What has to be stopped at the end. */
  readonly stops: Stop[]
}

/** What is said on a connection, from the welcome on, as an answer to each message. */
function conversation(talk: Talk, send: (text: string) => void): (data: unknown) => void {
  const { symbols, hearing, end } = talk
  const unacknowledged = new Set<string>()
  let welcomed = false
  const ping = pinging(talk, send)

  function welcome(): void {
    if (welcomed) return
    welcomed = true
    for (let from = 0; from < symbols.length; from += atOnce) {
      const id = crypto.randomUUID()
      const topic = topicPrefix + symbols.slice(from, from + atOnce).join(',')
      unacknowledged.add(id)
      send(JSON.stringify({ id, type: 'subscribe', topic, privateChannel: false, response: true }))
    }
    ping.start()
  }

  function acknowledged(id: string): void {
    if (!unacknowledged.delete(id) || unacknowledged.size > 0) return
    hearing.ready(2 * talk.instance.pingInterval)
  }

  function ticker({ topic = '', subject, data }: Incoming): void {
    if (!topic.startsWith(topicPrefix) || subject !== 'trade.ticker') return
    const parsed = v.safeParse(Ticker, data)
    if (!parsed.success) return hearing.unreadable()
    hearing.tick({ symbol: topic.slice(topicPrefix.length), ...parsed.output })
  }

  return (data) => {
    if (lengthOf(data) > mostLength) return end('a message too long')
    const message = read(data)
    if (message === null) return hearing.unreadable()
    hearing.alive()
    const { type, id = '', code } = message
    if (type === 'message') ticker(message)
    else if (type === 'welcome') welcome()
    else if (type === 'ack') acknowledged(id)
    else if (type === 'pong') ping.answered(id)
    else if (type === 'error') {
      end(`error ${codeOf(code)}`, String(code) === '401' ? 'now' : 'later')
    }
  }
}

function lengthOf(data: unknown): number {
  return typeof data === 'string' ? data.length : (data as ArrayBuffer).byteLength
}

/** Text that is no number could be anything, the token too, and goes into no log. */
function codeOf(code: Incoming['code']): string {
  return /^\d{1,10}$/.test(String(code)) ? String(code) : 'without a code'
}

function read(data: unknown): Incoming | null {
  if (typeof data !== 'string') return null
  try {
    const parsed = v.safeParse(Incoming, JSON.parse(data))
    return parsed.success ? parsed.output : null
  } catch {
    return null
  }
}

/** Pings a second earlier than is asked for, and ends the connection when a pong is overdue. */
function pinging({ clock, instance, stops, end }: Talk, send: (text: string) => void) {
  const { pingInterval, pingTimeout } = instance
  let awaited: string | null = null
  let stopWaiting: Stop = () => {}

  function ping(): void {
    // An earlier one that is still awaited has its own deadline.
    if (awaited !== null) return
    awaited = crypto.randomUUID()
    send(JSON.stringify({ id: awaited, type: 'ping' }))
    stopWaiting = clock.after(pingTimeout, () => end(`no pong within ${pingTimeout / 1_000} s`))
  }

  return {
    start() {
      stops.push(clock.every(Math.max(pingInterval - 1_000, pingInterval / 2), ping))
      stops.push(() => stopWaiting())
    },
    answered(id: string) {
      if (id !== awaited) return
      awaited = null
      stopWaiting()
    },
  }
}
