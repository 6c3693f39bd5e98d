import { signToken } from '../../../src/core/auth.ts'
import { secret } from '../../fixture.ts'
import { headersOf, nextNonce } from '../../systems/dcs/signed.ts'
import { request, wanted } from './http.ts'

/** A token of a user of a system for a day. */
export function tokenFor(
  system: 'jive' | 'locallife' | 'crash',
  sub: string,
  claims: Record<string, unknown> = {},
): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 86_400
  return signToken({ sub, aud: system, exp, ...claims }, secret)
}

/** A partner of dcs that knows its keys. */
export interface Partner {
  /** A new channel, which ends the one before. */
  channel(url: string): Promise<string>
}

/** Makes a partner, and a new secret for one that is there already. */
export async function partner(url: string, id: string): Promise<Partner> {
  const path = `/api/dcs/partners/${id}`
  await wanted(url, { method: 'PUT', path })
  const keys = await wanted(url, { method: 'POST', path: `${path}/secret` })
  const { apiKey, apiSecret } = keys as { apiKey: string; apiSecret: string }
  return {
    async channel(at) {
      const timestamp = String(Date.now())
      const headers = headersOf({ apiKey, secret: apiSecret, timestamp, nonce: nextNonce() })
      const answer = await request(at, { path: '/websocket/v1/get-channel', headers })
      const { data } = JSON.parse(answer?.text ?? '{}') as { data?: string }
      if (data === undefined) throw new Error(`No channel: ${answer?.status} ${answer?.text}`)
      return data
    },
  }
}

/** A connection that counts what it hears. */
export interface Listener {
  readonly system: string
  heard: number
  /** The close code; null while it is open. */
  closed: number | null
  readonly ended: Promise<number>
}

/** Connects and resolves once it is open. */
export async function listenTo(system: string, address: string): Promise<Listener> {
  const socket = new WebSocket(address)
  const over = Promise.withResolvers<number>()
  const self: Listener = { system, heard: 0, closed: null, ended: over.promise }
  socket.addEventListener('message', () => void self.heard++)
  socket.addEventListener('close', ({ code }) => over.resolve((self.closed = code)))
  socket.addEventListener('error', () => {})
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('close', ({ code }) => reject(new Error(`${system} refused: ${code}`)))
  })
  return self
}
