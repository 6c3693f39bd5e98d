import type { Hono } from 'hono'
import { fieldRefusal, Refusal } from '../core/errors.ts'
import type { Hub } from '../core/hub.ts'
import type { Message, Store } from '../core/store.ts'
import type { System } from '../system.ts'
import type { Authorize } from '../core/keys.ts'
import { findKind, noChannel } from './kinds.ts'

const mostMessages = 1_000

/** GET /api/channels and /api/channels/{system}/{name}/history, for a server key with the scope publish. */
export function channelRoutes(
  app: Hono,
  parts: { systems: readonly System<any>[]; hub: Hub; store: Store; authorize: Authorize },
): void {
  const { systems, hub, store, authorize } = parts
  app.get('/api/channels', async ({ req, json }) => {
    await authorize(req.raw, 'publish')
    const channels = [...hub.open.values()].map(({ name, members }) => ({
      channel: name,
      listeners: members.size,
    }))
    return json({ channels: channels.sort((a, b) => b.listeners - a.listeners).slice(0, 1_000) })
  })
  app.get('/api/channels/:system/:name/history', async ({ req, json, body }) => {
    await authorize(req.raw, 'publish')
    const { system, name } = req.param()
    const channel = `${system}/${name}`
    if (findKind(systems, channel) === null) throw noChannel(channel, 'channel')
    const asked = req.query('after')
    const after = whole('after', asked ?? '0', 0, Number.MAX_SAFE_INTEGER)
    const limit = whole('limit', req.query('limit') ?? '100', 1, mostMessages)
    const page = await store.since(channel, after, limit)
    // Without a position the question is what there is, and that has an answer.
    if (page.gone && asked !== undefined)
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

/** A whole number of a query, or 400 naming it. */
function whole(path: string, text: string, least: number, most: number): number {
  const number = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (number >= least && number <= most) return number
  const message = `Expected a whole number from ${least} to ${most}`
  throw fieldRefusal('INVALID_REQUEST', path, message)
}
