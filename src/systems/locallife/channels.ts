import * as v from 'valibot'
import type { ChannelKind, EventType } from '../../system.ts'
import { levels } from './events.ts'
import type { People } from './people.ts'
import { Id } from './shapes.ts'

const Status = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const text = (most: number) => v.pipe(v.string(), v.minLength(1), v.maxLength(most))

/** Everything a backend may publish here: what the original names (L17, L18) and its further types (L25). */
export const events: Readonly<Record<string, EventType>> = {
  notification: event({ title: text(200), content: text(10_000) }),
  alert: event({ title: text(200), content: text(10_000), level: v.picklist(levels) }),
  order_update: event({ order_id: Id, status: Status }),
  merchant_status_change: event({ merchant_id: Id, status: Status }),
  delivery_pool_new: event({ order_id: Id }),
  delivery_pool_gone: event({ order_id: Id }),
  delivery_status_sync: event({ order_id: Id, status: Status }),
  connection_blocked: event({ reason: text(1_000) }),
}

/** Who may be told what: every type to a rider, a merchant, an operator, the platform or a region; inboxes are filled by these alone. */
export function channelKinds(
  people: Pick<People, 'audience'>,
): Readonly<Record<string, ChannelKind>> {
  const kind: ChannelKind = {
    events,
    publish: true,
    async expand(name) {
      const users = await people.audience(name)
      return users && users.map((user) => `user:${user}`)
    },
  }
  return {
    rider: kind,
    merchant: kind,
    operator: kind,
    platform: kind,
    region: kind,
    user: { events, publish: false, owned: true },
  }
}

/** A type whose further fields are kept, whatever they are, but for the id we write ourselves and names that are no data. */
function event(entries: v.ObjectEntries): EventType {
  return {
    schema: v.pipe(
      v.looseObject(entries),
      v.transform(({ message_id: _, ...data }: Record<string, unknown>) => data),
    ),
    encode: (data) => JSON.stringify(data, (key, value) => (notData.has(key) ? undefined : value)),
  }
}

/** In the hands of a careless client these change objects. */
const notData = new Set(['__proto__', 'constructor', 'prototype'])
