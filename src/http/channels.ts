import type { Hono } from 'hono'
import * as v from 'valibot'
import { Refusal } from '../core/errors.ts'
import type { Hub } from '../core/hub.ts'
import { shaped } from '../core/protocol.ts'
import { textsOf, wholeText } from '../core/query.ts'
import type { Message, Store } from '../core/store.ts'
import type { System } from '../system.ts'
import type { Authorize } from '../core/keys.ts'
import { findKind, noChannel } from './kinds.ts'

/** Query of a history: the version it begins after, and how many messages. */
export const HistoryQuery = v.object({
  after: v.optional(wholeText(0, Number.MAX_SAFE_INTEGER)),
  limit: v.optional(wholeText(1, 1_000), '100'),
})

/** GET /api/channels and /api/channels/{system}/{name}/history, for a server key with the scope publish or read. */
export function channelRoutes(
  app: Hono,
  parts: { systems: readonly System<any>[]; hub: Hub; store: Store; authorize: Authorize },
): void {
  const { systems, hub, store, authorize } = parts
  app.get('/api/channels', async ({ req, json }) => {
    await authorize(req.raw, 'publish', 'read')
    const channels = [...hub.open.values()].map(({ name, members }) => ({
      channel: name,
      listeners: members.size,
    }))
    return json({ channels: channels.sort((a, b) => b.listeners - a.listeners).slice(0, 1_000) })
  })
  app.get('/api/channels/:system/:name/history', async ({ req, json, body }) => {
    await authorize(req.raw, 'publish', 'read')
    const { system, name } = req.param()
    const channel = `${system}/${name}`
    if (findKind(systems, channel) === null) throw noChannel(channel, 'channel')
    const { after, limit } = shaped(HistoryQuery, textsOf(req.queries()))
    const page = await store.since(channel, after ?? 0, limit)
    // Without a position the question is what there is, and that has an answer.
    if (page.gone && after !== undefined)
      throw new Refusal('HISTORY_GONE', `History after ${after} is no longer kept`)
    if (page.messages.length === 0) return json({ messages: [], more: page.more })
    const messages = page.messages.map(historyJson).join(',')
    return body(`{"messages":[${messages}],"more":${page.more}}`, 200, {
      'content-type': 'application/json',
    })
  })
}

/** A message of the history, its data as it was encoded when it was recorded. */
function historyJson({ id, version, type, at, body, meta }: Message): string {
  const head = JSON.stringify({ id, version, type, at, ...(meta && { meta }) })
  return `${head.slice(0, -1)},"data":${body}}`
}
