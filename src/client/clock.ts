/** Time as the client sees it, given from outside where that is wanted. */
export interface Clock {
  /** Ms; only differences count, but for the offset to a server, where it is epoch ms. */
  now(): number
  /** Runs something once after `ms`, unless the returned function is called before. */
  after(ms: number, run: () => void): () => void
}

/** The machine's own time. */
export const machineClock: Clock = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
