import { statusesOf } from './errors-page.ts'
import type { Answer } from './raw-http.ts'

/** One request that must come to one answer. */
export interface Trial {
  /** What is asked, for the reader of a failure. */
  readonly what: string
  /** `401 UNAUTHORIZED`, or the status alone where it is no refusal. */
  readonly expected: string
  ask(): Promise<Answer>
  /** What else is wrong with the answer, null: nothing. */
  readonly look?: (answer: Answer) => string | null
}

/** Asks them all, eight at a time, and tells of those that came to something else or were told in a wrong form. */
export async function wrongOf(trials: readonly Trial[]): Promise<string[]> {
  const wrong: string[] = []
  const waiting = [...trials]
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { what, expected } = next
      try {
        const answer = await next.ask()
        const got = verdictOf(answer)
        if (got !== expected) wrong.push(`${what}: ${got}, not ${expected}: ${shown(answer)}`)
        const seen = got === expected ? (next.look?.(answer) ?? null) : null
        if (seen !== null) wrong.push(`${what}: ${seen}: ${shown(answer)}`)
        wrong.push(...faultsOf(answer).map((fault) => `${what}: ${fault}: ${shown(answer)}`))
      } catch (error) {
        wrong.push(`${what}: ${String(error)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  return wrong.slice(0, 20)
}

function shown({ headers, body }: Answer): string {
  return `${JSON.stringify([...headers])} ${body.slice(0, 300)}`
}

/** What an answer came to: its status, with the code where it is a refusal that has a body. */
export function verdictOf({ status, body }: Answer): string {
  return status < 400 || body === '' ? String(status) : `${status} ${codeOf(body)}`
}

function codeOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { code?: unknown }).code
  } catch {
    return undefined
  }
}

/** Stacks, paths, statements and the names of what is inside. */
const leaks = /\bat \S+:\d|node_modules|\.tsx?\b|SQLITE|\b(SELECT|INSERT|UPDATE) |bun:|\/\$bunfs/

/** What is wrong with the form of an answer, whatever it says: refusals have their envelope, a code that the page tells with this status, and the headers that go with it. */
export function faultsOf(answer: Answer): string[] {
  const { status, headers, body } = answer
  const faults: string[] = []
  if (leaks.test(body)) faults.push('tells of the inside')
  for (const name of ['server', 'x-powered-by', 'set-cookie']) {
    if (headers.has(name)) faults.push(`has ${name}`)
  }
  if (status < 400 || body === '') return faults
  if (!/^application\/json/.test(headers.get('content-type') ?? '')) faults.push('is no JSON')
  const told = JSON.parse(body) as Record<string, unknown>
  faults.push(...envelope(told), ...wording(told['message']))
  if (told['code'] !== 'FAIL') {
    const statuses = statusesOf.get(String(told['code']))
    if (!statuses?.includes(status)) faults.push('is not on the page of errors')
    faults.push(...missingHeaders(answer, told))
  }
  return faults
}

function envelope(told: Record<string, unknown>): string[] {
  const keys = Object.keys(told).join()
  const known = ['code,message', 'code,message,details', 'code,message,success']
  if (!known.includes(keys)) return [`has the envelope ${keys}`]
  const { details } = told
  if (!Array.isArray(details)) return []
  const faults = details.filter(({ path, message }) => typeof path !== 'string' || !message)
  return details.length > 10 || faults.length > 0 ? ['has odd details'] : []
}

function wording(message: unknown): string[] {
  const fits = typeof message === 'string' && message.length <= 400
  return fits && /^[^\s].*[^.\s]$/s.test(message) ? [] : ['has an odd message']
}

function missingHeaders({ status, headers }: Answer, told: Record<string, unknown>): string[] {
  const wanted: Record<string, RegExp> = {}
  if (status === 401 && !('success' in told)) wanted['www-authenticate'] = /^Bearer$/
  if (status === 426) wanted['sec-websocket-version'] = /^13$/
  if (status === 429 || /^(OVERLOADED|RESTARTING|STORE_)/.test(String(told['code']))) {
    wanted['retry-after'] = /^[1-9]\d{0,3}$/
  }
  return Object.entries(wanted)
    .filter(([name, form]) => !form.test(headers.get(name) ?? ''))
    .map(([name]) => `lacks ${name}`)
}
