import { fieldRefusal, Refusal } from '../../core/errors.ts'
import type { Query } from '../../core/query.ts'
import type { Page } from '../../core/store.ts'
import { frame } from './codec.ts'
import { readVersion } from './session.ts'

/** What a partner's stream recorded after a version, oldest first. */
export type Since = (version: number, limit: number) => Promise<Page>

/** Most messages of one answer. */
const mostMessages = 100

/** One message by its `version` (D17), refused DATA_NOT_FOUND when it is not kept (D18); or, with any of `from`, `to` and `limit`, a range of them. Both as JSON text of the frames themselves. */
export async function search(query: Query, since: Since): Promise<string> {
  const asked = {
    version: number(query, 'version'),
    from: number(query, 'from'),
    to: number(query, 'to'),
    limit: number(query, 'limit'),
  }
  const { version, ...span } = asked
  const ranged = Object.values(span).some((one) => one !== null)
  if ((version === null) !== ranged) {
    throw fieldRefusal('INVALID_REQUEST', 'version', 'Expected either it or from, to and limit')
  }
  return version === null ? range(span, since) : one(version, since)
}

async function one(version: number, since: Since): Promise<string> {
  const page = version === 0 ? null : await since(version - 1, 1)
  const message = page?.messages.find((found) => found.version === version)
  if (message === undefined) throw new Refusal('DATA_NOT_FOUND', `No message ${version}`)
  return frame(message)
}

interface Span {
  readonly from: number | null
  readonly to: number | null
  readonly limit: number | null
}

/** Both ends belong to it. Without `from` it begins at the oldest message that is kept. */
async function range({ from, to, limit }: Span, since: Since): Promise<string> {
  const last = to ?? Number.MAX_SAFE_INTEGER
  if (from !== null && from > last) {
    throw fieldRefusal('INVALID_REQUEST', 'to', 'Expected no less than from')
  }
  if (limit === 0) throw fieldRefusal('INVALID_REQUEST', 'limit', 'Expected 1 or more')
  const most = Math.min(limit ?? mostMessages, mostMessages)
  const page = await since(Math.max((from ?? 1) - 1, 0), most)
  if (page.gone && from !== null) {
    throw new Refusal('HISTORY_GONE', `Messages from ${from} on are no longer all kept`)
  }
  const frames = page.messages.filter(({ version }) => version! <= last).map(frame)
  return `[${frames.join(',')}]`
}

/** A number of the query, null when it is not there. */
function number(query: Query, name: string): number | null {
  const [text, ...others] = query(name)
  if (text === undefined) return null
  const value = others.length === 0 ? readVersion(text) : null
  if (value === null) throw fieldRefusal('INVALID_REQUEST', name, 'Expected a whole number')
  return value
}
