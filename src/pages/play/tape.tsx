import { useState } from 'preact/hooks'
import { useStore } from '../common/use-store.ts'
import { pretty } from './editor.tsx'
import type { Frame, Kept, Log } from './frames.ts'
import type { Words } from './words.ts'

/** Every frame, newest first, with its time; filtered, held still or cleared. */
export function Tape({ log, words }: { log: Log; words: Words }) {
  const [held, hold] = useState<Kept | null>(null)
  const [filter, setFilter] = useState('')
  useStore(log.kept)
  const { frames, count } = held ?? log
  const wanted = filter.toLowerCase().split(/\s+/)
  const shown = frames.filter(({ text }) => fits(text.toLowerCase(), wanted))
  function clear(): void {
    log.clear()
    hold(null)
  }
  return (
    <section class="card tape" aria-label={words.frames}>
      <header>
        <h2>
          {words.frames} <small>{words.kept(shown.length, count)}</small>
          {held !== null && <small> {words.waiting(log.count - held.count)}</small>}
        </h2>
        <input
          type="search"
          name="filter"
          aria-label={words.filter}
          placeholder={words.filterHint}
          value={filter}
          onInput={({ currentTarget }) => setFilter(currentTarget.value)}
        />
        <button
          type="button"
          name="pause"
          class="quiet"
          aria-pressed={held !== null}
          onClick={() => hold(held === null ? { frames, count } : null)}
        >
          {held === null ? words.pause : words.resume}
        </button>
        <button type="button" name="clear" class="quiet" onClick={clear}>
          {words.clear}
        </button>
      </header>
      <ol tabIndex={0} aria-label={words.frames} onKeyDown={walk}>
        {shown.map((frame) => (
          <Row key={frame.id} frame={frame} words={words} />
        ))}
      </ol>
      {shown.length === 0 && <p class="hint">{frames.length === 0 ? words.none : words.noMatch}</p>}
    </section>
  )
}

/** Moves between frames with the arrows: five hundred of them are no stops for the tabulator. */
function walk(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  event.preventDefault()
  const list = event.currentTarget
  const rows = [...list.querySelectorAll('summary')]
  const at = rows.findIndex((row) => row === document.activeElement)
  const next = rows[at + step] ?? (step < 0 ? list : undefined)
  next?.focus()
}

/** Whether a text has every word, and none of those after a minus. */
function fits(text: string, words: readonly string[]): boolean {
  return words.every((word) =>
    word.length > 1 && word.startsWith('-') ? !text.includes(word.slice(1)) : text.includes(word),
  )
}

const arrows = { in: '↓', out: '↑', note: '·' } as const

function Row({ frame, words }: { frame: Frame; words: Words }) {
  const { at, direction, name, text, bytes } = frame
  const [open, setOpen] = useState(false)
  return (
    <li class={direction}>
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary tabIndex={-1}>
          <time>{timeOf(at)}</time>
          <span class="arrow" role="img" aria-label={words[direction]}>
            {arrows[direction]}
          </span>
          <b>{name}</b>
          <span class="text">{direction === 'note' ? words.told(text) : text}</span>
          {direction !== 'note' && (
            <small>
              {bytes} {words.bytes}
            </small>
          )}
        </summary>
        {open && <pre>{direction === 'note' ? words.told(text) : pretty(text)}</pre>}
      </details>
    </li>
  )
}

/** The time of the day to the millisecond. */
function timeOf(at: number): string {
  const date = new Date(at)
  const two = (value: number) => String(value).padStart(2, '0')
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`
}
