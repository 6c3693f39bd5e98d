import type { Clock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import type { Channels } from '../../core/hub.ts'
import type { Log } from '../../core/log.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { frame } from './codec.ts'
import type { Arrival, Inbox } from './inbox.ts'
import type { LocallifeOptions } from './options.ts'
import type { People } from './people.ts'
import { heldRoles, type Session } from './session.ts'

/** What looking after connections works with. */
export interface PresenceParts extends Pick<LocallifeOptions, 'times' | 'redeliverTimes'> {
  readonly channels: Channels
  readonly people: Pick<People, 'standing'>
  readonly inbox: Pick<Inbox, 'opening' | 'arrived'>
  readonly acknowledgements: Pick<Acknowledgements, 'flushed'>
  readonly clock: Clock
  readonly log: Log
}

/** Who is connected: lets in, and ends what may not go on. */
export interface Presence {
  /** Tells what waits in the inbox, then what happens, without a gap or a double (L12, L13); ends the other connections of a rider (L22). */
  opened(connection: Connection<Session>): Promise<void>
  /** Ends the connection with 4403 unless its user still has one of the roles it asked for (L8); who became a rider is from now on ended by a newer one (L22). */
  review(connection: Connection<Session>): Promise<void>
  /** Has all connections of the users judged, on every node; resolves when those of this one are. */
  reviewAll(users: readonly string[]): Promise<void>
}

/** Nobody is connected yet. */
export function createPresence({
  channels,
  people,
  inbox,
  acknowledgements,
  clock,
  log,
  times,
  redeliverTimes,
}: PresenceParts): Presence {
  const judging = new Set<Promise<void>>()

  async function judge(connection: Connection<Session>): Promise<void> {
    const { user, asked } = connection.session
    const held = heldRoles(await people.standing(user), asked)
    if (held.includes('rider')) channels.subscribe(connection, duty(user))
    else channels.unsubscribe(connection, duty(user))
    if (held.length === 0) connection.close('forbidden')
  }

  function review(connection: Connection<Session>): Promise<void> {
    const judged = judge(connection).finally(() => judging.delete(judged))
    judging.add(judged)
    return judged
  }

  return {
    async opened(connection) {
      const { user, held, lastSequence } = connection.session
      if (held.includes('rider')) {
        channels.subscribe(connection, duty(user))
        channels.close(duty(user), 'replaced', connection.id)
      }
      const now = clock.now()
      const arrival = { user, lastSequence, since: now - times.noticeTtl }
      const told = tell(connection, arrival)
      const kept = inbox
        .arrived({ ...arrival, now, times: redeliverTimes })
        .catch((error: unknown) => log.warn('arrival not kept', { reason: String(error) }))
      // A role that was lost since the handshake looked was lost before anybody could be told here.
      await Promise.all([told, kept, review(connection)])
    },
    review,
    async reviewAll(users) {
      for (const user of users) channels.review(inboxOf(user))
      await Promise.allSettled([...judging])
    },
  }

  /** The connection listens at once; what it is told before what happens now is looked up behind that. */
  function tell(connection: Connection<Session>, arrival: Arrival): Promise<void> {
    const name = inboxOf(arrival.user)
    let wanted: ReadonlySet<number> = new Set()
    let head = 0
    let next = 0
    let lost = false
    function tellGap(from: number, to: number): void {
      if (arrival.lastSequence === null) return
      connection.send(frame('history_gap', { from, to }, clock.now()))
    }
    return channels.join(connection, [name], {
      async first(limit) {
        // What its user acknowledged before it came must not wait for it.
        await acknowledgements.flushed(arrival.user)
        const opening = await inbox.opening(arrival)
        if (opening.gap !== null) tellGap(opening.gap.from, opening.gap.to)
        wanted = new Set(opening.sequences)
        head = opening.head
        next = opening.sequences[0] ?? head + 1
        return channels.since(name, next - 1, limit)
      },
      gone: () => void (lost = true),
      wanted(message) {
        const sequence = message.version!
        if (lost) tellGap(next, sequence - 1)
        lost = false
        next = sequence + 1
        return sequence > head || wanted.has(sequence)
      },
    })
  }
}

/** The channel of a user's notices; its versions are the sequence the user knows. */
function inboxOf(user: string): string {
  return `user:${user}`
}

/** The channel that a rider's own connections listen to, so that a newer one ends the older ones. */
function duty(user: string): string {
  return `duty:${user}`
}
