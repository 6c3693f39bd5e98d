import type { CrashGlance, Reasons } from './reports.ts'

/**
 * What the server answers to the console, as types alone: the page and the server both go by them.
 * What is told of crash, logs, configuration and reasons stands in `reports.ts`.
 *
 * A session's token goes into `Authorization: Bearer …`, here and on the routes that a server key takes:
 *
 * POST   /api/console/session                  Login → Session (201); 401, 403 without scope, 429 too often
 * GET    /api/console/session                  → Omit<Session, 'token'>
 * DELETE /api/console/session                  204
 * GET    /api/console/overview                 stream: `overview` Overview, once a second
 * GET    /api/connections?system=&user=        → Connections
 * DELETE /api/connections/{id}                 204 (scope admin)
 * DELETE /api/users/{system}/{user}/connections   204 (scope admin)
 * GET    /api/console/connections/{id}         → ConnectionDetail
 * GET    /api/console/connections/{id}/frames  stream: `frame` Frame, `closed` {}
 * GET    /api/channels                         → Channels
 * GET    /api/channels/{system}/{name}/history?after=&limit=   → History
 * GET    /api/console/kinds                    → Kinds
 * POST   /api/publish                          {channel, type, data, externalUserId?} → {id, version, recipients} (scope publish)
 * GET    /api/console/live?channel=system/name | ?system=&user= | ?system=   stream: `message` LiveMessage, `frame` Frame (of a user), `dropped` Dropped
 * GET    /api/console/deliveries?user=&channel=system/name&version= | ?user=&system=&id=   → Deliveries
 * GET    /api/console/crash?rounds=1000        → CrashFigures
 * GET    /api/console/crash/audit              → AuditState
 * POST   /api/console/crash/audit              → AuditState, 202 (scope admin); 409 while one runs
 * GET    /api/crash/rounds?before=&limit=      anybody
 * GET    /api/console/logs?level=info          stream: `line` LogLine, those that are kept first
 * GET    /api/console/config                   → ConfigValues
 *
 * A stream is `text/event-stream`: `event: NAME`, `data: JSON`, an empty line; lines that begin with `:` say nothing.
 * It ends when its session does, when the server stops, and when its reader does not keep up. More than 50 at once: 429.
 * Refusals are `{code, message, details}`; 401 means: log in again.
 */

/** What a session may: everything that is in its scopes, or look only. */
export type Role = 'full' | 'read'

/** Body of a login: a server key with the scope `admin` or `read`, or the secret of a one-time link. */
export type Login = { readonly key: string } | { readonly once: string }

/** A session; `expiresAt` in epoch ms. */
export interface Session {
  readonly token: string
  readonly role: Role
  /** `console:` and the name of the key, or `console:link`: so it stands in the audit log. */
  readonly name: string
  /** What actions ask for: `publish` to publish, `admin` for the rest. A session of role `read` has neither. */
  readonly scopes: readonly ('publish' | 'admin' | 'read')[]
  readonly expiresAt: number
}

/** How long something took within the last second, ms, from the buckets of a histogram; null where nothing happened. */
export interface Quantiles {
  readonly count: number
  readonly p50: number | null
  readonly p99: number | null
}

/** The server at an instant. Rates are per second, over the last second; the first one of a stream has none. */
export interface Overview {
  /** Epoch ms. */
  readonly at: number
  readonly version: string
  readonly startedAt: number
  readonly connections: Readonly<Record<string, number>>
  readonly rates: {
    /** Frames of clients. */
    readonly framesIn: number
    /** Messages recorded or published. */
    readonly published: number
    /** Messages times who listened to each. */
    readonly delivered: number
  } | null
  /** Recording a message: from the call to on disk and handed to the sockets. */
  readonly publish: Quantiles
  readonly store: {
    /** One commit with its fsync. */
    readonly commit: Quantiles
    /** Rows on their way to the disk, by database, and how many may be. */
    readonly waiting: Readonly<Record<string, number>>
    readonly mostWaiting: number
    /** Bytes that the disk of the data folder has left; null where it does not answer. */
    readonly freeBytes: number | null
  }
  /** How late a timer ran in the last second, ms; null in the first second. */
  readonly loopLag: number | null
  /** Of one core, 1 being all of it, over all threads; null in the first second. */
  readonly cpu: number | null
  readonly rssBytes: number
  /** Open files; null where the machine does not tell. */
  readonly descriptors: { readonly open: number; readonly most: number | null } | null
  /** Each check of /readyz: `ok`, or what is wrong with it; `fails` where that keeps traffic away. */
  readonly checks: readonly {
    readonly name: string
    readonly state: string
    readonly fails: boolean
  }[]
  /** The exchange of pledge by symbol, ages in ms; null where pledge does not run. */
  readonly upstream: {
    readonly up: boolean
    readonly ages: Readonly<Record<string, number>>
  } | null
  readonly crash: CrashGlance | null
  /** Who looks, this stream included. */
  readonly watchers: number
}

