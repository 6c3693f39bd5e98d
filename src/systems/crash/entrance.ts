import { limitKey } from '../../core/address.ts'
import { unauthorized, type Claims, type Verify } from '../../core/auth.ts'
import type { Clock } from '../../core/clock.ts'
import type { Connection } from '../../core/connection.ts'
import { Refusal, wantsLater } from '../../core/errors.ts'
import type { Accepted, Codec, Handshake, MaybePromise, Request } from '../../core/protocol.ts'
import { authenticatedAnswer } from './answers.ts'
import type { Broadcast } from './broadcast.ts'
import { frame } from './codec.ts'
import { eventTypes } from './events.ts'
import type { Game } from './game.ts'
import type { Line } from './latency.ts'
import type { Ledger } from './ledger.ts'
import type { Online } from './online.ts'
import { newSession, personOf, playerOf, tokenOf, type Session } from './session.ts'
import type { Writing } from './writing.ts'

/** What letting people in works with. */
export interface EntranceParts {
  readonly verify: Verify
  readonly clock: Clock
  readonly codec: Codec
  readonly ledger: Pick<Ledger, 'open'>
  readonly game: Pick<Game, 'joined' | 'left'>
  readonly broadcast: Pick<Broadcast, 'hear' | 'hearOwn'>
  readonly online: Online
  readonly writing: Writing
  /** Where frames leave through. */
  readonly line: Line
  /** The state of the game for whoever is connected (K12), as JSON text. */
  readonly stateFor: (session: Session) => string
  readonly currency: string
  /** Play money of a new player, minor units. */
  readonly grant: number
  readonly maxSpectatorsPerIp: number
  /** Addresses whose spectators nobody counts (development). */
  readonly exempt: (address: string) => boolean
}

/** Who comes and goes: spectators at once, players with a token in the handshake or in a frame (R17, R18). */
export interface Entrance {
  authenticate(handshake: Handshake): MaybePromise<Accepted<Session>>
  opened(connection: Connection<Session>): MaybePromise<void>
  closed(connection: Connection<Session>): void
  expiring(connection: Connection<Session>): void
  /** AUTH in a frame: the answer's payload; nothing when the token does not hold, since the connection has ended then. */
  login(
    connection: Connection<Session>,
    token: string,
    request: Request,
  ): Promise<string | undefined>
}

/** An entrance that nobody has come through yet. */
export function createEntrance(parts: EntranceParts): Entrance {
  const { verify, clock, codec, ledger, game, broadcast, online, writing, line, stateFor } = parts
  const spectators = createCount()

  /** The state comes first, whatever happens meanwhile; then every event (K4, R18, R19). */
  function greet(connection: Connection<Session>): void {
    const state = frame('state-init', 'GET_STATE_RESPONSE', stateFor(connection.session))
    line(() => {
      const { session } = connection
      connection.send(state)
      // On a slow line it may have chosen before it was greeted.
      if (!session.closed && !session.chosen) broadcast.hear(connection, eventTypes)
    })
  }

  /** Makes the connection that of a player; the payload of AUTH_RESPONSE. `welcome` comes before anything that only the player hears. */
  async function enter(
    connection: Connection<Session>,
    claims: Claims,
    welcome: () => void,
  ): Promise<string> {
    const { session } = connection
    const playerId = playerOf(claims)
    const { account, balance } = await ledger.open(playerId, parts.grant, clock.now())
    // From here on in one breath: news of the balance wait for it to end (purses.ts), so none is missed.
    const expiresAt = claims.exp * 1_000
    const person = personOf(claims, account)
    if (session.player === null && !session.closed) {
      online.enter(person)
      game.joined(account)
      leaveStand(connection)
    }
    session.player = person
    connection.identify(session, { user: playerId, expiresAt })
    welcome()
    line(() => broadcast.hearOwn(connection, playerId))
    const told = { balance, currency: parts.currency, expiresAt }
    return authenticatedAnswer(person, told, clock.now(), writing)
  }

  function leaveStand({ session, address }: Connection<Session>): void {
    if (session.spectating) spectators.leave(limitKey(address))
    session.spectating = false
  }

  function end(connection: Connection<Session>, request: Request | null): void {
    const refusal = codec.refusal(unauthorized(), request, clock.now())
    if (refusal !== null) connection.send(refusal)
  }

  return {
    authenticate(handshake) {
      const token = tokenOf(handshake)
      if (token !== null) {
        const claims = verify(token, 'crash')
        return claims instanceof Promise ? claims.then(accepted) : accepted(claims)
      }
      const { address } = handshake
      const inside = spectators.of(limitKey(address))
      if (inside >= parts.maxSpectatorsPerIp && !parts.exempt(address)) {
        throw wantsLater('TOO_MANY_CONNECTIONS', 'Too many spectators from this address', 5_000)
      }
      return { session: newSession(null) }
    },
    opened(connection) {
      const { session, address } = connection
      if (session.claims === null) {
        session.spectating = true
        spectators.enter(limitKey(address))
        return greet(connection)
      }
      return enter(connection, session.claims, () => greet(connection)).then((payload) =>
        line(() => connection.send(frame('auth-init', 'AUTH_RESPONSE', payload))),
      )
    },
    closed(connection) {
      const { session } = connection
      session.closed = true
      leaveStand(connection)
      const { player } = session
      if (player !== null && online.leave(player) === 0) game.left(player.account)
    },
    expiring: (connection) => end(connection, null),
    async login(connection, token, request) {
      const claims = await claimsOf(token)
      if (claims === null) {
        end(connection, request)
        connection.close('unauthorized')
        return undefined
      }
      const { player } = connection.session
      if (player !== null && player.playerId !== claims.sub) {
        throw new Refusal('INVALID_REQUEST', 'This connection is that of another player')
      }
      return enter(connection, claims, () => {})
    },
  }

  /** Null when the token does not hold; what keeps us from judging it is thrown. */
  async function claimsOf(token: string): Promise<Claims | null> {
    try {
      const claims = await verify(token, 'crash')
      playerOf(claims)
      return claims
    } catch (error) {
      if (error instanceof Refusal && error.code === 'UNAUTHORIZED') return null
      throw error
    }
  }
}

function accepted(claims: Claims): Accepted<Session> {
  return { session: newSession(claims), user: playerOf(claims), expiresAt: claims.exp * 1_000 }
}

/** How many are inside by key. */
function createCount() {
  const inside = new Map<string, number>()
  return {
    of: (key: string) => inside.get(key) ?? 0,
    enter: (key: string) => void inside.set(key, (inside.get(key) ?? 0) + 1),
    leave(key: string): void {
      const left = (inside.get(key) ?? 1) - 1
      if (left > 0) inside.set(key, left)
      else inside.delete(key)
    },
  }
}
