import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import type { Command } from '../../systems/crash/ledger.ts'
import { createKeys, type Keys } from './crash-keys.ts'
import type { Context } from './procedure.ts'

/** The answer that is kept for a command, null when there is none; refuses INVALID_REQUEST when the command was another one. */
export function answered<Answer>({ db }: Pick<Context, 'db'>, command: Command): Answer | null {
  const { account, key, body, since } = command
  const read = db.query<Kept, [number]>(
    'SELECT account, key, body, answer, at FROM command WHERE id = ?',
  )
  for (const row of keysOf(db, since).candidates(account, key)) {
    const kept = read.get(row)
    if (kept?.account !== account || kept.key !== key || kept.at < since) continue
    if (kept.body === body) return JSON.parse(kept.answer)
    throw new Refusal('INVALID_REQUEST', `Another request used the id "${key}"`)
  }
  return null
}

/** Does what a command asks for, once: its repeat gets the first answer (R30). */
export function once<Answer>(context: Context, command: Command, run: () => Answer): Answer {
  const earlier = answered<Answer>(context, command)
  if (earlier !== null) return earlier
  const { account, key, body, at, since } = command
  const answer = run()
  const { lastInsertRowid } = context.db
    .query('INSERT INTO command (account, key, body, answer, at) VALUES (?, ?, ?, ?, ?)')
    .run(account, key, body, JSON.stringify(answer), at)
  keysOf(context.db, since).put(account, key, { row: Number(lastInsertRowid), at }, since)
  return answer
}

/** Rows that one slice of forgetting looks at: some 2 ms of work. */
const sliceRows = 1_000

/** Drops the oldest answers as long as they are from before `before`, at most a slice of them; answers how many. */
export function forget({ db }: Context, { before }: { before: number }): number {
  const rows = db
    .query<{ id: number; at: number }, [number]>('SELECT id, at FROM command ORDER BY id LIMIT ?')
    .all(sliceRows)
  const young = rows.findIndex(({ at }) => at >= before)
  const last = (young < 0 ? rows : rows.slice(0, young)).at(-1)
  if (last === undefined) return 0
  return db.query('DELETE FROM command WHERE id <= ?').run(last.id).changes
}

interface Kept {
  readonly account: number
  readonly key: string
  readonly body: string
  readonly answer: string
  readonly at: number
}

/** Of each connection that writes; a new one finds the rows that are on disk. */
const known = new WeakMap<Database, Keys>()

function keysOf(db: Database, since: number): Keys {
  const found = known.get(db)
  if (found !== undefined) return found
  const keys = createKeys()
  const rows = db
    .query<Kept & { id: number }, [number]>(
      'SELECT id, account, key, at FROM command WHERE at >= ? ORDER BY id',
    )
    .iterate(since)
  for (const { id, account, key, at } of rows) keys.put(account, key, { row: id, at }, since)
  known.set(db, keys)
  return keys
}
