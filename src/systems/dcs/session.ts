import type { Clock, Stop } from '../../core/clock.ts'
import { fieldRefusal, Refusal } from '../../core/errors.ts'
import type { Channels } from '../../core/hub.ts'
import { hashKey } from '../../core/keys.ts'
import type { Accepted, Handshake } from '../../core/protocol.ts'
import type { Query } from '../../core/query.ts'
import { stream } from './channels.ts'
import type { Partners } from './partners.ts'
import { channelPattern } from './secrets.ts'

/** A connection of a listen channel. */
export interface Session {
  readonly partner: string
  /** SHA-256 of the channel's id in hex; the id itself is not kept. */
  readonly hash: string
  /** The version after which messages are wanted; null: from now on. */
  readonly after: number | null
  /** Takes back the timer that ends the connection with its channel. */
  disarm: Stop
  /** The connection has closed. */
  left: boolean
}

/** How handshakes are judged. */
export interface Entrance {
  readonly partners: Partners
  readonly channels: Channels
  readonly clock: Clock
}

/** Finds the partner of the channel in the path (D8). Refuses CHANNEL_NOT_FOUND and CHANNEL_EXPIRED (D9), and HISTORY_GONE for an `after` older than what is kept. */
export async function authenticate(
  { params, query }: Handshake,
  { partners, channels, clock }: Entrance,
): Promise<Accepted<Session>> {
  const { channel = '' } = params
  const after = position(query)
  const hash = hashKey(channel)
  const found = channelPattern.test(channel) ? await partners.listening(hash, clock.now()) : null
  if (found === null) throw new Refusal('CHANNEL_NOT_FOUND', 'No such channel')
  const { partner, expiresAt, ended } = found
  if (ended) throw new Refusal('CHANNEL_EXPIRED', 'This channel has expired: get a new one')
  if (after !== null) {
    const { gone } = await channels.since(stream(partner), after, 1)
    if (gone) throw new Refusal('HISTORY_GONE', `Messages after ${after} are no longer kept`)
  }
  const session = { partner, hash, after, disarm: () => {}, left: false }
  return { session, user: partner, expiresAt }
}

function position(query: Query): number | null {
  const [after, ...others] = query('after')
  if (after === undefined) return null
  const version = others.length === 0 ? readVersion(after) : null
  if (version === null) throw fieldRefusal('INVALID_REQUEST', 'after', 'Expected a version')
  return version
}

/** What a version looks like as clients write it. */
export const versionPattern = /^(0|[1-9]\d{0,19})$/

/** A version as clients write it, null for what is none. One beyond all exact numbers is beyond all messages, too. */
export function readVersion(text: string): number | null {
  if (!versionPattern.test(text)) return null
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER)
}
