import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import type { Desk } from './desk.ts'
import { calm, useFrames, write } from './frames.ts'
import { grouped, textOf } from './money.ts'
import { decimalsOf, minorIn, type View } from './view.ts'
import type { Words } from './words.ts'

/** The head of the page: the connection, who plays, and what is in the purse. */
export function Bar(props: { desk: Desk; view: View; words: Words; language: JSX.Element }) {
  const { desk, view, words, language } = props
  return (
    <header class="bar">
      <h1>{words.title}</h1>
      <Link desk={desk} view={view} words={words} />
      {view.me !== null && (
        <div class="purse">
          <span class="name" title={`${words.player}: ${view.me.playerId}`}>
            {view.me.nickname}
          </span>
          <Balance view={view} words={words} />
          <button type="button" class="quiet" onClick={() => desk.leave()}>
            {words.leave}
          </button>
        </div>
      )}
      {language}
    </header>
  )
}

/** How the connection stands: the time of a ping, or when the next try is. */
function Link({ desk, view, words }: { desk: Desk; view: View; words: Words }) {
  const text = useRef<HTMLSpanElement>(null)
  const { link, nextTry } = view
  useFrames((now) => {
    const ping = desk.latency()
    const said =
      link.name === 'waiting'
        ? words.retry(String(Math.max(0, Math.ceil((nextTry - now) / 1_000))))
        : link.name === 'open' && ping !== null
          ? `${Math.max(1, Math.round(ping))} ms`
          : words.link[link.name]
    write(text.current, said)
  })
  return (
    <div class={`link ${link.name}`}>
      <span role="status" class="unseen">
        {words.link[link.name]}
      </span>
      <span ref={text} title={words.offset(grouped(String(Math.round(desk.offset()))))} />
      {link.name === 'closed' && (
        <button type="button" class="quiet" onClick={() => desk.leave()}>
          {words.again}
        </button>
      )}
    </div>
  )
}

/** How long a balance takes to its new value, ms. */
const countMs = 400

/** The balance, which counts to its new value where things may move. */
function Balance({ view, words }: { view: View; words: Words }) {
  const text = useRef<HTMLElement>(null)
  const count = useRef({ from: 0, to: -1, since: 0 })
  const decimals = decimalsOf(view)
  const to = minorIn(view, view.balance) ?? 0
  useFrames((now) => {
    const { current } = count
    if (current.to !== to) {
      const from = current.to < 0 || calm.matches ? to : shown(current, now)
      count.current = { from, to, since: now }
    }
    write(text.current, grouped(textOf(shown(count.current, now), decimals)))
  })
  return (
    <span class="balance">
      <small>{words.balance}</small> <strong ref={text} /> <small>{view.me?.currency}</small>
    </span>
  )
}

function shown({ from, to, since }: { from: number; to: number; since: number }, now: number) {
  const share = Math.min(1, Math.max(0, (now - since) / countMs))
  return Math.round(from + (to - from) * (1 - (1 - share) ** 3))
}
