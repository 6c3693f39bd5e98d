/** Who can be played, by system; the answer to GET /api/play. */
export interface Cast {
  readonly systems: readonly { readonly system: string; readonly roles: readonly string[] }[]
}

/** What somebody needs who plays a role; the answer to POST /api/play/session with `{system, role}`. */
export interface PlaySession {
  readonly system: string
  readonly role: string
  /** Where to connect, with whatever lets in: `/jive/ws?token=…`. */
  readonly path: string
  /** The token alone; null where none is needed. */
  readonly token: string | null
  /** The server key, for what a backend does. */
  readonly key: string
  /** Full names of channels that this role hears. */
  readonly channels: readonly string[]
  /** Whom a publish is about, where it has to say so. */
  readonly externalUserId: string | null
  /** Values that exist on this server, by the names of fields. */
  readonly hints: Readonly<Record<string, string>>
  readonly actions: readonly Action[]
}

/** A request of a backend or of another user that this role hears of. */
export interface Action {
  readonly name: 'spend' | 'credit'
  readonly method: 'POST'
  readonly path: string
  /** For the header `Authorization`. */
  readonly bearer: string
  readonly body: Readonly<Record<string, unknown>>
  /** The field of the body that is to be another one each time; null: none. */
  readonly fresh: string | null
}
