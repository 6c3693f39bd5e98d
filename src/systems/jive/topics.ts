import type { Asking, Books } from './books.ts'
import type { Session } from './session.ts'

/** The kinds of topics (J4); `global` has no id. */
export type Kind = 'family' | 'user' | 'account' | 'global'

/** A topic that is well formed; whether somebody may hear it is another question. */
export interface Topic {
  readonly kind: Kind
  readonly id: string
  /** As it is written: `family:f1`. */
  readonly name: string
}

/** Ids of families, users and accounts: UUIDs, and what else tests and backends choose (J20). */
export const idPattern = /^[A-Za-z0-9_-]{1,64}$/
const topicPattern = /^(family|user|account):([A-Za-z0-9_-]{1,64})$/

/** Reads the name of a topic; null for anything else. */
export function parseTopic(name: unknown): Topic | null {
  if (name === 'global') return { kind: 'global', id: '', name }
  if (typeof name !== 'string') return null
  const found = topicPattern.exec(name)
  if (found === null) return null
  return { kind: found[1] as Kind, id: found[2] as string, name }
}

/** Whether a session may hear a topic (J5): its own families, user and those families' accounts, and `global`. An anonymous one may hear every family. */
export function mayHear(
  session: Session,
  { kind, id }: Topic,
  books: Pick<Books, 'familyOf'>,
): boolean | Promise<boolean> {
  if (kind === 'global') return true
  if (kind === 'user') return session.user === id
  if (kind === 'family') return session.anonymous || session.families.includes(id)
  if (session.families.length === 0) return false
  const family = books.familyOf(id)
  const belongs = (found: string | null) => found !== null && session.families.includes(found)
  return family instanceof Promise ? family.then(belongs) : belongs(family)
}

/** What is subscribed without being asked for (J2): the session's families and its user; nothing for an anonymous one. */
export function ownTopics({ user, families }: Session): string[] {
  if (user === null) return []
  return [...families.map((family) => `family:${family}`), `user:${user}`]
}

/** A session as the one who asks the books, at `at` in epoch ms; an anonymous one has no families there. */
export function asking(session: Session, at: number): Asking {
  return { user: session.user ?? 'anonymous', families: session.families, at }
}
