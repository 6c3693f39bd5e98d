import type { Broker, Delivery } from './broker.ts'
import { listen, type Channel, type Served } from './channel.ts'
import type { Clock, Stop } from './clock.ts'
import type { Connection, LiveConnection } from './connection.ts'
import type { CloseReason } from './errors.ts'
import { deliver } from './deliver.ts'
import { createGate, type Gate } from './gate.ts'
import { join, type Past } from './join.ts'
import type { Metrics } from './metrics.ts'
import { createNewest, type Newest } from './newest.ts'
import { follow } from './pace.ts'
import { createRoster, type Roster } from './roster.ts'
import { createShards, type Heat } from './spread.ts'
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
  /** Like `subscribe`, to a channel of which only the newest message counts: it is told at once, and whoever reads too slowly is told nothing until it has caught up, and then the newest. */
  follow(connection: Connection, name: string): void
  /** Tells a message in place of all before it, at most one in 50 ms: the first after silence at once, later the newest. It is kept in memory for who follows the channel later. */
  replace(name: string, type: string, body: string): void
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
  /** Shows `watcher` each message that this node is to tell, before it is told; must not throw. */
  watch(watcher: (message: Message) => void): Stop
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
  /** The usual one when absent. */
  readonly heat?: Heat | undefined
}

/** Pages of replays that are read at a time: a crowd that comes back must not keep other readers waiting. */
const replaysAtOnce = 4
/** Between two messages of a channel of which only the newest counts. */
const newestEveryMs = 50

/** A hub that knows no system yet. */
export function createHub(parts: HubParts): Hub {
  const { store, broker, clock } = parts
  const systems = new Map<string, Served>()
  const shards = createShards(parts.heat)
  const roster = createRoster(broker, systems, shards, parts.limits.subscriptions)
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
  const watchers = new Set<(message: Message) => void>()
  const newest = createNewest(clock, newestEveryMs, (message) => {
    published(systemOf(message.channel), message.type).inc()
    broker.publish({ message, newest: true })
  })
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
      if (watchers.size > 0 && 'message' in delivery) {
        for (const watcher of [...watchers]) watcher(delivery.message)
      }
      deliver(delivery, roster, parts.connections, clock.elapsed())
    },
    watch(watcher) {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    channels: (system) => systemChannels(system, hub, { ...parts, roster, gate, newest }),
  }
  return hub
}

interface SystemParts extends HubParts {
  readonly roster: Roster
  readonly gate: Gate
  readonly newest: Newest
}

/** A system's view of the hub: names without its prefix. */
function systemChannels(
  system: string,
  hub: Hub,
  { store, broker, clock, limits, roster, gate, newest }: SystemParts,
): Channels {
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
    follow(connection, name) {
      const channel = roster.enter(connection as LiveConnection, full(name))
      if (channel !== null) follow(connection as LiveConnection, channel)
    },
    replace: (name, type, body) =>
      newest.take({ id: '', channel: full(name), type, body, at: clock.now() }),
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

function systemOf(channel: string): string {
  return channel.slice(0, channel.indexOf('/'))
}
