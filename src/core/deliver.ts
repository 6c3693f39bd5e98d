import type { Delivery } from './broker.ts'
import { encoder, hold, tell, type Channel } from './channel.ts'
import type { LiveConnection } from './connection.ts'
import type { CloseReason } from './errors.ts'
import { pingAlong } from './pace.ts'
import type { Roster } from './roster.ts'
import type { Message } from './store.ts'

/** Carries out what arrives for this node, at `now` (monotonic ms). */
export function deliver(
  delivery: Delivery,
  roster: Roster,
  connections: Iterable<LiveConnection>,
  now: number,
): void {
  if ('message' in delivery) {
    const { message, newest } = delivery
    if (newest) roster.keep(message)
    tellAll(message, roster.channels)
    const channel = roster.channels.get(message.channel)
    if (channel?.pinging) pingAlong(channel, now)
    return
  }
  if ('review' in delivery) return reviewAll(roster.channels.get(delivery.review))
  for (const connection of addressed(delivery, roster, connections)) {
    if (connection.id !== delivery.except) connection.close(delivery.close)
  }
}

/** The connections of this node that a closing delivery ends. */
function addressed(
  delivery: Extract<Delivery, { close: CloseReason }>,
  roster: Roster,
  connections: Iterable<LiveConnection>,
): readonly LiveConnection[] {
  if ('channel' in delivery) return [...(roster.channels.get(delivery.channel)?.members ?? [])]
  const { system, user } = delivery
  return [...connections].filter((one) => one.protocol.name === system && one.user === user)
}

/** Tells a message once to everyone who listens to any of its channels: the largest through its topic, those of the others who are not on it one by one. */
function tellAll(message: Message, channels: ReadonlyMap<string, Channel>): void {
  if (message.also === undefined) {
    const channel = channels.get(message.channel)
    if (channel !== undefined) tell(channel, message, encoder(channel.served.codec, message))
    return
  }
  const places = [message, ...message.also]
  const heard = places
    .map((place) => channels.get(place.channel))
    .filter((channel) => channel !== undefined)
  const { codec } = heard[0]?.served ?? {}
  if (codec?.versioned) return tellEach(message, places, channels)
  const [largest, ...others] = heard.sort((a, b) => b.members.size - a.members.size)
  if (largest === undefined) return
  const frame = encoder(largest.served.codec, message)
  tell(largest, message, frame)
  const reached = new Set<LiveConnection>()
  for (const { members } of others) {
    for (const member of members) {
      if (largest.members.has(member) || reached.has(member)) continue
      reached.add(member)
      if (member.joining === null) member.send(frame(member.dialect))
      else hold(member, message)
    }
  }
}

/** Tells everyone in each channel of a message the frame with the version it has there. */
function tellEach(
  { also: _, ...message }: Message,
  places: readonly Pick<Message, 'channel' | 'version'>[],
  channels: ReadonlyMap<string, Channel>,
): void {
  for (const { channel: name, version } of places) {
    const channel = channels.get(name)
    if (channel === undefined) continue
    const placed = { ...message, channel: name, version: version! }
    tell(channel, placed, encoder(channel.served.codec, placed))
  }
}

/** Has the system judge who listens to a channel; one whose case cannot be looked up has to come back. */
function reviewAll(channel: Channel | undefined): void {
  for (const connection of [...(channel?.members ?? [])]) {
    const judged = async () => connection.protocol.review?.(connection)
    judged().catch(() => connection.close('overloaded'))
  }
}
