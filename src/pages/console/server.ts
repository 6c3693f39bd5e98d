import { RequestError } from '../../client/error.ts'
import { follow, type StreamListener } from './stream.ts'

/** The server as somebody sees it who is logged in; a refusal is a RequestError with the server's code. */
export interface Server {
  get<Answer>(path: string): Promise<Answer>
  /** Sends a request with a JSON text; null where the answer is empty. */
  send<Answer>(method: 'POST' | 'DELETE', path: string, body?: string): Promise<Answer>
  /** Follows a stream until the returned function is called; it comes back by itself. */
  stream(path: string, listener: StreamListener): () => void
}

/** The server for a token; `expired` hears when that is no longer taken. */
export function createServer(token: string, expired: () => void): Server {
  const authorization = `Bearer ${token}`
  async function ask(
    path: string,
    { method = 'GET', body, signal }: RequestInit = {},
  ): Promise<Response> {
    const answer = await fetch(path, {
      method,
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body }),
      ...(signal && { signal }),
      cache: 'no-store',
    })
    if (answer.ok) return answer
    if (answer.status === 401) expired()
    throw await refusalOf(answer)
  }
  async function send<Answer>(method: string, path: string, body?: string): Promise<Answer> {
    const answer = await ask(path, { method, ...(body !== undefined && { body }) })
    const text = await answer.text()
    return (text === '' ? null : JSON.parse(text)) as Answer
  }
  return {
    get: (path) => send('GET', path),
    send,
    stream: (path, listener) => follow((signal) => ask(path, { signal }), listener),
  }
}

/** What a refusal says, be it of the server or of somebody between. */
export async function refusalOf(answer: Response): Promise<RequestError> {
  const text = await answer.text()
  try {
    const { code, message, details } = JSON.parse(text) as {
      code: string
      message: string
      details?: unknown
    }
    return new RequestError(code, message, details)
  } catch {
    return new RequestError(`HTTP_${answer.status}`, `${answer.status} ${answer.statusText}`)
  }
}
