import { useEffect, useState } from 'preact/hooks'
import { machineClock } from '../../client/clock.ts'
import { type Server } from './server.ts'
import { troubleOf, type Trouble } from './trouble.ts'

/** What the server answers to a question that a view asks. */
interface Answer<Value> {
  /** Null until it is there. */
  readonly value: Value | null
  /** Why it is not, or no newer one; null where nothing is wrong. */
  readonly fault: Trouble | null
  again(): void
}

/** Asks when a view opens, when `again` is called, and every `everyMs` while somebody sees the page; a path of null asks nothing. */
export function useAnswer<Value>(
  server: Server,
  path: string | null,
  everyMs: number | null = null,
): Answer<Value> {
  const [{ of, value, fault }, set] = useState<{
    readonly of: string | null
    readonly value: Value | null
    readonly fault: Trouble | null
  }>({ of: null, value: null, fault: null })
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (path === null) return
    let over = false
    let answered = false
    let stop = () => {}
    async function ask(): Promise<void> {
      stop()
      if (document.hidden) return
      await server.get<Value>(path!).then(
        (next) => over || set({ of: path, value: next, fault: null }),
        (error: unknown) =>
          over ||
          set((old) => ({
            of: path,
            value: old.of === path ? old.value : null,
            fault: troubleOf(error),
          })),
      )
      answered = true
      if (!over && everyMs !== null) stop = machineClock.after(everyMs, () => void ask())
    }
    function turned(): void {
      if (document.hidden) stop()
      else if (everyMs !== null || !answered) void ask()
    }
    document.addEventListener('visibilitychange', turned)
    void ask()
    return () => {
      over = true
      stop()
      document.removeEventListener('visibilitychange', turned)
    }
  }, [server, path, everyMs, turn])
  const mine = of === path
  return {
    value: mine ? value : null,
    fault: mine ? fault : null,
    again: () => setTurn((count) => count + 1),
  }
}
