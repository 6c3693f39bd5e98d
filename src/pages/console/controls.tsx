import { useState } from 'preact/hooks'
import type { Desk } from './desk.ts'
import { useFeed } from './feed.ts'
import { Text } from './parts.tsx'
import { Status } from './status.tsx'

/** Where rows come from, and what is searched in them. */
interface Source<Row> {
  readonly path: string
  readonly rowOf: (event: string, data: unknown) => Row | null
  readonly textOf: (row: Row) => string
  /** The stream begins with its past. */
  readonly anew?: boolean
}

/** The rows of a stream that have what is wanted, the controls that filter and hold them, and what is said where there is none (else null). */
export function useRows<Row>(desk: Desk, { path, rowOf, textOf, anew = false }: Source<Row>) {
  const { words, figures } = desk
  const [paused, setPaused] = useState(false)
  const [wanted, setWanted] = useState('')
  const feed = useFeed<Row>(desk.server, path, rowOf, { paused, anew })
  const rows = feed.rows.filter((row) => wanted === '' || textOf(row).includes(wanted))
  const controls = (
    <>
      <Text label={words.filter} name="filter" value={wanted} change={setWanted} />
      <button
        type="button"
        class="secondary pause"
        aria-pressed={paused}
        onClick={() => setPaused(!paused)}
      >
        {paused ? words.resume(figures.count(feed.held)) : words.pause}
      </button>
      <Status desk={desk} state={feed.state} note={feed.note} />
    </>
  )
  const none = <p class="quiet">{feed.rows.length === 0 ? words.nothingYet : words.nothingFits}</p>
  return { rows, controls, empty: rows.length === 0 ? none : null, clear: feed.clear }
}
