import type { Connection } from './connection.ts'
import type { CloseReason } from './errors.ts'
import type { Appended, AuditEntry, Idempotency, Page } from './store.ts'

/** How a message is recorded beyond its data. */
export interface RecordOptions {
  readonly meta?: Readonly<Record<string, string>>
  readonly idempotency?: Idempotency
  readonly audit?: AuditEntry
}

/** A system's own channels, by name without the `system/` prefix; no other system can name them. */
export interface Channels {
  /** Live messages from now on; doing it twice does nothing. Refuses with TOO_MANY_SUBSCRIPTIONS. */
  subscribe(connection: Connection, name: string): void
  unsubscribe(connection: Connection, name: string): void
  /** Everything recorded on the channels after message `id`, then live, without a gap or a double. `gone` is called before the first frame when part of it is no longer kept. */
  join(
    connection: Connection,
    names: readonly string[],
    id: string,
    gone: () => void,
  ): Promise<void>
  /** Tells everyone who listens now. `body` is the data as JSON text. */
  publish(name: string, type: string, body: string): void
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
  /** Ends every connection of a user of this system, on every node. */
  closeUser(user: string, reason: CloseReason, except?: string): void
  /** How many connections of this node listen to any of the channels. */
  listeners(names: readonly string[]): number
}

/** Carries messages to channels: stores what is recorded, encodes once, tells everyone who listens. */
export interface Hub {
  channels(system: string): Channels
}
