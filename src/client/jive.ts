import { RequestError } from './error.ts'
import type { JiveEvents, JiveRequests } from './jive-types.ts'
import {
  closedError,
  link,
  provided,
  withQuery,
  type LinkOptions,
  type Provider,
  type State,
} from './link.ts'
import { ask, promiseToKeep, type Asked } from './pending.ts'

/** How to connect, and what to do with what is told. */
export interface JiveOptions extends LinkOptions {
  /** `wss://example.org/jive/ws` */
  readonly url: string
  readonly token: Provider
  /** The last id that was dealt with before this client was made; without it: from now on. */
  readonly after?: string
  readonly on?: {
    readonly [Type in keyof JiveEvents]?: (data: JiveEvents[Type], id: string) => void
  } & {
    /** Part of what was missed is no longer kept: read the books again. */
    gap?(): void
    /** A topic may not be heard, or not any longer. */
    dropped?(topic: string): void
    state?(state: State): void
  }
}

/** A client of jive that misses nothing and is told nothing twice. */
export interface Jive {
  readonly state: State
  /** The id of the last message; keep it to go on from there later. */
  readonly last: string
  /** Listens to a topic that is not one's own, such as `account:…` or `global`, over reconnects, too. */
  subscribe(topic: string): Promise<void>
  unsubscribe(topic: string): Promise<void>
  request<Resource extends keyof JiveRequests>(
    resource: Resource,
    params: JiveRequests[Resource]['params'],
  ): Promise<JiveRequests[Resource]['answer']>
  close(): void
}

interface Frame {
  readonly type: string
  readonly id?: string
  readonly data?: any
}
/** A command whose answer is awaited; answers come in the order of commands, so the oldest one is meant. */
interface Waiting extends Asked<any> {
  /** Ours: not said again after a reconnect, since catching up begins anew then. */
  readonly own: boolean
  /** Given up: what still answers it on this connection is nobody's, and on the next one it is not said. */
  late: boolean
  answers(frame: Frame): boolean
}
type Said = [command: string, data: unknown, answers: Waiting['answers']]

