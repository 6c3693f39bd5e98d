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
  /** The exchange has taken the subscription. The connection is given up after `silence` ms without `alive`. */
  ready(silence: number): void
  tick(tick: Tick): void
  /** Anything at all has arrived: the connection lives. */
  alive(): void
  /** What has arrived cannot be read; many such in a row end the connection. */
  unreadable(): void
  /** Called once, whatever ends it but `close`; nothing is heard after that. `retry`: `now` where waiting gains nothing, as after a token that was over. */
  ended(reason: string, retry: 'now' | 'later'): void
}

/** One connection to an exchange. */
export interface Link {
  /** Ends it at once and leaves nothing behind; nobody is told, nothing is heard after that. Closing what has ended already does nothing. */
  close(): void
}

/** A way to an exchange: all that has to be written to add one. */
export interface Exchange {
  /** `kucoin`: for logs and metrics. */
  readonly name: string
  /** Opens one connection for all symbols. It never throws: what goes wrong ends it. */
  open(symbols: readonly string[], hearing: Hearing): Link
}
