import type { CrashEvents, CrashRequests, CrashState } from './crash-types.ts'
import { RequestError } from './error.ts'
import {
  closedError,
  link,
  provided,
  withQuery,
  type LinkOptions,
  type Provider,
  type State,
} from './link.ts'
import { ask, type Asked } from './pending.ts'

/** How to connect, and what to do with what is told. */
export interface CrashOptions extends LinkOptions {
  /** `wss://example.org/crash/ws` */
  readonly url: string
  /** Without it: a spectator. */
  readonly token?: Provider
  readonly on?: {
    readonly [Type in keyof CrashEvents]?: (payload: CrashEvents[Type]) => void
  } & {
    /** How things stand, after each connect. */
    snapshot?(state: CrashState): void
    state?(state: State): void
  }
}

/** A client of the game. */
export interface Crash {
  readonly state: State
  /** Ms by which the server's clock is ahead of this one's, from the fastest of the last answers to a ping; 0 before the first. */
  readonly offset: number
  /** Ms that a ping and its answer took, the fastest of the last ones; null before the first answer. */
  readonly latency: number | null
  /** Asks; after a reconnect what has no answer yet is said again under the same `i`, so that it takes effect once. After TIMEOUT give the same `i` to ask what became of it. */
  request<Name extends keyof CrashRequests>(
    name: Name,
    payload: CrashRequests[Name]['payload'],
    i?: string,
  ): Promise<CrashRequests[Name]['answer']>
  close(): void
}

interface Frame {
  readonly i: string
  readonly t: string
  readonly p: any
}

/** Answers to a ping that are compared for the clock. */
const samplesKept = 5

/** Joins the game, as a player or to watch. */
export function crash(options: CrashOptions): Crash {
  const { url, token, timeout = 10_000, random = Math.random } = options
  const on = (options.on ?? {}) as Record<string, ((payload: any) => void) | undefined>
  const waiting = new Map<string, Asked<any>>()
  const samples: { readonly trip: number; readonly offset: number }[] = []
  const prefix = random().toString(36).slice(2, 10)
  let count = 0
  const connection = link(
    {
      url: async () => withQuery(url, token === undefined ? {} : { token: await provided(token) }),
      received(text) {
        if (text !== '1') receive(JSON.parse(text))
      },
      state(state) {
        if (state.name === 'closed') {
          for (const asked of waiting.values()) asked.fail(closedError(state))
          waiting.clear()
        }
        on['state']?.(state)
      },
      pulse: { interval: 10_000, silence: 25_000, beat: ping },
    },
    options,
  )

  function receive({ i, t, p }: Frame): void {
    if (i === 'state-init') welcome(p)
    else if (i === 'auth-init') on['AUTH_RESPONSE']?.(p)
    else if (waiting.has(i)) answer(i, t, p)
    else on[t]?.(p)
  }
  function welcome(state: CrashState): void {
    connection.ready()
    for (const { text } of waiting.values()) connection.send(text)
    ping()
    on['snapshot']?.(state)
  }
  function answer(i: string, t: string, p: any): void {
    const asked = waiting.get(i)
    waiting.delete(i)
    if (t === 'ERROR') asked?.fail(new RequestError(p.code, p.message, p.details))
    else asked?.settle(p)
  }
  function ping(): void {
    const { clock } = connection
    const sentAt = clock.now()
    request('PING', {}).then(
      ({ timestamp }) => {
        const trip = clock.now() - sentAt
        samples.push({ trip, offset: timestamp - (sentAt + trip / 2) })
        if (samples.length > samplesKept) samples.shift()
      },
      () => {},
    )
  }
  function fastest() {
    return [...samples].sort((a, b) => a.trip - b.trip)[0]
  }
  function request(name: string, payload: unknown, i = `${prefix}-${++count}`): Promise<any> {
    const { state, clock } = connection
    if (state.name === 'closed') return Promise.reject(closedError(state))
    const text = JSON.stringify({ i, t: name, p: payload })
    const { asked, answer: answered } = ask<any>(text, clock, timeout, () => waiting.delete(i))
    waiting.set(i, asked)
    if (state.name === 'open') connection.send(text)
    return answered
  }

  return {
    get state() {
      return connection.state
    },
    get offset() {
      return fastest()?.offset ?? 0
    },
    get latency() {
      return fastest()?.trip ?? null
    },
    request,
    close: connection.close,
  }
}
