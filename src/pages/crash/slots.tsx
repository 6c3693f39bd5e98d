import { useEffect } from 'preact/hooks'
import type { Language } from '../common/language.tsx'
import type { Desk } from './desk.ts'
import { SlotCard, Winning } from './slot.tsx'
import { flying, minorIn, type View } from './view.ts'
import type { Words } from './words.ts'

/** The three slots, and the keys that play them: 1, 2, 3 and Space. */
export function SlotCards(props: { desk: Desk; view: View; words: Words; language: Language }) {
  const { desk, view, words } = props
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => play(event, desk)
    addEventListener('keydown', pressed)
    return () => removeEventListener('keydown', pressed)
  }, [desk])
  const canAll = flying(view).length > 0
  const stakes = view.table.seats
    .map(({ bet }) => (bet?.status === 'active' ? (minorIn(view, bet.amount) ?? 0) : 0))
    .reduce((sum, stake) => sum + stake, 0)
  return (
    <section class="slots" aria-label={words.slots}>
      <fieldset disabled={view.me === null}>
        {[1, 2, 3].map((slotId) => (
          <SlotCard key={slotId} {...props} slotId={slotId} />
        ))}
      </fieldset>
      <div class="all">
        <button type="button" class="out" disabled={!canAll} onClick={() => desk.cashOutAll()}>
          {words.outAll}
          {canAll && ': '}
          {canAll && <Winning desk={desk} view={view} stake={stakes} say={(text) => text} />}
        </button>
        <p class="keys">
          <kbd>1</kbd> <kbd>2</kbd> <kbd>3</kbd> {words.keys} · <kbd>{words.space}</kbd>{' '}
          {words.outAll}
        </p>
      </div>
    </section>
  )
}

/** Keys that something else on the page waits for are left to it. */
function play(event: KeyboardEvent, desk: Desk): void {
  const { key, target } = event
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return
  const at = target instanceof Element ? target : document.body
  const isTyping = at.matches('input:not([type=checkbox]), textarea, select')
  if (['1', '2', '3'].includes(key) && !isTyping) desk.act(Number(key))
  else if (key === ' ' && !isTyping && !at.matches('button, a, summary, input')) {
    // Space would scroll.
    event.preventDefault()
    desk.cashOutAll()
  }
}
