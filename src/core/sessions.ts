import { randomBytes } from 'node:crypto'
import type { Clock } from './clock.ts'
import { hashKey, type Caller } from './keys.ts'

/** Somebody who has logged in with a server key or a one-time link. */
export interface Session extends Caller {
  /** SHA-256 of the key it was opened with: a revoked key ends its sessions. Null for one of a link. */
  readonly keyHash: string | null
  /** Epoch ms, for people. */
  readonly expiresAt: number
  /** Monotonic ms, which decides. */
  readonly endsAt: number
}

/** Who is logged in, in memory: a restart ends all sessions. Tokens and links are kept as hashes only. */
export interface Sessions {
  /** Logs somebody in for 12 hours. Of 1,000 sessions the oldest gives way, of 50 with one key the oldest of these. */
  open(
    caller: Caller,
    keyHash: string | null,
  ): { readonly token: string; readonly session: Session }
  /** The session of a token, by the token's hash; null when there is none, or no more. */
  find(hash: string): Session | null
  /** Ends a session, by the hash of its token. */
  end(hash: string): void
  /** The secret of a new link that opens one session within 15 minutes. */
  invite(): string
  /** Takes a link's secret; true the first time, within its time. */
  redeem(secret: string): boolean
}

const sessionMs = 12 * 3_600_000
const linkMs = 15 * 60_000
const mostSessions = 1_000
/** So that who may only look cannot log the others out. */
const mostOfKey = 50
const mostLinks = 10

/** Nobody is logged in. */
export function createSessions(clock: Clock): Sessions {
  const sessions = new Map<string, Session>()
  /** By hash of the secret, when the link ends (monotonic ms). */
  const links = new Map<string, number>()
  return {
    open({ name, scopes }, keyHash) {
      const token = `fs_${randomBytes(32).toString('base64url')}`
      const session = {
        ...{ name, scopes, keyHash },
        expiresAt: clock.now() + sessionMs,
        endsAt: clock.elapsed() + sessionMs,
      }
      const ofKey = [...sessions].filter(([, one]) => one.keyHash === keyHash)
      if (ofKey.length >= mostOfKey) sessions.delete(ofKey[0]![0])
      makeRoom(sessions, mostSessions)
      sessions.set(hashKey(token), session)
      return { token, session }
    },
    find(hash) {
      const session = sessions.get(hash)
      if (session === undefined) return null
      if (clock.elapsed() < session.endsAt) return session
      sessions.delete(hash)
      return null
    },
    end: (hash) => void sessions.delete(hash),
    invite() {
      const secret = randomBytes(32).toString('base64url')
      makeRoom(links, mostLinks)
      links.set(hashKey(secret), clock.elapsed() + linkMs)
      return secret
    },
    redeem(secret) {
      const hash = hashKey(secret)
      const endsAt = links.get(hash)
      links.delete(hash)
      return endsAt !== undefined && clock.elapsed() < endsAt
    },
  }
}

/** Drops the oldest until another one fits. */
function makeRoom(all: Map<string, unknown>, most: number): void {
  for (const key of all.keys()) {
    if (all.size < most) return
    all.delete(key)
  }
}
