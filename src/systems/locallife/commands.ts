import * as v from 'valibot'
import type { Clock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import { command, type Command } from '../../core/protocol.ts'
import type { Acknowledgements } from './acknowledgements.ts'
import { frame } from './codec.ts'
import type { Session } from './session.ts'

/** What commands work with. */
export interface CommandParts {
  readonly acknowledgements: Pick<Acknowledgements, 'take'>
  readonly clock: Clock
}

/** The id stands in the data, or beside the type (L11). */
const Acknowledgement = v.pipe(
  v.looseObject({}),
  v.transform(({ data, ...frame }) => (isObject(data) && 'message_id' in data ? data : frame)),
  v.object({ message_id: v.pipe(v.string(), v.minLength(1), v.maxLength(64)) }),
)

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** What clients may say (L11, L14): an acknowledgement and a pong get no answer, a ping gets a pong. */
export function commands({
  acknowledgements,
  clock,
}: CommandParts): ReadonlyMap<string, Command<Session>> {
  return new Map<string, Command<Session>>([
    [
      'ack',
      command(
        Acknowledgement,
        { rate: 'ack' },
        ({ session }: Connection<Session>, { message_id: id }) => {
          acknowledgements.take(session.user, id)
        },
      ),
    ],
    ['ping', command(v.unknown(), {}, () => frame('pong', {}, clock.now()))],
    // That it arrived is all there is to it.
    ['pong', command(v.unknown(), {}, () => undefined)],
  ])
}
