import * as v from 'valibot'
import { unauthorized } from '../../core/auth.ts'
import type { Clock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import { AnyObject, command, type Command, type Request } from '../../core/protocol.ts'
import { cancelledAnswer, cashedOutAnswer, placedAnswer } from './answers.ts'
import type { Broadcast } from './broadcast.ts'
import { heartbeat } from './codec.ts'
import type { Entrance } from './entrance.ts'
import { eventTypes } from './events.ts'
import type { Game, ReadStakes, Wish } from './game.ts'
import type { Session } from './session.ts'
import {
  Authentication,
  CancelBet,
  CashOut,
  EventTypes,
  PlaceBet,
  stakesOf,
  wishText,
  type StakeRules,
} from './shapes.ts'
import type { Writing } from './writing.ts'

/** What commands work with. */
export interface CommandParts {
  readonly game: Pick<Game, 'place' | 'cashOut' | 'cancel'>
  readonly entrance: Pick<Entrance, 'login'>
  readonly broadcast: Pick<Broadcast, 'hear' | 'ignore' | 'heard'>
  readonly clock: Clock
  readonly writing: Writing
  readonly rules: StakeRules
  /** The state of the game for whoever is connected (K12), as JSON text. */
  readonly stateFor: (session: Session) => string
}

type Client = Connection<Session>

/** Everything clients may say (K5), by its name without `CRASH_`; each answers with the JSON text of its payload. */
export function commands(parts: CommandParts): ReadonlyMap<string, Command<Session>> {
  const { entrance, clock, stateFor } = parts
  return new Map<string, Command<Session>>([
    [
      'AUTH',
      command(Authentication, {}, (client: Client, { token }, request) =>
        entrance.login(client, token, request),
      ),
    ],
    ['PING', command(AnyObject, {}, () => `{"timestamp":${clock.now()}}`)],
    [
      'GET_STATE',
      command(AnyObject, { rate: 'state' }, ({ session }: Client) => stateFor(session)),
    ],
    ...bets(parts),
    ...subscriptions(parts),
    [heartbeat, command(v.unknown(), {}, () => '')],
  ])
}

/** Whoever has no purse cannot play; what is wrong with the shape is told first. */
const admit = ({ session }: Client) => (session.player === null ? unauthorized() : null)

/** Money commands (K9–K13): the id of the frame makes their repeat harmless (R30). */
function bets({ game, writing, rules }: CommandParts): [string, Command<Session>][] {
  return [
    [
      'PLACE_BET',
      command(PlaceBet, { rate: 'bet', admit }, async ({ session }: Client, wished, request) => {
        const wish = wishOf(session, request, wishText(wished))
        const read: ReadStakes = (free) => stakesOf(wished, rules, free)
        const placed = await game.place(wish, read, wished.nextRound)
        return placedAnswer(placed, writing)
      }),
    ],
    [
      'CASH_OUT',
      command(
        CashOut,
        { rate: 'cash_out', admit },
        async ({ session }: Client, { slot, all }, request) => {
          const wish = wishOf(session, request, `CASH_OUT ${all ? 'all' : (slot ?? 'only')}`)
          return cashedOutAnswer(await game.cashOut(wish, slot, all), writing)
        },
      ),
    ],
    [
      'CANCEL_BET',
      command(CancelBet, { admit }, async ({ session }: Client, { slotId }, request) => {
        const wish = wishOf(session, request, `CANCEL_BET ${slotId}`)
        return cancelledAnswer(await game.cancel(wish, slotId), writing)
      }),
    ],
  ]
}

function wishOf({ player }: Session, { id, receivedAt }: Request, body: string): Wish {
  if (player === null) throw unauthorized()
  return { person: player, key: id ?? '', body, receivedAt }
}

/** Which events a client hears (K23): all of them until it names some for the first time (R19). */
function subscriptions({ broadcast }: CommandParts): [string, Command<Session>][] {
  const answer = (client: Client) =>
    `{"success":true,"eventTypes":${JSON.stringify(broadcast.heard(client))}}`
  return [
    [
      'SUBSCRIBE',
      command(EventTypes, {}, (client: Client, { eventTypes: wished }) => {
        const { session } = client
        if (!session.chosen) {
          broadcast.ignore(
            client,
            eventTypes.filter((type) => !wished.includes(type)),
          )
        }
        session.chosen = true
        broadcast.hear(client, wished)
        return answer(client)
      }),
    ],
    [
      'UNSUBSCRIBE',
      command(EventTypes, {}, (client: Client, { eventTypes: unwanted }) => {
        client.session.chosen = true
        broadcast.ignore(client, unwanted)
        return answer(client)
      }),
    ],
  ]
}
