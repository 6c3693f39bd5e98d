import { keep, readKept } from '../common/storage.ts'
import type { Login, Session } from './api.ts'
import { refusalOf } from './server.ts'

const kept = 'fanfare-console-token'

/** Logs in; a refusal is a RequestError. */
export async function login(by: Login): Promise<Session> {
  const answer = await fetch('/api/console/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(by),
  })
  if (!answer.ok) throw await refusalOf(answer)
  const session = (await answer.json()) as Session
  keep('sessionStorage', kept, session.token)
  return session
}

/** The session that this tab of the browser had before it was loaded again; null where there is none any more. */
export async function resume(): Promise<Session | null> {
  const token = readKept('sessionStorage', kept)
  if (token === null) return null
  const answer = await fetch('/api/console/session', {
    headers: { authorization: `Bearer ${token}` },
    cache: 'no-store',
  })
  if (answer.status === 401) {
    keep('sessionStorage', kept, null)
    return null
  }
  if (!answer.ok) throw await refusalOf(answer)
  return { token, ...((await answer.json()) as Omit<Session, 'token'>) }
}

/** Forgets the token here; the server does by `DELETE`. */
export function forget(): void {
  keep('sessionStorage', kept, null)
}

/** The secret of a one-time link, taken out of the address so that nobody reads it there; null where there is none. */
export function takeOnce(): string | null {
  const [, once = null] = /^#once=([\w-]+)$/.exec(location.hash) ?? []
  if (once !== null) history.replaceState(null, '', location.pathname)
  return once
}
