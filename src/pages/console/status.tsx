import type { Desk } from './desk.ts'
import { Mark } from './mark.tsx'
import { refusalText } from './sayings.ts'
import type { Trouble } from './trouble.ts'
import type { StreamState } from './stream.ts'

/** Whether a stream runs, and why not. */
export function Status(props: { desk: Desk; state: StreamState; note: Trouble | null }) {
  const { desk, state, note } = props
  const { words } = desk
  const why = note && (refusalText(words.sayings, note.code) ?? note.text)
  const kind =
    state === 'open' ? 'good' : ['waiting', 'refused'].includes(state) ? 'bad' : 'unknown'
  return (
    <span role="status" class="status">
      <Mark kind={kind}>{words.streams[state]}</Mark>
      {why !== null && <span title={note?.text}> {why}</span>}
    </span>
  )
}
