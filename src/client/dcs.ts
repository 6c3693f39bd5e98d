import { link, withQuery, type LinkOptions, type State } from './link.ts'

/** What happened to one of a partner's users; every value is text. */
export interface DcsMessage {
  readonly type: 'KYC_STATUS' | 'BALANCE_CHANGE' | 'CARD_TRANSACTION' | 'ORDER_STATUS'
  readonly timestamp: string
  readonly version: string
  readonly externalUserId: string
  readonly data: Readonly<Record<string, string>>
}

/** How to connect, and what to do with what is told. */
export interface DcsOptions extends LinkOptions {
  /** `wss://example.org/ws`: the channel is put behind it. */
  readonly url: string
  /** Fetches a channel with a signed call, where the secret is; asked before each try. `false`: what comes after `last` is no longer kept, and the state has to be read from the platform. */
  readonly channel: (last: string) => Promise<string | { channel: string; kept: false }>
  /** The last version that was dealt with before this client was made; `0`, the beginning, when absent. */
  readonly after?: string
  /** Fetch a new channel after so many ms, before the old one ends: 23 h when absent. */
  readonly refresh?: number
  readonly on?: {
    message?(message: DcsMessage): void
    gap?(): void
    state?(state: State): void
  }
}

/** A client of dcs that misses nothing and is told nothing twice. */
export interface Dcs {
  readonly state: State
  /** The version of the last message; keep it to go on from there later. */
  readonly last: string
  close(): void
}

/** Listens to a partner's channel, and to the next one before it ends. */
export function dcs(options: DcsOptions): Dcs {
  const { url, channel, on = {}, refresh = 23 * 3_600_000 } = options
  let last = options.after ?? '0'
  let position: string | null = last
  let stop = () => {}
  const connection = link(
    {
      async url() {
        const fetched = await channel(last)
        const kept = typeof fetched === 'string'
        position = kept ? last : null
        const address = `${url}/${kept ? fetched : fetched.channel}`
        return position === null ? address : withQuery(address, { after: position })
      },
      opened() {
        connection.ready()
        if (position === null) on.gap?.()
        stop = connection.clock.after(refresh, connection.again)
      },
      received(text) {
        const message: DcsMessage = JSON.parse(text)
        if (position !== null && Number(message.version) <= Number(last)) return
        position = last = message.version
        on.message?.(message)
      },
      lost: () => stop(),
      state: (state) => on.state?.(state),
    },
    options,
  )
  return {
    get state() {
      return connection.state
    },
    get last() {
      return last
    },
    close: connection.close,
  }
}
