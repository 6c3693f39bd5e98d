import type { Desk } from './desk.ts'
import { Mark } from './mark.tsx'
import type { StreamState } from './stream.ts'

/** Whether a stream runs, and why not. */
export function Status({ desk, state, note }: { desk: Desk; state: StreamState; note: string }) {
  const { words } = desk
  const kind =
    state === 'open' ? 'good' : ['waiting', 'refused'].includes(state) ? 'bad' : 'unknown'
  return (
    <span role="status" class="status">
      <Mark kind={kind}>{words.streams[state]}</Mark>
      {note !== '' && ` ${note}`}
    </span>
  )
}
