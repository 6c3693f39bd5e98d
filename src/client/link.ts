import { machineClock, type Clock } from './clock.ts'
import { RequestError } from './error.ts'

/** As much of a WebSocket as is needed; those of browsers, Bun, Node and `ws` have it. */
export interface Socket {
  onopen: ((event: any) => void) | null
  onmessage: ((event: { readonly data: any }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  onerror: ((event: any) => void) | null
  send(text: string): void
  close(code?: number, reason?: string): void
}

/** Where a connection stands: on its way, usable, waiting `ms` for its next try, or over for good. */
export type State =
  | { readonly name: 'connecting' }
  | { readonly name: 'open' }
  | { readonly name: 'waiting'; readonly ms: number; readonly code: number }
  | { readonly name: 'closed'; readonly code: number; readonly reason: string }

/** What every client takes beside what its system needs. */
export interface LinkOptions {
  /** Makes sockets: needed where there is no global WebSocket. */
  readonly WebSocket?: new (url: string) => Socket
  /** Tries without success one after another before it gives up: 5 when absent, Infinity for ever. */
  readonly tries?: number
  /** Ms until a request without answer is rejected with TIMEOUT: 10,000 when absent. */
  readonly timeout?: number
  readonly clock?: Clock
  /** From 0 to 1, for the jitter: Math.random when absent. */
  readonly random?: () => number
}

/** What a system makes of a link. */
export interface Wire {
  /** Where to connect, asked again for each try. */
  url(): string | Promise<string>
  /** Called when the socket opens; `link.ready()` says that it is of use. */
  opened?(): void
  received(text: string): void
  /** Called when a connection that was ready, or was to become so, is gone. */
  lost?(): void
  state?(state: State): void
  /** Called every `interval` ms while open; a connection that has brought nothing for `silence` ms is given up. */
  readonly pulse?: { readonly interval: number; readonly silence: number; beat?(): void }
}

/** A connection that comes back by itself. */
export interface Link {
  readonly state: State
  readonly clock: Clock
  /** Sends if there is an open socket; whether it did. */
  send(text: string): boolean
  /** The system has let us in: the count of tries begins anew. */
  ready(): void
  /** Gives the connection up and makes another one. */
  again(): void
  /** Ends it for good. */
  close(): void
}

/** Seconds of the pauses between tries, before jitter; the last one stays. */
const pauses = [2, 4, 8, 16, 32]
/** How long a socket may take to open. */
const openingMs = 10_000
/** After these a client that comes back would only be sent away again. */
const final = new Set([1000, 1002, 1007, 1009, 4400, 4403, 4409])
/** Too many requests: to come back at once would be one more. */
const flood = 4429
const floodMs = 60_000
/** These need a new token or channel, which is asked for at once. */
const stale = new Set([4401, 4404])

/** Connects, and comes back after 2, 4, 8, 16, 32 s (each less up to a half, at random) until it is closed, sent away for good or has tried too often. Throws where there is no WebSocket. */
export function link(wire: Wire, options: LinkOptions): Link {
  const {
    WebSocket = (globalThis as unknown as { WebSocket: new (url: string) => Socket }).WebSocket,
    tries = 5,
    clock = machineClock,
    random = Math.random,
  } = options
  if (WebSocket === undefined) {
    throw new TypeError('There is no WebSocket here: give one, such as that of "ws", as option')
  }
  const network = globalThis as unknown as Partial<EventTarget>
  let state: State = { name: 'connecting' }
  let socket: Socket | null = null
  let usable = false
  let failures = 0
  let heardAt = 0
  /** Counts connections, so that what an old one says late is not listened to. */
  let turn = 0
  let stop = () => {}

  function tell(next: State): void {
    state = next
    wire.state?.(next)
  }
  function wait(ms: number, run: () => void): void {
    stop()
    stop = clock.after(ms, run)
  }

  async function connect(): Promise<void> {
    const mine = ++turn
    tell({ name: 'connecting' })
    wait(openingMs, () => lose(1006, 'no connection in time'))
    try {
      const url = await wire.url()
      if (mine === turn) listen(new WebSocket(url), mine)
    } catch (error) {
      if (mine === turn) lose(1006, String(error))
    }
  }
  function listen(opening: Socket, mine: number): void {
    socket = opening
    opening.onopen = () => {
      if (mine !== turn) return opening.close()
      usable = true
      heard()
      pulse()
      wire.opened?.()
    }
    opening.onmessage = ({ data }) => {
      if (mine !== turn) return
      heard()
      wire.received(String(data))
    }
    // A close always follows.
    opening.onerror = () => {}
    opening.onclose = ({ code, reason }) => {
      if (mine === turn) lose(code, reason)
    }
  }
  function heard(): void {
    heardAt = clock.now()
  }
  function pulse(): void {
    const { pulse: beats } = wire
    if (beats === undefined) return stop()
    wait(beats.interval, () => {
      if (clock.now() - heardAt >= beats.silence) return lose(1006, 'silence')
      beats.beat?.()
      pulse()
    })
  }
  /** The connection is gone, or as good as that. */
  function lose(code: number, reason: string): void {
    const fresh = state.name === 'open' && stale.has(code)
    drop()
    if (final.has(code) || failures >= tries) return end(code, reason)
    const seconds = pauses[Math.min(failures++, pauses.length - 1)] ?? 0
    const least = code === flood ? floodMs : 0
    const ms = fresh ? 0 : least + seconds * 1_000 * (1 - random() / 2)
    tell({ name: 'waiting', ms, code })
    wait(ms, connect)
  }
  function drop(): void {
    stop()
    turn++
    usable = false
    socket?.close()
    socket = null
    wire.lost?.()
  }
  function end(code: number, reason: string): void {
    network.removeEventListener?.('online', online)
    tell({ name: 'closed', code, reason })
  }
  /** The network is back: no reason to wait any longer. */
  function online(): void {
    if (state.name === 'waiting') void connect()
  }

  network.addEventListener?.('online', online)
  // What the caller does with the link comes first.
  wait(0, connect)
  return {
    get state() {
      return state
    },
    clock,
    send(text) {
      if (usable) socket?.send(text)
      return usable
    },
    ready() {
      failures = 0
      tell({ name: 'open' })
    },
    again() {
      drop()
      void connect()
    },
    close() {
      if (state.name === 'closed') return
      drop()
      end(1000, 'closed by this side')
    },
  }
}

/** Puts parameters behind an address that may have some already. */
export function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return pairs.length === 0 ? url : `${url}${url.includes('?') ? '&' : '?'}${pairs.join('&')}`
}

/** A value, or whoever fetches it anew for each try. */
export type Provider = string | (() => string | Promise<string>)

/** Asks a provider. */
export function provided(provider: Provider): string | Promise<string> {
  return typeof provider === 'string' ? provider : provider()
}

/** Fails what waits for answers of a connection that is over. */
export function closedError({ code, reason }: { code: number; reason: string }): RequestError {
  return new RequestError('CLOSED', `The connection is closed (${code} ${reason})`)
}
