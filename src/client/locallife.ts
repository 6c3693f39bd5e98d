import { link, provided, withQuery, type LinkOptions, type Provider, type State } from './link.ts'

/** Who a connection is for. */
export type LocallifeRole = 'rider' | 'merchant' | 'platform'

/** What every notice says besides its own fields. */
interface Notice {
  readonly message_id: string
  readonly [further: string]: unknown
}
/** Notices by type, with their data. */
export interface LocallifeEvents {
  readonly notification: Notice & { readonly title: string; readonly content: string }
  readonly alert: Notice & {
    readonly title: string
    readonly content: string
    readonly level: 'info' | 'warning' | 'critical'
  }
  readonly order_update: Notice & { readonly order_id: string; readonly status: string }
  readonly merchant_status_change: Notice & {
    readonly merchant_id: string
    readonly status: string
  }
  readonly delivery_pool_new: Notice & { readonly order_id: string }
  readonly delivery_pool_gone: Notice & { readonly order_id: string }
  readonly delivery_status_sync: Notice & { readonly order_id: string; readonly status: string }
  readonly connection_blocked: Notice & { readonly reason: string }
}

/** Where a notice stands. */
export interface NoticeMeta {
  readonly sequence: number
  /** RFC 3339, when it was recorded. */
  readonly timestamp: string
}

/** How to connect, and what to do with what is told. */
export interface LocallifeOptions extends LinkOptions {
  /** `wss://example.org/v1/ws` */
  readonly url: string
  readonly token: Provider
  /** The one role this connection is for; all of the user's when absent. */
  readonly role?: LocallifeRole
  /** The last sequence that was dealt with before this client was made. */
  readonly last?: number
  readonly on?: {
    /** A notice is acknowledged once this has returned (or what it returns has resolved); when it throws, it is told again. */
    readonly [Type in keyof LocallifeEvents]?: (
      data: LocallifeEvents[Type],
      meta: NoticeMeta,
    ) => unknown
  } & {
    /** These sequences are no longer kept. */
    gap?(range: { readonly from: number; readonly to: number }): void
    state?(state: State): void
  }
}

/** A client of locallife that acknowledges what was dealt with. */
export interface Locallife {
  readonly state: State
  /** The sequence up to which everything is dealt with; keep it to go on from there later. */
  readonly last: number | null
  close(): void
}

interface Frame {
  readonly type: string
  readonly sequence?: number
  readonly data?: any
  readonly timestamp: string
}

/** Listens as a rider, merchant or operator: each notice is handled once and acknowledged when it was. */
export function locallife(options: LocallifeOptions): Locallife {
  const { url, token, role } = options
  const on = (options.on ?? {}) as Record<
    string,
    ((data?: any, meta?: NoticeMeta) => any) | undefined
  >
  let last = options.last ?? null
  /** Sequences that are being dealt with, and those that could not be: these are handled when they are told again. */
  const working = new Set<number>()
  const failed = new Set<number>()

  /** The sequence up to which everything is dealt with: saying it acknowledges all of it. */
  function settled(): number | null {
    const open = [...working, ...failed]
    return open.length === 0 ? last : Math.min(...open) - 1
  }
  const connection = link(
    {
      async url() {
        const query = { token: await provided(token), ...(role !== undefined && { role }) }
        const known = settled()
        return withQuery(url, known === null ? query : { ...query, last_sequence: String(known) })
      },
      opened: () => connection.ready(),
      received: (text) => receive(JSON.parse(text)),
      state: (state) => on['state']?.(state),
      pulse: {
        interval: 20_000,
        silence: 50_000,
        beat: () => void connection.send('{"type":"ping"}'),
      },
    },
    options,
  )

  function receive({ type, sequence, data, timestamp }: Frame): void {
    if (type === 'ping') return void connection.send('{"type":"pong"}')
    if (type === 'history_gap') return on['gap']?.(data)
    if (sequence === undefined || working.has(sequence)) return
    const known = last !== null && sequence <= last && !failed.has(sequence)
    // It was dealt with, but the server does not know.
    if (known) acknowledge(data)
    else void handle(type, sequence, data, timestamp)
  }
  async function handle(type: string, sequence: number, data: any, timestamp: string) {
    last = Math.max(last ?? 0, sequence)
    failed.delete(sequence)
    working.add(sequence)
    try {
      const done = on[type]?.(data, { sequence, timestamp })
      if (done instanceof Promise) await done
      acknowledge(data)
    } catch (error) {
      failed.add(sequence)
      console.error(`"${type}" ${sequence} is not acknowledged:`, error)
    } finally {
      working.delete(sequence)
    }
  }
  function acknowledge({ message_id }: { message_id: string }): void {
    connection.send(JSON.stringify({ type: 'ack', data: { message_id } }))
  }

  return {
    get state() {
      return connection.state
    },
    get last() {
      return settled()
    },
    close: connection.close,
  }
}
