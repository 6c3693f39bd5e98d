import type { Desk } from './desk.ts'
import type { Feed } from './feed.ts'
import { Text } from './parts.tsx'
import { Status } from './status.tsx'

/** What is done with the rows of a stream: filter them, hold them up, see whether more come. */
export function Controls(props: {
  desk: Desk
  feed: Pick<Feed<unknown>, 'held' | 'state' | 'note'>
  paused: boolean
  setPaused: (paused: boolean) => void
  wanted: string
  setWanted: (wanted: string) => void
}) {
  const { desk, feed, paused, setPaused, wanted, setWanted } = props
  const { words, figures } = desk
  return (
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
}
