import type { Clock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import type { Channels } from '../../core/hub.ts'
import type { Page } from '../../core/store.ts'
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

const nothing: Page = { messages: [], gone: false, more: false }

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
    if (found === null || found.ended) connection.close('gone')
    else endAt(connection, found.expiresAt)
  }

  /** To the ms: the look that the core takes at each connection comes once a second. */
  function endAt(connection: Connection<Session>, expiresAt: number): void {
    const { session } = connection
    session.disarm()
    session.disarm = clock.after(expiresAt - clock.now(), () => {
      // The clock on the wall decides, and it may have been set back.
      if (clock.now() < expiresAt) endAt(connection, expiresAt)
      else connection.close('gone')
    })
    connection.identify(session, { user: session.partner, expiresAt })
  }

  return {
    review,
    async opened(connection) {
      const { hash, partner, after } = connection.session
      const name = stream(partner)
      channels.subscribe(connection, presence(hash))
      // What is told from here on is held until it is known whether a rotation came since the handshake.
      await channels.join(connection, [name], {
        async first(limit) {
          await review(connection)
          return after === null ? nothing : channels.since(name, after, limit)
        },
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
