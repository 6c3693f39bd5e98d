import { bearer, unauthorized, type Claims } from '../../core/auth.ts'
import type { Handshake } from '../../core/protocol.ts'
import type { Person } from './audience.ts'
import { playerPattern } from './player-id.ts'

/** Who is connected; it changes with AUTH and with subscriptions. */
export interface Session {
  /** Null for a spectator (R18). */
  player: Person | null
  /** What the handshake's token said, until its player is let in; null without one. */
  claims: Claims | null
  /** It is counted among the spectators of its address. */
  spectating: boolean
  /** Its events are those it has asked for, and no longer all of them (R19). */
  chosen: boolean
  closed: boolean
}

/** A session that has just begun. */
export function newSession(claims: Claims | null): Session {
  return { player: null, claims, spectating: false, chosen: false, closed: false }
}

/** The token of a handshake: that of the query, else the Bearer header; null: a spectator (R17). Refuses UNAUTHORIZED where there are several. */
export function tokenOf({ query, headers }: Handshake): string | null {
  const tokens = query('token')
  if (tokens.length > 1) throw unauthorized()
  return tokens[0] ?? bearer(headers)
}

/** The player of a token; refuses UNAUTHORIZED for an id that no purse can have. */
export function playerOf({ sub }: Claims): string {
  if (!playerPattern.test(sub)) throw unauthorized()
  return sub
}

/** How a player shows itself, by its token: without a name its id stands for it. */
export function personOf(claims: Claims, account: number): Person {
  const { sub: playerId, name, avatar, anonymous } = claims
  return {
    account,
    playerId,
    nickname: textOf(name, 64) || playerId,
    avatar: textOf(avatar, 512),
    isAnonymous: anonymous === true,
  }
}

/** The text of a claim, cut to what a frame for everybody may carry. */
function textOf(claim: unknown, most: number): string {
  return typeof claim === 'string' ? claim.trim().slice(0, most).toWellFormed() : ''
}
