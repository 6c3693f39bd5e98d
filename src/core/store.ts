/** A channel and the place a message has in it: versions start at 1, rise by 1, have no holes. */
export interface Place {
  readonly channel: string
  readonly version: number
}

/** Something that happened, as one channel sees it. Plain data: it crosses threads and nodes. */
export interface Message {
  /** The store's single rising sequence as text; empty for a message that was only published. */
  readonly id: string
  /** Full name, `system/name`. */
  readonly channel: string
  /** Its version in `channel`; absent when it was not recorded. */
  readonly version?: number
  /** The same record's places in further channels; absent in replays. */
  readonly also?: readonly Place[]
  readonly type: string
  /** The data as encoded JSON text, made once. */
  readonly body: string
  /** Epoch ms of recording or publishing. */
  readonly at: number
  readonly meta?: Readonly<Record<string, string>>
}

/** A message on its way into the store; the first channel is the one its frame speaks of. */
export interface Draft {
  readonly channels: readonly [string, ...string[]]
  readonly type: string
  readonly body: string
  readonly at: number
  readonly meta?: Readonly<Record<string, string>>
}

/** Makes a repeat of the same work answer what the first time answered (reliability promise 5). */
export interface Idempotency {
  /** Who chose the key, e.g. the server key's name: two callers never share keys. */
  readonly scope: string
  readonly key: string
  /** Hash of the canonical request; another one under the same key is refused IDEMPOTENCY_CONFLICT. */
  readonly fingerprint: string
  /** Kept with the work and handed back by a repeat, e.g. the numbers of recipients. */
  readonly answer: string
}

/** What `append` did: the places in draft order, or those of the first time when `repeated`. */
export interface Appended {
  readonly results: readonly { readonly id: string; readonly version: number }[]
  readonly repeated: boolean
  /** The `answer` that was kept with the first call. */
  readonly answer: string
}

/** One part of a channel's history, oldest first. */
export interface Page {
  readonly messages: readonly Message[]
  /** Something after the asked position is no longer kept: the page cannot be complete. */
  readonly gone: boolean
  /** There is more after the last message of this page. */
  readonly more: boolean
}

/** A server key as it is kept: the secret itself only as its SHA-256 in hex. */
export interface ServerKey {
  readonly name: string
  readonly hash: string
  readonly scopes: readonly Scope[]
  readonly createdAt: number
}

/** What server keys may be made for. */
export const scopes = ['publish', 'wallet', 'admin', 'read'] as const
/** One thing a server key may be used for. */
export type Scope = (typeof scopes)[number]

/** Keeps messages and small facts; tells every commit once, in version order, before its callers go on. */
export interface Store {
  /** Opens the store. `told` gets the messages of each commit before any call of that commit resolves. */
  start(told: (messages: readonly Message[]) => void): Promise<void>
  /** All drafts are recorded or none is; durable (fsync) when it resolves. Refuses with STORE_UNAVAILABLE, OVERLOADED or IDEMPOTENCY_CONFLICT. */
  append(
    drafts: readonly Draft[],
    options?: { idempotency?: Idempotency; audit?: AuditEntry },
  ): Promise<Appended>
  /** What a channel recorded after `version`, at most `limit` messages. Nothing of it is told later: who reads and then listens hears nothing twice. */
  since(channel: string, version: number, limit: number): Promise<Page>
  /** What any of the channels recorded after the message `id`, each message once, in order of id; nothing of it is told later. */
  after(channels: readonly string[], id: string, limit: number): Promise<Page>
  /** The recorded message with this id, in the first of `channels` that it has a place in, else in its own; null when there is none, or no longer. */
  find(id: string, channels: readonly string[]): Promise<Message | null>
  /** The highest id that was told, or recorded before the start; 0 when there is none. */
  head(): number
  /** A small value kept under a key, null when there is none or it has expired at `now`. */
  get(key: string, now: number): Promise<string | null>
  put(key: string, value: string, expiresAt?: number): Promise<void>
  delete(key: string): Promise<void>
  /** The server key with this SHA-256 in hex, null when there is none or it was revoked. */
  keyByHash(hash: string): Promise<ServerKey | null>
  /** Leaves a row in the audit log. */
  audit(entry: AuditEntry): Promise<void>
  /** Drops recorded messages older than `before` (epoch ms) and what has expired by `now`; answers how many rows went. */
  prune(before: number, now: number): Promise<number>
  /** Why writes fail at the moment, null when they work. */
  fault(): string | null
  /** Writes what is queued, then closes. */
  stop(): Promise<void>
}

/** Who did what through an administrative door; kept for ever, publishes as long as their messages. */
export interface AuditEntry {
  readonly at: number
  /** Name of the server key, or `cli`. */
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly details?: string
}
