import { serverKey } from '../../fixture.ts'
import type { Answer } from './deeds.ts'

/** A request over HTTP. */
export interface Request {
  readonly method?: string
  readonly path: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON unless it is text. */
  readonly body?: unknown
}

/** An answer over HTTP. */
export interface Response {
  readonly status: number
  readonly text: string
}

/** Sends a request with the server key unless it has a token; null when no whole answer came within `patience` ms. */
export async function request(
  url: string,
  wanted: Request,
  patience = 15_000,
): Promise<Response | null> {
  const { path, token = serverKey, body, method = body === undefined ? 'GET' : 'POST' } = wanted
  try {
    const answer = await fetch(url + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        ...wanted.headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(patience),
    })
    return { status: answer.status, text: await answer.text() }
  } catch {
    return null
  }
}

/** Asks for something that must be there and parses it. */
export async function wanted(url: string, one: Request): Promise<any> {
  const answer = await request(url, one, 60_000)
  if (answer === null || answer.status >= 300) {
    throw new Error(`${one.path}: ${answer?.status} ${answer?.text}`)
  }
  return answer.text === '' ? null : JSON.parse(answer.text)
}

/** What an answer says of a deed: 5xx is as unknown as silence. */
export function answered(response: Response | null): Answer {
  if (response === null || response.status >= 500) return null
  return { done: response.status < 300, text: `${response.status} ${response.text}` }
}

/** A recorded message as the history tells it. */
export interface Recorded {
  readonly id: string
  readonly version: number
  readonly type: string
  readonly data: any
  readonly meta?: { readonly externalUserId?: string }
}

/** Everything that was recorded in a channel; throws unless its versions are 1, 2, 3, … without a hole. */
export async function historyOf(url: string, channel: string): Promise<readonly Recorded[]> {
  const all: Recorded[] = []
  for (let more = true; more;) {
    const path = `/api/channels/${channel}/history?after=${all.length}&limit=1000`
    const page = (await wanted(url, { path })) as { messages: Recorded[]; more: boolean }
    all.push(...page.messages)
    more = page.more
  }
  const wrong = all.findIndex(({ version }, index) => version !== index + 1)
  if (wrong >= 0) throw new Error(`${channel} has ${all[wrong]!.version} at place ${wrong + 1}`)
  return all
}

/** Complains of the first few of a list that should be empty. */
export function none(what: string, wrong: readonly unknown[]): void {
  if (wrong.length === 0) return
  throw new Error(`${wrong.length} ${what}: ${JSON.stringify(wrong.slice(0, 5))}`)
}
