import * as v from 'valibot'
import type { Clock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import { Refusal } from '../../core/errors.ts'
import type { Channels } from '../../core/hub.ts'
import { AnyObject, command, type Command } from '../../core/protocol.ts'
import type { Books } from './books.ts'
import { frame, pong } from './codec.ts'
import { acknowledged } from './events.ts'
import { answerRequest } from './requests.ts'
import type { Session } from './session.ts'
import { mayHear, parseTopic, type Topic } from './topics.ts'

/** What commands work with. */
export interface CommandParts {
  readonly channels: Channels
  readonly books: Books
  readonly clock: Clock
}

/** `ack: true` asks for an answer to what is silent otherwise (J16); anything else under that name does not. */
const Subscription = v.fallback(
  v.object({ topic: v.optional(v.unknown()), ack: v.optional(v.unknown()) }),
  {},
)
/** Which params there may be the resource says. */
const Wanted = v.object({
  resource: v.pipe(v.string(), v.maxLength(64)),
  params: v.optional(AnyObject, {}),
})

/** The commands of this system (J6), each with what it answers: a frame, or nothing. */
export function commands(parts: CommandParts): ReadonlyMap<string, Command<Session>> {
  const { channels, books } = parts
  return new Map<string, Command<Session>>([
    [
      'Subscribe',
      command(Subscription, {}, (connection: Connection<Session>, { topic, ack }) => {
        const wanted = wellFormed(topic)
        const enter = (allowed: boolean) => {
          if (!allowed) throw new Refusal('FORBIDDEN', `No access to "${wanted.name}"`)
          channels.subscribe(connection, wanted.name)
          return ack === true ? frame(acknowledged('Subscribed', wanted.name)) : undefined
        }
        const allowed = mayHear(connection.session, wanted, books)
        return allowed instanceof Promise ? allowed.then(enter) : enter(allowed)
      }),
    ],
    [
      'Unsubscribe',
      command(Subscription, {}, (connection: Connection<Session>, { topic, ack }) => {
        const { name } = wellFormed(topic)
        channels.unsubscribe(connection, name)
        return ack === true ? frame(acknowledged('Unsubscribed', name)) : undefined
      }),
    ],
    [
      'Request',
      command(
        Wanted,
        { code: 'INVALID_PARAMS' },
        (connection: Connection<Session>, { resource, params }) =>
          answerRequest(parts, connection, resource, params),
      ),
    ],
    ['Ping', command(v.unknown(), {}, () => pong)],
    // The answer to our Ping: that it arrived is all there is to it (J13).
    ['Pong', command(v.unknown(), {}, () => undefined)],
  ])
}

function wellFormed(topic: unknown): Topic {
  const parsed = parseTopic(topic)
  if (parsed !== null) return parsed
  throw new Refusal(
    'INVALID_TOPIC',
    'Expected a topic: "family:…", "user:…", "account:…" or "global"',
  )
}
