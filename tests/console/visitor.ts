import { expect } from 'bun:test'
import { join } from 'node:path'
import { hashKey } from '../../src/core/keys.ts'
import type { Scope } from '../../src/core/store.ts'
import type { Login, Session } from '../../src/pages/console/api.ts'
import { createKey } from '../../src/storage/sqlite/keys.ts'
import { openWriter } from '../../src/storage/sqlite/open.ts'
import type { Fixture } from '../fixture.ts'

/** A key with some scopes in the data folder of a server. */
export function makeKey(server: Fixture, name: string, scopes: readonly Scope[]): string {
  using db = openWriter(join(server.dir, 'fanfare.db'))
  const key = `fk_${name.padEnd(32, '0')}`
  createKey(db, { name, hash: hashKey(key), scopes, createdAt: 1 })
  return key
}

/** Logs in; fails where that is refused. */
export async function login(server: Fixture, body: Login): Promise<Session> {
  const answer = await server.fetch('/api/console/session', { method: 'POST', body })
  expect([answer.status, answer.ok ? '' : await answer.text()]).toEqual([201, ''])
  return answer.json() as Promise<Session>
}

/** What the console tells, as somebody who is logged in asks for it. */
export async function asked(server: Fixture, path: string, token: string): Promise<any> {
  const answer = await server.fetch(path, { token })
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  return answer.json()
}

/** A stream of events with its reader. */
export interface Listener extends AsyncDisposable {
  readonly events: { readonly event: string; readonly data: any }[]
  /** True once the server has ended it. */
  readonly ended: boolean
  /** Waits for the next event of this name that was not taken yet, and takes it with all before it. */
  next(event: string): Promise<any>
  leave(): Promise<void>
}

const patienceMs = 15_000

/** Opens a stream; fails where that is refused. */
export async function listen(server: Fixture, path: string, token: string): Promise<Listener> {
  const gone = new AbortController()
  const answer = await fetch(server.url + path, {
    headers: { authorization: `Bearer ${token}` },
    signal: gone.signal,
  })
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  expect(answer.headers.get('content-type')).toBe('text/event-stream')
  const events: { event: string; data: any }[] = []
  let ended = false
  let rest = ''
  async function read(): Promise<void> {
    const decoder = new TextDecoder()
    for await (const chunk of answer.body!) {
      const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n\n')
      rest = parts.pop()!
      for (const part of parts) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? []
        if (event !== undefined) events.push({ event, data: JSON.parse(data!) })
      }
    }
  }
  const reading = read().then(
    () => void (ended = true),
    () => void (ended = true),
  )
  return {
    events,
    get ended() {
      return ended
    },
    async next(event) {
      const began = performance.now()
      for (;;) {
        const at = events.findIndex((one) => one.event === event)
        if (at >= 0) return events.splice(0, at + 1).at(-1)!.data
        if (ended || performance.now() - began > patienceMs)
          throw new Error(
            `no "${event}"${ended ? ', the stream has ended' : ''}: ${JSON.stringify(events)}`,
          )
        await Bun.sleep(1)
      }
    },
    async leave() {
      gone.abort()
      await reading
    },
    async [Symbol.asyncDispose]() {
      gone.abort()
      await reading
    },
  }
}