/** One of the connections of this node. */
export interface Connection {
  readonly id: string
  readonly system: string
  readonly user: string | null
  readonly address: string
  readonly openedAt: number
  /** Names without the system. */
  readonly channels: readonly string[]
}

/** At most 1,000 of them; `total` counts all of this node. */
export interface Connections {
  readonly connections: readonly Connection[]
  readonly total: number
}

/** One connection, closer. */
export interface ConnectionDetail extends Connection {
  /** Which shape of messages it reads; empty: the usual one. */
  readonly dialect: string
  /** Bytes that wait for a reader who is too slow. */
  readonly queuedBytes: number
  /** Frames of it that wait for their turn. */
  readonly waitingFrames: number
  /** Epoch ms of the end of its token; null: never. */
  readonly expiresAt: number | null
  /** Ms since anything came from it. */
  readonly silentMs: number
}

/** A frame of a connection somebody looks at, secrets in it masked. */
export interface Frame {
  readonly at: number
  readonly connection: string
  readonly direction: 'in' | 'out'
  /** At most 2,048 characters. */
  readonly text: string
  /** Length of the whole frame in characters (bytes where it is binary). */
  readonly length: number
  readonly cut: boolean
}

/** Channels with listeners, most listeners first, at most 1,000. */
export interface Channels {
  readonly channels: readonly { readonly channel: string; readonly listeners: number }[]
}

/** A part of a channel's history, oldest first. */
export interface History {
  readonly messages: readonly {
    readonly id: string
    readonly version: number
    readonly type: string
    readonly at: number
    readonly data: unknown
    readonly meta?: Readonly<Record<string, string>>
  }[]
  readonly more: boolean
}

/** A JSON Schema (2020-12). */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** One kind of channel of a system: `family` of `jive/family:f1`. */
export interface Kind {
  readonly system: string
  readonly kind: string
  readonly publish: boolean
  /** A publish must say `externalUserId`, too. */
  readonly externalUser: boolean
  /** By type, the shape of the data of a publish; empty where nobody publishes. */
  readonly events: Readonly<Record<string, JsonSchema>>
}

/** Every kind of the systems that run. */
export interface Kinds {
  readonly kinds: readonly Kind[]
}

/** A message at the moment it is told. */
export interface LiveMessage {
  readonly at: number
  /** Full names; the first one is the one its frame speaks of. */
  readonly channels: readonly string[]
  /** Null for what is not recorded. */
  readonly id: string | null
  readonly version: number | null
  readonly type: string
  /** The data as JSON text, secrets masked, at most 2,048 characters. */
  readonly text: string
  readonly length: number
  readonly cut: boolean
  /** Connections of this node that listen. */
  readonly listeners: number
}

/** So many events of the last second were not told: more than 200 came. */
export interface Dropped {
  readonly at: number
  readonly count: number
}

/** The steps of a delivery in their order. */
export type StepName = 'published' | 'connected' | 'subscribed' | 'sent' | 'acknowledged'

/** Why a step has its answer: by name with what it is about, and in a sentence. */
export type Reason = {
  [Name in keyof Reasons]: {
    readonly reason: Name
    readonly about: Reasons[Name]
    /** In English. */
    readonly why: string
  }
}[keyof Reasons]

/** One step; `unknown` where nothing is kept that could tell. */
export type Step = Reason & {
  readonly step: StepName
  readonly answer: 'yes' | 'no' | 'unknown'
}

/** Why a user got a message or did not. */
export interface Deliveries {
  readonly user: string
  readonly system: string
  /** Null where there is no such message, or no longer. */
  readonly message: {
    readonly id: string
    readonly channel: string
    readonly version: number
    readonly type: string
    readonly at: number
  } | null
  /** Since when closed connections are known, epoch ms. */
  readonly knownSince: number
  readonly steps: readonly Step[]
}
