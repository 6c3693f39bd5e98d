import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Session } from './api.ts'
import { Fault } from './parts.tsx'
import { troubleOf, type Trouble } from './trouble.ts'
import { login } from './session.ts'
import type { Words } from './words.ts'

/** Asks for a server key; `note` says why, where somebody was in already. */
export function LoginView(props: {
  words: Words
  note: ComponentChildren
  button: ComponentChildren
  done: (session: Session) => void
}) {
  const { words, note, button, done } = props
  const [key, setKey] = useState('')
  const [fault, setFault] = useState<Trouble | null>(null)
  const [busy, setBusy] = useState(false)
  const [tried, setTried] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  function submit(event: Event): void {
    event.preventDefault()
    if (busy) return
    setBusy(true)
    setTried(true)
    setFault(null)
    login({ key: key.trim() })
      .then(done, (error: unknown) => setFault(troubleOf(error)))
      .finally(() => setBusy(false))
  }
  return (
    <div class="login">
      <header class="bar">
        <h1>Fanfare {words.console}</h1>
        {button}
      </header>
      <form onSubmit={submit}>
        {note !== null && !tried && <p role="status">{note}</p>}
        <label>
          {words.key}
          <input
            ref={field}
            name="key"
            type="password"
            autocomplete="off"
            required
            value={key}
            onInput={({ currentTarget }) => setKey(currentTarget.value)}
          />
        </label>
        <button type="submit" aria-busy={busy}>
          {words.logIn}
        </button>
        <Fault words={words} fault={fault} />
        <p class="quiet">{words.keyHint}</p>
      </form>
    </div>
  )
}
