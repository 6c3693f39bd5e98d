import { answered } from '../common/answered.ts'
import type { Kind, Kinds } from '../console/api.ts'
import type { Action, Cast, PlaySession } from './api.ts'
import { wireOf, type Wire } from './wire.ts'

/** What is said where nobody answers; pages have words for it. */
export const unreachable = 'unreachable'

/** Who can be played here. */
export function readCast(): Promise<Cast> {
  return ask('/api/play')
}

/** Enters in a role; throws what the server refused. */
export function enter(system: string, role: string): Promise<PlaySession> {
  const body = JSON.stringify({ system, role })
  const headers = { 'content-type': 'application/json' }
  return ask('/api/play/session', { method: 'POST', headers, body })
}

/** What crosses the wire of a system. */
export async function readWire(system: string): Promise<Wire> {
  return wireOf(await ask(`/asyncapi/${system}.json`))
}

/** The kinds of channels of a system to which backends publish. */
export async function readKinds({ system, key }: PlaySession): Promise<readonly Kind[]> {
  const headers = { authorization: `Bearer ${key}` }
  const { kinds } = await ask<Kinds>('/api/console/kinds', { headers })
  return kinds.filter((one) => one.system === system && one.publish)
}

/** A request as a backend makes it, `body` being JSON text. */
export interface Order extends Pick<Action, 'method' | 'path' | 'bearer'> {
  readonly body: string
}

/** Makes a request and tells what came back, a refusal included, as text. */
export async function send({ method, path, bearer, body }: Order): Promise<string> {
  const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
  try {
    const answer = await reach(path, { method, headers, body })
    return `${answer.status} ${await answer.text()}`.trim()
  } catch (error) {
    return (error as Error).message
  }
}

/** Every browser words it differently that nobody answers. */
function reach(path: string, init: RequestInit): Promise<Response> {
  return fetch(path, init).catch(() => Promise.reject(new Error(unreachable)))
}

async function ask<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
  return answered<Answer>(await reach(path, init))
}
