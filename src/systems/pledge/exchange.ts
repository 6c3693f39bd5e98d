/** A price as an exchange tells it. */
export interface Tick {
  /** `PLGR-USDT` */
  readonly symbol: string
  /** The exact text of the exchange; never a number of ours (P13). */
  readonly price: string
  /** Rises with each tick of a symbol; it outgrows exact numbers. */
  readonly sequence: bigint
}

/** What a feed hears from one connection to an exchange. */
export interface Hearing {
  /** The exchange has taken the subscription. */
  ready(): void
  tick(tick: Tick): void
  /** Anything at all has arrived: the connection lives. */
  alive(): void
  /** Called once, whatever ends it; nothing is heard after that. `retry`: `now` where waiting gains nothing, as after a token that was over. */
  ended(reason: string, retry: 'now' | 'later'): void
}

/** One connection to an exchange; closing it tells nobody. */
export interface Link {
  close(): void
  /** Ms of silence after which it is given up, known once it is ready. */
  readonly patience: number
}

/** A way to an exchange: all that has to be written to add one. */
export interface Exchange {
  /** `kucoin`: for logs and metrics. */
  readonly name: string
  /** Opens one connection for all symbols. It never throws: what goes wrong ends it. */
  open(symbols: readonly string[], hearing: Hearing): Link
}
