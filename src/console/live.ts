import type { Clock, Stop } from '../core/clock.ts'
import type { Hub } from '../core/hub.ts'
import type { Message } from '../core/store.ts'
import type { Dropped, LiveMessage } from '../pages/console/api.ts'
import { shown } from './masking.ts'
import type { Send } from './streams.ts'

const mostPerSecond = 200

/** Tells an event whose data is made only if it is told. */
export type Tell = (event: string, data: () => unknown) => void

/** Tells at most 200 events a second, and once a second how many were left out; those cost nothing. */
export function capped(send: Send, clock: Clock): { readonly tell: Tell; readonly stop: Stop } {
  let told = 0
  let count = 0
  const stop = clock.every(1_000, () => {
    const dropped: Dropped = { at: clock.now(), count }
    if (count > 0) send('dropped', dropped)
    told = 0
    count = 0
  })
  return {
    stop,
    tell(event, data) {
      if (told++ < mostPerSecond) send(event, data())
      else count++
    },
  }
}

/** Tells the messages of a channel (its full name), or of a whole system, from now on. */
export function followMessages(
  of: { readonly channel: string } | { readonly system: string },
  hub: Hub,
  tell: Tell,
): Stop {
  const wanted =
    'channel' in of
      ? (name: string) => name === of.channel
      : (name: string) => name.startsWith(`${of.system}/`)
  return hub.watch((message) => {
    const { channel, also = [] } = message
    if (wanted(channel) || also.some((place) => wanted(place.channel))) {
      tell('message', () => liveMessage(message, hub))
    }
  })
}

const mostChannels = 20

function liveMessage(message: Message, hub: Hub): LiveMessage {
  const { id, channel, version, also = [], type, body, at } = message
  const channels = [channel, ...also.map((place) => place.channel)]
  let listeners = 0
  for (const name of channels) listeners += hub.open.get(name)?.members.size ?? 0
  return {
    at,
    channels: channels.slice(0, mostChannels),
    id: id === '' ? null : id,
    version: version ?? null,
    type,
    ...shown(body, channel.slice(0, channel.indexOf('/'))),
    listeners,
  }
}
