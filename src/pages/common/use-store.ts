import { useEffect, useState } from 'preact/hooks'
import type { Store } from './store.ts'

/** The value of a store, drawn again when it changes. */
export function useStore<Value>(store: Store<Value>): Value {
  const [value, set] = useState(store.value)
  useEffect(() => {
    set(() => store.value)
    return store.listen(() => set(() => store.value))
  }, [store])
  return value
}
