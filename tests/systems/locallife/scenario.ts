import { expect } from 'bun:test'
import { serverKey, start, type Fixture, type TestClient } from '../../fixture.ts'
import { rawHandshake } from '../../raw.ts'

/** A server with people on it. */
export interface Town extends AsyncDisposable {
  server: Fixture
  token(user: string, claims?: Record<string, unknown>): Promise<string>
  /** Connects and waits until everything that waited for the user has been told. */
  connect(user: string, query?: string): Promise<TestClient>
  /** Calls a route with the server key and parses its answer; fails when the status is another. */
  put(path: string, body: unknown, status?: number): Promise<any>
  call(method: string, path: string, status: number, body?: unknown, token?: string): Promise<any>
  /** An approved rider, online in the region; offline without one. */
  rider(id: string, region?: string): Promise<void>
  merchant(id: string, administrators: readonly string[], status?: string): Promise<void>
  operator(id: string): Promise<void>
  online(user: string, region: string): Promise<void>
  offline(user: string): Promise<void>
  /** Publishes a notification and answers its id. */
  note(channel: string, title?: string): Promise<string>
  /** Moves the clock and waits until the second's work is done. */
  pass(ms: number): Promise<void>
  restart(): Promise<void>
}

export async function town(...options: Parameters<typeof start>): Promise<Town> {
  const self: Town = {
    server: await start(...options),
    token: (user, claims) => self.server.token(user, { aud: 'locallife', ...claims }),
    async connect(user, query = '') {
      const token = await self.token(user)
      return self.server.connect(`/v1/ws?token=${token}${query}`)
    },
    put: (path, body, status = 201) =>
      self.call('PUT', `/api/locallife/${path}`, status, body, serverKey),
    async call(method, path, status, body, token) {
      const answer = await self.server.fetch(path, {
        method,
        body,
        ...(token !== undefined && { token }),
      })
      const text = await answer.text()
      expect(`${answer.status} ${answer.status === status ? '' : text}`).toBe(`${status} `)
      return text === '' ? null : JSON.parse(text)
    },
    async rider(id, region) {
      await self.put(`riders/${id}`, { status: 'approved' })
      if (region !== undefined) await self.online(id, region)
    },
    async merchant(id, administrators, status = 'onboarded') {
      await self.put(`merchants/${id}`, { name: id, status, administrators })
    },
    async operator(id) {
      await self.put(`operators/${id}`, { role: 'operator' })
    },
    async online(user, region_id) {
      await self.call('POST', '/v1/rider/online', 200, { region_id }, await self.token(user))
    },
    async offline(user) {
      await self.call('POST', '/v1/rider/offline', 200, {}, await self.token(user))
    },
    async note(channel, title = channel) {
      const data = { title, content: 'c' }
      return (await self.server.publish(`locallife/${channel}`, 'notification', data)).id
    },
    async pass(ms) {
      self.server.clock.advance(ms)
      // What the second of the clock asks the store is asked before this, and answered in order.
      for (let turn = 0; turn < 6; turn++) {
        await self.server.host.store.get('nothing', 0)
        await self.server.host.store.put('nothing', '')
      }
    },
    async restart() {
      self.server = await self.server.restart()
    },
    [Symbol.asyncDispose]: () => self.server[Symbol.asyncDispose](),
  }
  return self
}

const isPong = (frame: any) => frame.type === 'pong'

/** Everything a client has received that was not taken, up to now: what was sent before its pong has arrived. */
export async function received(client: TestClient): Promise<any[]> {
  return client.upTo({ type: 'ping' }, isPong)
}

export async function titles(client: TestClient): Promise<string[]> {
  return (await received(client)).map(({ type, data }) => data.title ?? type)
}

export async function acknowledge(client: TestClient, id: string): Promise<void> {
  client.send({ type: 'ack', data: { message_id: id } })
}

/** A number of the metrics by its name without the prefix; NaN when it is not there. */
export async function metric({ server }: Town, name: string): Promise<number> {
  const answer = await fetch(new URL('/metrics', server.fanfare.internal!.url))
  return Number(new RegExp(`^fanfare_${name} (\\d+)$`, 'm').exec(await answer.text())?.[1])
}

/** Publishes notices `1`, `2`, … in one batch and answers their ids. */
export async function notes(
  { server }: Town,
  count: number,
  channel = 'merchant:m1',
): Promise<string[]> {
  const messages = Array.from({ length: count }, (_, index) => ({
    channel: `locallife/${channel}`,
    type: 'notification',
    data: { title: String(index + 1), content: 'c' },
  }))
  const options = { method: 'POST', body: { messages }, token: serverKey }
  const answer = await server.fetch('/api/publish/batch', options)
  const { results } = (await answer.json()) as { results: { id: string }[] }
  return results.map(({ id }) => id)
}

/** The titles of notices from one number to another. */
export const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index))

/** Status and code of a refused handshake. */
export async function refused(
  { server }: Town,
  path: string,
  headers: Record<string, string> = {},
): Promise<[number, string]> {
  const { status, body } = await rawHandshake(server.url, path, headers)
  return [status, body === '' ? '' : JSON.parse(body).code]
}
