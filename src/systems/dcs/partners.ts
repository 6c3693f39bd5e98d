/** What the id of a partner looks like; it stands in paths and in the name of its channel. */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/

/** How long a channel that has ended is told from one that never was (ms, D9). */
export const rememberedMs = 30 * 24 * 3_600_000

/** A partner as operators see it; `createdAt` in epoch ms. */
export interface Partner {
  readonly id: string
  readonly apiKey: string
  readonly createdAt: number
}

/** Who changes a partner with a server key, and when (epoch ms): the audit log keeps both. */
export interface Acting {
  readonly actor: string
  readonly at: number
}

/** A signed request (D19): its `timestamp` and `nonce` are spent together, once. `at` is when it arrived (epoch ms). */
export interface Use {
  readonly apiKey: string
  readonly timestamp: number
  readonly nonce: number
  readonly at: number
}

/** A listen channel to be, by the SHA-256 of its id in hex; `ttl` is its life, `grace` what the earlier ones have left (ms). */
export interface Fetched {
  readonly hash: string
  readonly ttl: number
  readonly grace: number
}

/** Hashes of the channels that have ended, and of those that now end sooner than they would have. */
export interface Ends {
  readonly ended: readonly string[]
  readonly shortened: readonly string[]
}

/** What a listen channel points at, and until when (epoch ms). */
export interface Listening {
  readonly partner: string
  readonly expiresAt: number
  readonly ended: boolean
}

/** A part of the partners, in the order of their ids. */
export interface PartnerList {
  readonly items: readonly Partner[]
  /** There are further ones after the last of these. */
  readonly more: boolean
}

/** Partners, their listen channels and their spent nonces. Changes are durable when they resolve and leave a row in the audit log; an unknown partner is refused NOT_FOUND. */
export interface Partners {
  /** Whether there is a partner with this id. */
  known(id: string): Promise<boolean>
  find(id: string): Promise<Partner>
  /** The partners after an id (`''`: from the first on). */
  list(after: string, limit: number): Promise<PartnerList>
  /** Makes a partner; one that is there already stays as it is, its secret too. */
  create(
    partner: Partner,
    secret: string,
    actor: string,
  ): Promise<{ readonly partner: Partner; readonly created: boolean }>
  /** From now on only the new secret signs. */
  renew(id: string, secret: string, by: Acting): Promise<Partner>
  /** Ends its channels and forgets its key; answers the hashes of the channels. What was told to it stays recorded. */
  remove(id: string, by: Acting): Promise<readonly string[]>
  /** Whose API key it is and what it signs with; null for nobody's. */
  byKey(apiKey: string): Promise<{ readonly id: string; readonly secret: string } | null>
  /** Refuses DAPI_NONCE_USED the second time, DAPI_KEY_UNKNOWN when the partner has gone. */
  spend(use: Use): Promise<void>
  /** Spends the request and makes its channel the partner's only one, after `grace` (D7). */
  rotate(use: Use, channel: Fetched): Promise<Ends>
  /** The listen channel with this hash, as it is at `at` (epoch ms); null when there never was one, or too long ago. */
  listening(hash: string, at: number): Promise<Listening | null>
}
