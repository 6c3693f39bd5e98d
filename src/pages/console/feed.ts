import { useEffect, useRef, useState } from 'preact/hooks'
import type { Server } from './server.ts'
import type { Trouble } from './trouble.ts'
import type { StreamState } from './stream.ts'

/** The newest of what a stream tells, newest first. */
interface Feed<Row> {
  readonly rows: readonly Numbered<Row>[]
  readonly state: StreamState
  readonly note: Trouble | null
  /** How many came since it was paused. */
  readonly held: number
  clear(): void
}

/** A row with a number of its own. */
export type Numbered<Row> = Row & { readonly number: number }

const most = 500

/** Follows a stream and keeps its newest 500 rows, drawing once a frame; what comes while `paused` waits. A stream that begins with its past (`anew`) replaces what was there. */
export function useFeed<Row>(
  server: Server,
  path: string | null,
  rowOf: (event: string, data: unknown) => Row | null,
  { paused = false, anew = false }: { readonly paused?: boolean; readonly anew?: boolean } = {},
): Feed<Row> {
  const [rows, setRows] = useState<readonly Numbered<Row>[]>([])
  const [held, setHeld] = useState(0)
  const [{ state, note }, setState] = useState({
    state: 'connecting' as StreamState,
    note: null as Trouble | null,
  })
  const box = useRef({ paused, waiting: [] as Numbered<Row>[], last: 0, frame: 0, wipe: false })
  box.current.paused = paused

  function draw(): void {
    const { current } = box
    current.frame = 0
    if (current.paused) return setHeld(current.waiting.length)
    const { wipe } = current
    const fresh = current.waiting.splice(0).reverse()
    current.wipe = false
    setHeld(0)
    setRows((old) => (wipe ? fresh : [...fresh, ...old].slice(0, most)))
  }
  function soon(): void {
    const { current } = box
    if (current.frame === 0) current.frame = requestAnimationFrame(draw)
  }
  function wipe(): void {
    Object.assign(box.current, { waiting: [], wipe: true })
    soon()
  }
  useEffect(() => {
    if (path === null) return
    wipe()
    const stop = server.stream(path, {
      event(name, data) {
        const row = rowOf(name, data)
        if (row === null) return
        const { current } = box
        current.waiting.push({ ...row, number: ++current.last })
        if (current.waiting.length > most) current.waiting.shift()
        soon()
      },
      state(next, why) {
        if (next === 'open' && anew) wipe()
        setState({ state: next, note: why })
      },
    })
    return () => {
      stop()
      cancelAnimationFrame(box.current.frame)
      box.current.frame = 0
    }
  }, [server, path])
  useEffect(soon, [paused])
  return { rows, state, note, held, clear: wipe }
}
