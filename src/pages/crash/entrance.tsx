import { useState } from 'preact/hooks'
import type { Desk } from './desk.ts'
import type { View } from './view.ts'
import type { Words } from './words.ts'

/** For those who watch: how to get in. */
export function Entrance({ desk, view, words }: { desk: Desk; view: View; words: Words }) {
  const [token, setToken] = useState('')
  const [fault, setFault] = useState('')
  const { entrance } = view
  if (view.me !== null || view.table.phase === null) return null
  if (entrance === 'entering') {
    return (
      <section class="entrance" aria-busy="true">
        {words.entering}
      </section>
    )
  }
  function submit(event: Event): void {
    event.preventDefault()
    if (token.trim() !== '') desk.enter(token.trim())
  }
  return (
    <section class="entrance" aria-label={words.watching}>
      <p role="status">
        {entrance === 'none' ? (
          <strong>{words.watching}</strong>
        ) : (
          <strong class="wrong">{words.entrance[entrance]}</strong>
        )}{' '}
        {words.how}
      </p>
      <form onSubmit={submit}>
        <input
          name="token"
          type="password"
          autocomplete="off"
          aria-label={words.token}
          placeholder={words.token}
          value={token}
          onInput={({ currentTarget }) => setToken(currentTarget.value)}
        />
        <button type="submit">{words.enter}</button>
        {view.rules?.playMoney === true && (
          <button
            type="button"
            class="try"
            onClick={() => desk.tryOut().catch((error: Error) => setFault(error.message))}
          >
            {words.tryOut}
          </button>
        )}
      </form>
      {fault !== '' && <p class="wrong">{fault}</p>}
    </section>
  )
}
