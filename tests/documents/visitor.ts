import { expect } from 'bun:test'
import * as v from 'valibot'
import type { Operation } from '../../src/core/operation.ts'
import type { OpenApi } from '../../src/documents/openapi.ts'
import type { Fixture } from '../fixture.ts'
import { judgeOf } from './judge.ts'

/** What is different from the example of an operation, since it is known only now. */
export interface Change {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** Sends the examples of the document to a server, and holds every answer against the document. */
export interface Visitor {
  /** Sends an operation's example, changed where that is given; its answer must have the status and be as documented. */
  visit(id: string, status: number, change?: Change): Promise<any>
  /** `id status` of every answer so far that is no refusal. */
  readonly visited: ReadonlySet<string>
}

/** A visitor that shows what `credentials` gives for an operation. */
export function visitorOf(
  server: Fixture,
  document: OpenApi,
  operations: readonly Operation[],
  credentials: (operation: Operation) => Promise<Readonly<Record<string, string>>>,
): Visitor {
  const judge = judgeOf(document)
  const visited = new Set<string>()
  return {
    visited,
    async visit(id, status, change = {}) {
      const operation = operations.find((one) => one.id === id)
      if (operation === undefined) throw new Error(`No operation "${id}"`)
      const { method, path } = operation
      const asked = requestOf(operation, change)
      const answer = await fetch(server.url + asked.path, {
        method: method.toUpperCase(),
        headers: { ...(await credentials(operation)), ...asked.headers },
        ...(asked.body !== undefined && { body: asked.body }),
      })
      const endless = operation.answers[status]?.type === 'text/event-stream'
      const text = await (endless ? firstOf(answer) : answer.text())
      expect([id, answer.status, answer.status === status ? '' : text]).toEqual([id, status, ''])
      const [type = ''] = (answer.headers.get('content-type') ?? '').split(';', 1)
      const value = type === 'application/json' ? JSON.parse(text) : text
      const place = ['paths', path.replace(/:(\w+)/g, '{$1}'), method, 'responses', String(status)]
      const told = operation.answers[status]
      if (told !== undefined) visited.add(`${id} ${status}`)
      if (told !== undefined && told.schema === undefined) {
        expect([id, text]).toEqual([id, ''])
        return null
      }
      expect([id, type]).toEqual([id, told?.type ?? 'application/json'])
      // What is not in the schema is left out by it: so nothing is told that is not documented.
      if (told?.schema !== undefined) expect(v.parse(told.schema, value) as unknown).toEqual(value)
      const at = told === undefined ? componentOf(document, place) : place
      expect([id, judge.faults([...at, 'content', type, 'schema'], value)]).toEqual([id, ''])
      return value
    },
  }
}

/** The first part of an answer that does not end. */
async function firstOf(answer: Response): Promise<string> {
  if (answer.status !== 200) return answer.text()
  const reader = answer.body!.getReader()
  const { value } = await reader.read()
  await reader.cancel()
  return new TextDecoder().decode(value)
}

/** Where a refusal is described, which the operation only points at. */
function componentOf(document: OpenApi, [, path, method, , status]: readonly string[]): string[] {
  const response = document.paths[path!]?.[method!]?.responses[status!]
  const pointer = String(response?.['$ref'])
  expect(pointer).toStartWith('#/components/responses/')
  return pointer.slice(2).split('/')
}

function requestOf({ path, example = {} }: Operation, change: Change) {
  const params = { ...example.params, ...change.params }
  const query = new URLSearchParams({ ...example.query, ...change.query }).toString()
  const body = change.body ?? example.body
  return {
    path:
      path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? '')) +
      (query === '' ? '' : `?${query}`),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...example.headers,
      ...change.headers,
    },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  }
}
