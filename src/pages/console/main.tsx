import { render } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { useWords } from '../common/language.tsx'
import type { Session } from './api.ts'
import { LoginView } from './login.tsx'
import { Refused } from './parts.tsx'
import { createServer } from './server.ts'
import { troubleOf, type Trouble } from './trouble.ts'
import { forget, login, resume, takeOnce } from './session.ts'
import { Shell } from './shell.tsx'
import { words as table } from './words.ts'

/** A link logs in once; without one this tab may still be logged in. */
const once = takeOnce()

/** Shows and steers a running server. */
function Console() {
  const { words, language, button } = useWords(table)
  const [session, setSession] = useState<Session | null>(null)
  const [ready, setReady] = useState(false)
  const [note, setNote] = useState<'ended' | 'left' | Trouble | null>(null)
  useEffect(() => {
    ;(once === null ? resume() : login({ once }))
      .then(setSession, (error: unknown) => setNote(troubleOf(error)))
      .finally(() => setReady(true))
  }, [])
  const token = session?.token ?? ''
  const server = useMemo(
    () =>
      createServer(token, () => {
        forget()
        setNote('ended')
        setSession(null)
      }),
    [token],
  )
  function leave(): void {
    server.send('DELETE', '/api/console/session').catch(() => {})
    forget()
    setNote('left')
    setSession(null)
  }
  if (!ready) return null
  if (session !== null) {
    return <Shell key={token} {...{ server, session, words, language, button, leave }} />
  }
  const told =
    note === null || typeof note === 'string' ? (
      note && words.notes[note]
    ) : (
      <Refused words={words} fault={note} />
    )
  return <LoginView words={words} note={told} button={button} done={setSession} />
}

render(<Console />, document.getElementById('page')!)
