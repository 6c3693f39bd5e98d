import type { Broker, Delivery } from './broker.ts'
import { encoder, hold, listen, tell, type Channel, type Served } from './channel.ts'
import type { Clock } from './clock.ts'
import type { Connection, LiveConnection } from './connection.ts'
import type { CloseReason } from './errors.ts'
import { createGate, type Gate } from './gate.ts'
import { join, type Past } from './join.ts'
import type { Metrics } from './metrics.ts'
import { createRoster, type Roster } from './roster.ts'
import type { Appended, AuditEntry, Draft, Idempotency, Message, Page, Store } from './store.ts'

/** How messages are recorded beyond their data. */
export interface RecordOptions {
  readonly idempotency?: Idempotency
  readonly audit?: AuditEntry
}

/** A system's own channels, by name without the `system/` prefix; no other system can name them. */
export interface Channels {
  /** Live messages from now on; doing it twice does nothing. Refuses with TOO_MANY_SUBSCRIPTIONS. */
  subscribe(connection: Connection, name: string): void
  unsubscribe(connection: Connection, name: string): void
  /** What was recorded on the channels, from the first page of `past` on, then live, without a gap or a double. */
  join(connection: Connection, names: readonly string[], past: Past): Promise<void>
  /** Tells everyone who listens now. `body` is the data as JSON text. */
  publish(name: string, type: string, body: string): void
  /** Tells a recorded message of a channel once more to everyone who listens to it. */
  repeat(message: Message): void
  /** One message, one id, a version in each channel: kept, then told; a connection on several of them gets it once. */
  record(
    names: readonly [string, ...string[]],
    type: string,
    body: string,
    options?: RecordOptions,
  ): Promise<Appended>
  since(name: string, version: number, limit: number): Promise<Page>
  after(names: readonly string[], id: string, limit: number): Promise<Page>
  /** Ends every connection that listens, on every node, except the one with the id `except`. */
  close(name: string, reason: CloseReason, except?: string): void
  /** Has every connection that listens judged again, on every node (`Protocol.review`). */
  review(name: string): void
  /** Ends every connection of a user of this system, on every node. */
  closeUser(user: string, reason: CloseReason, except?: string): void
  /** How many connections of this node listen to any of the channels. */
  listeners(names: readonly string[]): number
}

/** Carries messages to channels: stores what is recorded, encodes once, tells everyone who listens. */
export interface Hub {
  channels(system: string): Channels
  /** Makes a system's channels known, with the codec of their frames and the listeners that carry them. */
  serve(served: Served): void
  /** Records drafts under full channel names: all or none, durable when it resolves. */
  record(drafts: readonly Draft[], options?: RecordOptions): Promise<Appended>
  /** How many connections of this node listen to any of the channels (full names). */
  listeners(channels: readonly string[]): number
  /** Every channel that somebody on this node listens to, by full name. */
  readonly open: ReadonlyMap<string, Channel>
  /** Forgets a connection that has closed. */
  leave(connection: LiveConnection): void
  /** Takes the messages of a commit, in order (the store calls it). */
  told(messages: readonly Message[]): void
  /** Takes a delivery for this node (the broker calls it). */
  receive(delivery: Delivery): void
}

/** What a hub works with. */
export interface HubParts {
  readonly store: Store
  readonly broker: Broker
  readonly clock: Clock
  readonly metrics: Metrics
  readonly connections: Iterable<LiveConnection>
  /** Most channels one connection may listen to, and bytes it may leave unread. */
  readonly limits: { readonly subscriptions: number; readonly maxBacklog: number }
}

/** Pages of replays that are read at a time: a crowd that comes back must not keep other readers waiting. */
const replaysAtOnce = 4

/** A hub that knows no system yet. */
export function createHub(parts: HubParts): Hub {
  const { store, broker, clock } = parts
  const systems = new Map<string, Served>()
  const roster = createRoster(broker, systems, parts.limits.subscriptions)
  const published = parts.metrics.counter(
    'messages_published_total',
    'Messages recorded or published on this node',
    ['system', 'type'],
  )
  const seconds = parts.metrics.histogram(
    'publish_seconds',
    'From the call to committed and handed to the sockets',
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
  )
  const gate = createGate(replaysAtOnce)
  const hub: Hub = {
    open: roster.channels,
    serve: (served) => void systems.set(served.name, served),
    async record(drafts, options) {
      const began = clock.elapsed()
      const appended = await store.append(drafts, options)
      seconds.observe((clock.elapsed() - began) / 1000)
      return appended
    },
    listeners: roster.count,
    leave: roster.leave,
    told(messages) {
      for (const message of messages) {
        published(systemOf(message.channel), message.type).inc()
        broker.publish({ message })
      }
    },
    receive(delivery) {
      if ('message' in delivery) return tellAll(delivery.message, roster.channels)
      if ('review' in delivery) return reviewAll(roster.channels.get(delivery.review))
      for (const connection of addressed(delivery, roster, parts.connections)) {
        if (connection.id !== delivery.except) connection.close(delivery.close)
      }
    },
    channels: (system) => systemChannels(system, hub, roster, parts, gate),
  }
  return hub
}

/** A system's view of the hub: names without its prefix. */
function systemChannels(
  system: string,
  hub: Hub,
  roster: Roster,
  parts: HubParts,
  gate: Gate,
): Channels {
  const { store, broker, clock, limits } = parts
  const full = (name: string) => `${system}/${name}`
  return {
    subscribe(connection, name) {
      const channel = roster.enter(connection as LiveConnection, full(name))
      if (channel !== null) listen(connection as LiveConnection, channel)
    },
    unsubscribe: (connection, name) => roster.exit(connection as LiveConnection, full(name)),
    join: (connection, names, past) =>
      join(connection as LiveConnection, names.map(full), past, {
        enter: roster.enter,
        after: store.after,
        gate,
        maxBacklog: limits.maxBacklog,
      }),
    publish(name, type, body) {
      hub.told([{ id: '', channel: full(name), type, body, at: clock.now() }])
    },
    repeat: (message) => broker.publish({ message }),
    record: ([first, ...rest], type, body, options) =>
      hub.record(
        [{ channels: [full(first), ...rest.map(full)], type, body, at: clock.now() }],
        options,
      ),
    since: (name, version, limit) => store.since(full(name), version, limit),
    after: (names, id, limit) => store.after(names.map(full), id, limit),
    close: (name, close, except) =>
      broker.publish({ close, channel: full(name), ...(except !== undefined && { except }) }),
    review: (name) => broker.publish({ review: full(name) }),
    closeUser: (user, close, except) =>
      broker.publish({ close, system, user, ...(except !== undefined && { except }) }),
    listeners: (names) => roster.count(names.map(full)),
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

function systemOf(channel: string): string {
  return channel.slice(0, channel.indexOf('/'))
}
