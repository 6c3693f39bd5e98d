import { expect } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverKey, type Fixture, type TestClient } from '../../fixture.ts'
import { rawHandshake } from '../../raw.ts'
import { headersOf, nextNonce, type Claims } from './signed.ts'

/** The envelope that partners read (D5). */
export interface Envelope {
  readonly status: number
  readonly code: string
  readonly message: string | null
  readonly data?: string
  readonly success: boolean
}

/** A partner with its keys, and what it does over HTTP and WebSocket. */
export interface Partner {
  readonly id: string
  readonly apiKey: string
  readonly apiSecret: string
  /** A signed GET; every call has a nonce of its own unless `claims` gives one. */
  call(path: string, query?: string, claims?: Partial<Claims>): Promise<Envelope>
  /** A new listen channel, which ends the one before. */
  channel(): Promise<string>
  /** A connection on a new listen channel. */
  connect(query?: string): Promise<TestClient>
  /** A backend tells this partner something; resolves to its version. */
  tell(user: string, status?: string): Promise<number>
}

/** Makes a partner, by the server key. */
export async function partner(server: Fixture, id: string): Promise<Partner> {
  const answer = await server.fetch(`/api/dcs/partners/${id}`, { method: 'PUT', token: serverKey })
  expect(answer.status).toBe(201)
  return withKeys(server, (await answer.json()) as never)
}

/** A partner whose keys are known, on a server of its own or on the one after a restart. */
export function withKeys(
  server: Fixture,
  { id, apiKey, apiSecret }: Pick<Partner, 'id' | 'apiKey' | 'apiSecret'>,
): Partner {
  const self: Partner = {
    id,
    apiKey,
    apiSecret,
    async call(path, query = '', claims = {}) {
      const timestamp = String(server.clock.now())
      const own = { apiKey, secret: apiSecret, timestamp, nonce: nextNonce(), payload: query }
      const headers = headersOf({ ...own, ...claims })
      const answer = await fetch(server.url + path + (query && `?${query}`), { headers })
      return { status: answer.status, ...((await answer.json()) as object) } as Envelope
    },
    async channel() {
      const { code, data } = await self.call('/websocket/v1/get-channel')
      expect(code).toBe('SYS_SUCCESS')
      return data!
    },
    connect: async (query = '') => listen(server, `/ws/${await self.channel()}${query}`),
    async tell(user, status = 'PASS') {
      const { version } = await publish(server, id, 'KYC_STATUS', { status }, user)
      return version
    },
  }
  return self
}

/** A connection that has come as far as hearing what happens now: its frames are read only then. */
export async function listen(server: Fixture, path: string, base?: string): Promise<TestClient> {
  const client = await server.connect(path, base === undefined ? {} : { base })
  const read = () => {
    const counted = /frames_received_total\{system="dcs",command="ignored"\} (\d+)/
    return Number(counted.exec(server.host.metrics.text())?.[1] ?? 0)
  }
  const before = read()
  client.send('')
  await server.settled(() => read() > before)
  return client
}

/** Publishes as a backend does; the answer must be 200. */
export async function publish(
  server: Fixture,
  id: string,
  type: string,
  data: unknown,
  externalUserId = 'u1',
): Promise<{ id: string; version: number; recipients: number }> {
  const body = { channel: `dcs/partner:${id}`, type, data, externalUserId }
  const answer = await server.fetch('/api/publish', { method: 'POST', body, token: serverKey })
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  return answer.json() as never
}

/** Everything a client has received that was not taken, up to now: the server answers a ping after all it has sent. */
export async function received(client: TestClient): Promise<any[]> {
  const socket = client.socket as unknown as EventTarget & { ping(): void }
  await new Promise<void>((resolve) => {
    socket.addEventListener('pong', () => resolve(), { once: true })
    socket.ping()
  })
  return client.frames.splice(0).map((text) => JSON.parse(text))
}

/** The versions of frames, in the order they came. */
export function versions(frames: readonly { version: string }[]): number[] {
  return frames.map(({ version }) => Number(version))
}

/** The numbers from `first` to `last`. */
export function numbers(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** Status and code of the answer to a handshake; the socket of a good one is 101. */
export async function handshake(
  server: Fixture,
  path: string,
  headers?: Record<string, string>,
  base = server.url,
): Promise<string> {
  const { status, body } = await rawHandshake(base, path, headers)
  if (status === 101) return '101'
  const envelope = JSON.parse(body)
  expect(Object.keys(envelope)).toEqual(['code', 'message', 'success'])
  expect(envelope.success).toBe(false)
  return `${status} ${envelope.code}`
}

/** A sample of the wire format, as text. */
export function golden(name: string): string {
  return readFileSync(join(import.meta.dir, 'golden', `${name}.json`), 'utf8')
}

/** A sample without the white space between its tokens. */
export function compact(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|\s+/g, (_, text: string | undefined) => text ?? '')
}
