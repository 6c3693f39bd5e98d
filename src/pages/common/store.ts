/** A value that is shown: whoever listens hears of many changes at once. */
export interface Store<Value> {
  readonly value: Value
  change(next: (value: Value) => Value): void
  /** Calls back after changes until the answer is called. */
  listen(run: () => void): () => void
}

/** A store of a first value; `soon` runs something before the screen is drawn next, and not at all while nobody looks. */
export function createStore<Value>(first: Value, soon: (run: () => void) => void): Store<Value> {
  const listeners = new Set<() => void>()
  let value = first
  let waits = false
  function tell(): void {
    waits = false
    for (const run of listeners) run()
  }
  return {
    get value() {
      return value
    },
    change(next) {
      const changed = next(value)
      if (changed === value) return
      value = changed
      if (waits) return
      waits = true
      soon(tell)
    },
    listen(run) {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
  }
}
