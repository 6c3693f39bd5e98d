import { useRef } from 'preact/hooks'
import type { Language } from '../common/language.tsx'
import { multiplierText } from '../common/multiplier.ts'
import type { Desk } from './desk.ts'
import { useFrames, write } from './frames.ts'
import { grouped, textOf, winnings } from './money.ts'
import { sentenceOf } from './refusals.ts'
import type { Seat } from './table.ts'
import { actionOf, decimalsOf, minorIn, type Action, type Slot, type View } from './view.ts'
import type { Words } from './words.ts'

interface Props {
  readonly desk: Desk
  readonly view: View
  readonly words: Words
  readonly language: Language
}

/** One of three places to bet at. */
export function SlotCard({ desk, view, words, language, slotId }: Props & { slotId: number }) {
  const slot = view.slots[slotId - 1]!
  const seat = view.table.seats[slotId - 1]!
  const action = actionOf(view, slotId)
  const set = (change: Parameters<Desk['set']>[1]) => desk.set(slotId, change)
  const name = words.slot(slotId)
  function entered({ key, target }: KeyboardEvent): void {
    const isBet = action === 'bet' || action === 'queue'
    if (key === 'Enter' && isBet && target instanceof HTMLInputElement) desk.act(slotId)
  }
  return (
    <section
      class={`slot ${seat.bet?.status ?? ''} ${action}`}
      aria-label={name}
      onKeyDown={entered}
    >
      <h2>
        {name} <kbd>{slotId}</kbd>
      </h2>
      <Amount view={view} words={words} slot={slot} name={name} set={set} />
      <label>
        {words.auto}
        <input
          name={`auto${slotId}`}
          inputMode="decimal"
          autocomplete="off"
          placeholder={words.never}
          value={slot.auto}
          onInput={({ currentTarget }) =>
            set({ auto: currentTarget.value.trim().replace(',', '.') })
          }
        />
      </label>
      <label class="repeat">
        <input
          type="checkbox"
          name={`repeat${slotId}`}
          checked={slot.repeats}
          onChange={({ currentTarget }) => set({ repeats: currentTarget.checked })}
        />
        {words.repeat}
      </label>
      <Act desk={desk} view={view} words={words} slotId={slotId} action={action} slot={slot} />
      <p class="standing" role="status">
        {slot.note === null ? (
          standing(seat, words)
        ) : (
          <span class="wrong">{sentenceOf(slot.note, language)}</span>
        )}
      </p>
    </section>
  )
}

interface AmountProps {
  readonly view: View
  readonly words: Words
  readonly slot: Slot
  readonly name: string
  readonly set: (change: { amount: string }) => void
}

/** The stake, with the ways to change it quickly. */
function Amount(props: AmountProps) {
  const { view, words, slot, set } = props
  return (
    <div class="amount">
      <label>
        {words.amount}
        {view.rules !== null && <small> {view.rules.currency}</small>}
        <input
          name="amount"
          inputMode="decimal"
          autocomplete="off"
          value={slot.amount}
          onInput={({ currentTarget }) =>
            set({ amount: currentTarget.value.trim().replace(',', '.') })
          }
        />
      </label>
      <Ways {...props} />
    </div>
  )
}

/** Half, double, the least and the most that can be bet. */
function Ways({ view, words, slot, name, set }: AmountProps) {
  const decimals = decimalsOf(view)
  const minor = minorIn(view, slot.amount) ?? 0
  const least = minorIn(view, view.rules?.minBet ?? '') ?? 1
  const most = minorIn(view, view.rules?.maxBet ?? '') ?? Number.MAX_SAFE_INTEGER
  const purse = minorIn(view, view.balance) ?? 0
  const bound = (value: number) =>
    set({ amount: textOf(Math.max(least, Math.min(most, value)), decimals) })
  const ways: [label: string, says: string, value: number][] = [
    ['½', words.half, Math.floor(minor / 2)],
    ['×2', words.double, minor * 2],
    [words.min, words.min, least],
    [words.max, words.max, Math.min(most, purse)],
  ]
  return (
    <div class="ways">
      {ways.map(([label, says, value]) => (
        <button
          key={label}
          type="button"
          title={says}
          aria-label={`${name}: ${says}`}
          onClick={() => bound(value)}
        >
          {label}
        </button>
      ))}
    </div>
  )
}

/** The main button: what it does, or what is under way. */
function Act(props: {
  desk: Desk
  view: View
  words: Words
  slotId: number
  action: Action
  slot: Slot
}) {
  const { desk, view, words, slotId, action, slot } = props
  const stake = minorIn(view, view.table.seats[slotId - 1]?.bet?.amount ?? '') ?? 0
  function press(event: MouseEvent): void {
    // After a click the keys are the table's again; whoever came with the keyboard stays here.
    if (event.detail > 0) (event.currentTarget as HTMLElement).blur()
    desk.act(slotId)
  }
  return (
    <button
      type="button"
      class={`act ${action}`}
      disabled={action === 'none'}
      aria-busy={slot.busy !== null}
      onClick={press}
    >
      {slot.busy !== null ? (
        words.busy[slot.busy]
      ) : action === 'out' ? (
        <Winning desk={desk} view={view} stake={stake} say={words.out} />
      ) : action === 'none' ? (
        view.me === null ? (
          words.bet
        ) : (
          words.wait
        )
      ) : (
        words[action]
      )}
    </button>
  )
}

/** What stakes would win now, moving with the multiplier; at least that is paid. */
export function Winning(props: {
  desk: Desk
  view: View
  stake: number
  say: (amount: string) => string
}) {
  const { desk, view, stake, say } = props
  const text = useRef<HTMLSpanElement>(null)
  useFrames((now) => {
    const won = winnings(stake, desk.head.at(now).multiplier)
    write(text.current, say(grouped(textOf(won, decimalsOf(view)))))
  })
  return <span ref={text} />
}

function standing({ bet, queued }: Seat, words: Words) {
  const { state } = words
  if (queued !== null) return state.queued(grouped(queued.amount))
  if (bet === null) return ''
  const { amount, status, autoCashOut, cashOutMultiplier, winAmount } = bet
  if (status === 'lost') return <span class="wrong">{state.lost(grouped(amount))}</span>
  if (status === 'cashed_out')
    return (
      <span class="right">
        {state.won(grouped(winAmount ?? ''), multiplierText(cashOutMultiplier ?? 1))}
      </span>
    )
  const auto =
    autoCashOut === undefined ? '' : ` · ${state.auto(multiplierText(Number(autoCashOut)))}`
  return state.active(grouped(amount)) + auto
}
