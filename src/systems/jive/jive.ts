import type { Connection } from '../../core/connection.ts'
import type { Host, System } from '../../system.ts'
import type { Books } from './books.ts'
import { channelKinds, literalNumbers } from './channels.ts'
import { codec, frame, ping, withIds } from './codec.ts'
import { commands } from './commands.ts'
import { connected } from './events.ts'
import { historyGone } from './requests.ts'
import { routes } from './routes.ts'
import { authenticate, type Session } from './session.ts'
import { ownTopics } from './topics.ts'

/** What this system is set up with; times in ms. */
export interface JiveOptions {
  readonly books: Books
  /** Between two Ping frames to a client (J12). */
  readonly pingInterval: number
  /** Silence after which a client is closed with 4408 (J12). */
  readonly timeout: number
  /** Clients without a token may listen to every family: for load tests in development only (J20). */
  readonly anonymous: boolean
}

/** Family finance over topics: tells families, users and accounts what happens in their books (J1–J25). */
export function jive(
  host: Host,
  { books, pingInterval, timeout, anonymous }: JiveOptions,
): System<Session> {
  const { hub, store, clock, verify, limiter, limits } = host
  const channels = hub.channels('jive')
  const { commandsPerSecond, subscriptions } = limits
  const rate = { perSecond: commandsPerSecond, burst: 2 * commandsPerSecond }
  return {
    name: 'jive',
    paths: { shared: ['/jive/ws'], own: ['/ws'] },
    codec,
    heartbeat: {
      timeout,
      counts: 'any',
      ping: { interval: pingInterval, send: (connection) => connection.send(ping) },
    },
    rates: { other: rate },
    commands: commands({ channels, books, clock }),
    authenticate: (handshake) => authenticate(handshake, { verify, anonymous, subscriptions }),
    opened(connection) {
      const { session } = connection
      const greet = (last?: string) =>
        connection.send(frame(connected(session.user ?? 'anonymous', last)))
      if (session.after !== null) return replay(connection, session.after, greet)
      for (const topic of ownTopics(session)) channels.subscribe(connection, topic)
      greet(connection.dialect === withIds ? String(store.head()) : undefined)
    },
    channels: channelKinds(books),
    literalNumbers,
    routes: routes({ books, clock, verify, limiter, rate }),
  }

  /** Joins before it greets, so that nothing is missed (J2); what was missed follows the greeting. */
  function replay(
    connection: Connection<Session>,
    after: string,
    greet: () => void,
  ): Promise<void> {
    const topics = ownTopics(connection.session)
    const joined = channels.join(connection, topics, {
      first: (limit) => channels.after(topics, after, limit),
      gone: () => connection.send(historyGone),
    })
    greet()
    return joined
  }
}
