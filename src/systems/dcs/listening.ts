import type { Clock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import type { Channels } from '../../core/hub.ts'
import { presence, stream } from './channels.ts'
import type { Partners } from './partners.ts'
import type { Session } from './session.ts'

/** What happens to a connection between its handshake and its end. */
export interface Listening {
  /** Lets it hear its partner, from the version it asked for on, unless its channel has ended meanwhile. */
  opened(connection: Connection<Session>): Promise<void>
  /** Looks at its channel again: closes it with 4404 when that has ended, else lets it stay until then (D3, D7). */
  review(connection: Connection<Session>): Promise<void>
  closed(connection: Connection<Session>): void
}

/** Connections whose life is that of a listen channel. */
export function listeningOf({
  partners,
  channels,
  clock,
}: {
  readonly partners: Partners
  readonly channels: Channels
  readonly clock: Clock
}): Listening {
  async function review(connection: Connection<Session>): Promise<void> {
    const { session } = connection
    const found = await partners.listening(session.hash, clock.now())
    if (session.left) return
    if (found === null || found.ended) end(connection)
    else endAt(connection, found.expiresAt)
  }

  /** To the ms: the look that the core takes at each connection comes once a second. */
  function endAt(connection: Connection<Session>, expiresAt: number): void {
    const { session } = connection
    session.disarm()
    session.disarm = clock.after(expiresAt - clock.now(), () => {
      // The clock on the wall decides, and it may have been set back.
      if (clock.now() < expiresAt) endAt(connection, expiresAt)
      else end(connection)
    })
    connection.identify(session, { user: session.partner, expiresAt })
  }

  function end(connection: Connection<Session>): void {
    connection.session.left = true
    connection.close('gone')
  }

  return {
    review,
    async opened(connection) {
      const { session } = connection
      channels.subscribe(connection, presence(session.hash))
      // A rotation since the handshake found nobody to close: from here on it does.
      await review(connection)
      if (session.left) return
      const name = stream(session.partner)
      const { after } = session
      if (after === null) return channels.subscribe(connection, name)
      await channels.join(connection, [name], {
        first: (limit) => channels.since(name, after, limit),
        // Too old before it was told: the client asks again and learns it from the answer.
        gone: () => connection.close('overloaded'),
      })
    },
    closed({ session }) {
      session.left = true
      session.disarm()
    },
  }
}
