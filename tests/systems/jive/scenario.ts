import { expect } from 'bun:test'
import type { Fixture, TestClient } from '../../fixture.ts'

/** A user with a token and the HTTP side of the books. */
export interface Member {
  readonly user: string
  readonly token: string
  /** Connects and takes the Connected frame; `query` is put behind the token. */
  connect(query?: string): Promise<TestClient>
  /** Calls a route and parses its answer; fails when the status is another. */
  call(method: string, path: string, status: number, body?: unknown): Promise<any>
  account(family: string, balance?: string): Promise<string>
  spend(account: string, fields?: Record<string, unknown>): Promise<any>
}

export async function member(
  server: Fixture,
  user: string,
  families: readonly string[],
): Promise<Member> {
  const token = await server.token(user, { families })
  const self: Member = {
    user,
    token,
    async connect(query = '') {
      const client = await server.connect(`/jive/ws?token=${token}${query}`)
      const { type, data } = await client.next()
      expect({ type, user: data.user_id }).toEqual({ type: 'Connected', user })
      return client
    },
    async call(method, path, status, body) {
      const answer = await server.fetch(path, { method, body, token })
      const text = await answer.text()
      expect(`${answer.status} ${answer.status === status ? '' : text}`).toBe(`${status} `)
      return text === '' ? null : JSON.parse(text)
    },
    async account(family_id, balance = '0') {
      const body = { family_id, name: 'Cash', balance }
      return (await self.call('POST', '/api/v1/accounts', 201, body)).id
    },
    spend: (account_id, fields = {}) =>
      self.call('POST', '/api/v1/transactions', 201, {
        account_id,
        amount: '-10.00',
        description: 'Lunch',
        ...fields,
      }),
  }
  return self
}

const isPong = (frame: any) => frame.type === 'Pong'

/** Everything a client has received that was not taken, up to now: what was sent before its Pong has arrived. */
export async function received(client: TestClient): Promise<any[]> {
  return client.upTo({ command: 'Ping' }, isPong)
}

export async function subscribe(client: TestClient, topic: string): Promise<any> {
  client.send({ command: 'Subscribe', data: { topic, ack: true } })
  return client.next()
}

export function error(code: string, message: unknown = expect.any(String)) {
  return { type: 'Error', data: { code, message } }
}
