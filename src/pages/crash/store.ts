import { useEffect, useState } from 'preact/hooks'

/** A value that is shown; of many changes within a frame of the screen only the last one is drawn, and none while nobody looks. */
export interface Store<Value> {
  readonly value: Value
  change(next: (value: Value) => Value): void
  /** Calls back after changes until the answer is called. */
  listen(run: () => void): () => void
}

/** A store of a first value. */
export function createStore<Value>(first: Value): Store<Value> {
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
      if (!waits) requestAnimationFrame(tell)
      waits = true
    },
    listen(run) {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
  }
}

/** The value of a store, drawn again when it changes. */
export function useStore<Value>(store: Store<Value>): Value {
  const [value, set] = useState(store.value)
  useEffect(() => {
    set(() => store.value)
    return store.listen(() => set(() => store.value))
  }, [store])
  return value
}
