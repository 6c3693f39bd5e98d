import type { Hono } from 'hono'
import * as v from 'valibot'
import type { Clock } from '../core/clock.ts'
import { fieldRefusal, Refusal } from '../core/errors.ts'
import type { Hub } from '../core/hub.ts'
import { fingerprintOf } from '../core/idempotency.ts'
import { parseExactJson, readText } from '../core/json.ts'
import { shaped } from '../core/protocol.ts'
import type { Draft, Idempotency } from '../core/store.ts'
import type { System } from '../system.ts'
import { findKind, noChannel } from './kinds.ts'
import type { Authorize, Caller } from '../core/keys.ts'

const IdempotencyKey = v.pipe(v.string(), v.minLength(1), v.maxLength(128))
const Wanted = v.object({
  channel: v.string(),
  type: v.string(),
  data: v.unknown(),
  externalUserId: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(128))),
})
/** Body of POST /api/publish. */
export const Single = v.object({ ...Wanted.entries, idempotencyKey: v.optional(IdempotencyKey) })
/** Body of POST /api/publish/batch: one key for all. */
export const Batch = v.object({
  messages: v.pipe(v.array(Wanted), v.minLength(1), v.maxLength(1_000)),
  idempotencyKey: v.optional(IdempotencyKey),
})
type Wanted = v.InferOutput<typeof Wanted>

/** What publishing works with. */
export interface PublishParts {
  readonly systems: readonly System<any>[]
  readonly hub: Hub
  readonly clock: Clock
  readonly authorize: Authorize
  /** Bytes of the largest message. */
  readonly maxMessage: number
}

/** POST /api/publish and /api/publish/batch: checked against the event schemas, recorded all or none, then told (X10). */
export function publishRoutes(app: Hono, parts: PublishParts): void {
  const reading = parts.systems.filter(({ literalNumbers }) => literalNumbers !== undefined)
  const literal = reading.flatMap(({ literalNumbers }) => literalNumbers ?? [])
  const reads = ({ channel }: Wanted) => reading.some(({ name }) => channel.startsWith(`${name}/`))

  /** The messages of a body; numbers are text only for the systems that read them so. */
  function own(all: readonly Wanted[], text: string, list: (body: unknown) => readonly Wanted[]) {
    if (literal.length === 0 || all.every(reads)) return all
    const plain = list(parseExactJson(text))
    return all.map((one, index) => (reads(one) ? one : plain[index]!))
  }

  app.post('/api/publish', async ({ req, json }) => {
    const caller = await parts.authorize(req.raw, 'publish')
    const text = await readText(req.raw)
    const body = shaped(Single, parseExactJson(text, literal))
    const wanted = own([body], text, (plain) => [shaped(Single, plain)])
    const [result] = await publish(parts, caller, wanted, body, '')
    return json(result)
  })
  app.post('/api/publish/batch', async ({ req, json }) => {
    const caller = await parts.authorize(req.raw, 'publish')
    const text = await readText(req.raw)
    const body = shaped(Batch, parseExactJson(text, literal))
    const wanted = own(body.messages, text, (plain) => shaped(Batch, plain).messages)
    return json({ results: await publish(parts, caller, wanted, body, 'messages') })
  })
}

async function publish(
  parts: PublishParts,
  caller: Caller,
  wanted: readonly Wanted[],
  { idempotencyKey, ...body }: { idempotencyKey?: string | undefined },
  prefix: string,
): Promise<readonly { id: string; version: number; recipients: number }[]> {
  const { hub, clock } = parts
  const at = clock.now()
  const drafts: Draft[] = []
  for (const [index, one] of wanted.entries()) {
    drafts.push(await draft(parts, one, at, prefix === '' ? '' : `${prefix}.${index}`))
  }
  const recipients = drafts.map(({ channels }) => hub.listeners(channels))
  const subject = drafts.length === 1 ? (wanted[0]?.channel ?? '') : `${drafts.length} messages`
  const appended = await hub.record(drafts, {
    audit: { at, actor: caller.name, action: 'publish', subject },
    ...(idempotencyKey !== undefined && {
      idempotency: idempotent(caller, idempotencyKey, body, recipients),
    }),
  })
  const counts = appended.repeated ? (JSON.parse(appended.answer) as number[]) : recipients
  return appended.results.map((result, index) => ({ ...result, recipients: counts[index] ?? 0 }))
}

function idempotent(
  caller: Caller,
  key: string,
  body: unknown,
  recipients: readonly number[],
): Idempotency {
  const answer = JSON.stringify(recipients)
  return { scope: caller.name, key, fingerprint: fingerprintOf(body), answer }
}

/** Checks one message against the events of its channel. Unknown systems and kinds are the same 404. */
async function draft(
  { systems, maxMessage }: PublishParts,
  wanted: Wanted,
  at: number,
  prefix: string,
): Promise<Draft> {
  const path = (field: string) => (prefix === '' ? field : `${prefix}.${field}`)
  const found = findKind(systems, wanted.channel)
  if (found === null || !((await found.kind.exists?.(found.name)) ?? true)) {
    throw noChannel(wanted.channel, path('channel'))
  }
  const { kind } = found
  if (!kind.publish) throw new Refusal('FORBIDDEN', `Nobody publishes to "${wanted.channel}"`)
  const { externalUserId } = wanted
  if ((externalUserId !== undefined) !== (kind.externalUser === true)) {
    const message = kind.externalUser ? 'Missing' : `"${found.system}" takes no externalUserId`
    throw fieldRefusal('INVALID_REQUEST', path('externalUserId'), message)
  }
  const event = Object.hasOwn(kind.events, wanted.type) ? kind.events[wanted.type] : undefined
  if (event === undefined) {
    const message = `Expected one of ${Object.keys(kind.events).join(', ')}`
    throw fieldRefusal('INVALID_REQUEST', path('type'), message)
  }
  const data = shaped(event.schema, wanted.data, 'INVALID_REQUEST', path('data'))
  const body = (event.encode ?? JSON.stringify)(data as never)
  if (Buffer.byteLength(body) > maxMessage) {
    const message = `Expected at most ${maxMessage} bytes`
    throw new Refusal('PAYLOAD_TOO_LARGE', message, [{ path: path('data'), message }])
  }
  const further = await kind.expand?.(found.name)
  if (further === null) throw noChannel(wanted.channel, path('channel'))
  return {
    channels: [wanted.channel, ...(further ?? []).map((name) => `${found.system}/${name}`)],
    type: wanted.type,
    body,
    at,
    ...(externalUserId !== undefined && { meta: { externalUserId } }),
  }
}