/** Connects to jive. Whatever was recorded while the connection was away is told once, in order, before what is live. */
export function jive(options: JiveOptions): Jive {
  const { url, token, timeout: ms = 10_000 } = options
  const on = (options.on ?? {}) as Record<string, ((data?: any, id?: string) => void) | undefined>
  let last = options.after ?? ''
  /** Topics besides one's own; each settles once what was missed of it is here for the first time. */
  const topics = new Map<string, PromiseWithResolvers<void>>()
  let waiting: Waiting[] = []
  /** Topics that are being caught up with; until all are, messages are held, so that the older ones come first. */
  let behind = new Set<string>()
  let held: Frame[] = []
  const connection = link(
    {
      url: async () => withQuery(url, { token: await provided(token), after: last }),
      received: (text) => receive(JSON.parse(text)),
      lost() {
        held = []
        behind = new Set()
        const ours = waiting.filter(({ own }) => own)
        waiting = waiting.filter(({ own, late }) => !own && !late)
        for (const one of ours) one.fail(lost)
      },
      state(state) {
        if (state.name === 'closed') over(closedError(state))
        on['state']?.(state)
      },
      // The server pings every 30 s.
      pulse: { interval: 5_000, silence: 75_000 },
    },
    options,
  )

  function receive(frame: Frame): void {
    const { type, id, data } = frame
    if (type === 'Ping') return void connection.send('{"command":"Pong"}')
    if (type === 'Connected') return welcome(data)
    if (id !== undefined) return void (behind.size > 0 ? held.push(frame) : tell(frame))
    if (type === 'Error' && data.code === 'HISTORY_GONE') return on['gap']?.()
    const [oldest] = waiting
    if (oldest === undefined || !(type === 'Error' || oldest.answers(frame))) return
    waiting.shift()
    if (type === 'Error') oldest.fail(new RequestError(data.code, data.message))
    else oldest.settle(data)
  }
  function welcome(data: { last?: string }): void {
    last ||= data.last ?? ''
    connection.ready()
    for (const { text } of waiting) connection.send(text)
    for (const topic of topics.keys()) void catchUp(topic)
  }
  function tell({ type, id = '', data }: Frame): void {
    if (!isNewer(id, last)) return
    last = id
    on[type]?.(data, id)
  }
  function over(error: Error): void {
    for (const one of waiting.splice(0)) one.fail(error)
    for (const listening of topics.values()) listening.reject(error)
  }

  function send(
    command: string,
    data: unknown,
    answers: Waiting['answers'],
    own = false,
  ): Promise<any> {
    const { state, clock } = connection
    if (state.name === 'closed') return Promise.reject(closedError(state))
    const text = JSON.stringify({ command, data })
    const { asked, answer } = ask<any>(text, clock, ms, () => {
      one.late = true
      if (connection.state.name !== 'open') waiting = waiting.filter(({ late }) => !late)
    })
    const one: Waiting = { ...asked, own, answers, late: false }
    waiting.push(one)
    if (state.name === 'open') connection.send(text)
    return answer
  }
  /** Subscribes, and reads what was recorded on a topic since the last message of all. */
  async function catchUp(topic: string): Promise<void> {
    // Another set is another connection.
    const mine = behind.add(topic)
    let after = last
    try {
      await insist(mine, 'Subscribe', { topic, ack: true }, answeredBy('Subscribed'))
      for (let more = after !== ''; more;) {
        const wanted = { resource: 'history', params: { topic, after, limit: 200 } }
        const page = await insist(mine, 'Request', wanted, answeredBy('History'))
        more = !page.complete
        after = page.last
      }
      topics.get(topic)?.resolve()
    } catch (error) {
      // It begins anew with the next connection.
      if (mine !== behind) return
      topics.get(topic)?.reject(error)
      if (topics.delete(topic)) on['dropped']?.(topic)
    }
    if (mine === behind && behind.delete(topic) && behind.size === 0) release()
  }
  /** Says it again while the server refuses for a moment: too much at once, or a store that cannot read. */
  async function insist(mine: typeof behind, ...said: Said): Promise<any> {
    for (;;) {
      try {
        return await send(...said, true)
      } catch (error) {
        if (mine !== behind || final.has((error as RequestError).code)) throw error
        await new Promise<void>(
          (resolve) => void connection.clock.after(2_000 * mine.size, resolve),
        )
        if (mine !== behind) throw lost
      }
    }
  }
  function release(): void {
    const frames = held.sort((a, b) => (isNewer(a.id ?? '', b.id ?? '') ? 1 : -1))
    held = []
    for (const frame of frames) tell(frame)
  }

  return {
    get state() {
      return connection.state
    },
    get last() {
      return last
    },
    subscribe(topic) {
      const known = topics.get(topic)
      if (known !== undefined) return known.promise
      const listening = promiseToKeep<void>()
      // Whoever does not wait for it hears of the fault on the socket's state.
      listening.promise.catch(() => {})
      topics.set(topic, listening)
      const { state } = connection
      if (state.name === 'open') void catchUp(topic)
      if (state.name === 'closed') listening.reject(closedError(state))
      return listening.promise
    },
    async unsubscribe(topic) {
      topics.delete(topic)
      if (behind.delete(topic) && behind.size === 0) release()
      if (connection.state.name === 'open')
        await send('Unsubscribe', { topic, ack: true }, answeredBy('Unsubscribed'), true)
    },
    request: (resource, params) =>
      send('Request', { resource, params }, answeredBy(answerOf[resource])),
    close: connection.close,
  }
}

/** Refusals that stay. */
const final = new Set(['FORBIDDEN', 'INVALID_TOPIC', 'TOO_MANY_SUBSCRIPTIONS'])
const lost = new RequestError('LOST', 'The connection was lost')

function answeredBy(wanted: string): Waiting['answers'] {
  return ({ type }) => type === wanted
}

/** The type that answers each resource. */
const answerOf: Readonly<Record<keyof JiveRequests, string>> = {
  account_balance: 'AccountBalanceUpdate',
  accounts: 'Accounts',
  transactions: 'Transactions',
}

/** Whether an id comes after another: decimal digits of any length. */
function isNewer(id: string, than: string): boolean {
  return id.length === than.length ? id > than : id.length > than.length
}
