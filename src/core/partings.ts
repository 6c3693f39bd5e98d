import type { Clock } from './clock.ts'
import type { LiveConnection } from './connection.ts'
import { createRing } from './ring.ts'

/** A connection that has closed; times in epoch ms. */
export interface Parting {
  readonly id: string
  readonly system: string
  readonly user: string | undefined
  readonly openedAt: number
  readonly closedAt: number
  readonly code: number
  /** Full names of the first channels it listened to at its end. */
  readonly channels: readonly string[]
}

/** The connections that have closed last, so that it can be told who was there when something was sent. */
export interface Partings extends Iterable<Parting> {
  /** Since when every connection that closed is in here, epoch ms. */
  since(): number
  /** A connection closes with a code; before its channels are forgotten. */
  note(connection: LiveConnection, code: number): void
}

const mostKept = 10_000
/** Of one connection: more are for crowds, who would fill the memory. */
const mostChannels = 8

/** Nobody has left yet; `most` are kept. */
export function createPartings(clock: Clock, most = mostKept): Partings {
  const ring = createRing<Parting>(most)
  const began = clock.now()
  return {
    since() {
      if (ring.total <= most) return began
      const [oldest] = ring
      return oldest?.closedAt ?? began
    },
    note({ id, protocol, user, openedAt, memberships }, code) {
      const channels = memberships.slice(0, mostChannels).map(({ name }) => name)
      const closedAt = clock.now()
      ring.push({ id, system: protocol.name, user, openedAt, closedAt, code, channels })
    },
    [Symbol.iterator]: () => ring[Symbol.iterator](),
  }
}
