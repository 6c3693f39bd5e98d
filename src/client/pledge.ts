import { link, type LinkOptions, type State } from './link.ts'

/** How to connect, and what to do with what is told. */
export interface PledgeOptions extends LinkOptions {
  /** `wss://example.org/api/v21/price`, or with a symbol behind it. */
  readonly url: string
  readonly on?: {
    /** A price as the exchange wrote it; Number(price) may lose digits. */
    price?(price: string): void
    state?(state: State): void
  }
}

/** A client of pledge. */
export interface Pledge {
  readonly state: State
  /** The last price that was told; null before the first. */
  readonly price: string | null
  close(): void
}

/** Listens to a price, and pings so that it is not cut. */
export function pledge(options: PledgeOptions): Pledge {
  const { url, on = {} } = options
  let price: string | null = null
  const connection = link(
    {
      url: () => url,
      opened() {
        connection.ready()
        connection.send('ping')
      },
      received(text) {
        const { code, data } = JSON.parse(text) as { code: number; data: string }
        if (code !== 0) return
        price = data
        on.price?.(data)
      },
      state: (state) => on.state?.(state),
      pulse: { interval: 5_000, silence: 15_000, beat: () => void connection.send('ping') },
    },
    options,
  )
  return {
    get state() {
      return connection.state
    },
    get price() {
      return price
    },
    close: connection.close,
  }
}
