import type { Database } from 'bun:sqlite'
import { Refusal } from '../../core/errors.ts'
import {
  rememberedMs,
  type Ends,
  type Fetched,
  type Listening,
  type Use,
} from '../../systems/dcs/partners.ts'
import type { Context } from './procedure.ts'

/** Most channels of one partner that are remembered: far more than it fetches in a month, unless its client runs wild. */
const mostRemembered = 1_000
/** Rows of others that one fetch clears away: more than it adds, and little work. */
const sliceRows = 100
/** A nonce is kept this much longer than its timestamp is good for: a clock that is set back by less opens nothing (ms). */
const nonceMs = 60_000

/** Takes the timestamp and nonce of a signed request, once and for all (D21); answers whose it is. */
export function spend({ db }: Context, { apiKey, timestamp, nonce, at }: Use): string {
  const partner = db
    .query<{ id: string }, [string]>('SELECT id FROM dcs_partner WHERE api_key = ?')
    .get(apiKey)
  if (partner === null) {
    throw new Refusal('DAPI_KEY_UNKNOWN', 'No partner has this X-DAPI-API-KEY')
  }
  db.query(
    `DELETE FROM dcs_nonce WHERE (timestamp, api_key, nonce) IN
       (SELECT timestamp, api_key, nonce FROM dcs_nonce WHERE timestamp < ? LIMIT ?)`,
  ).run(at - nonceMs, sliceRows)
  const { changes } = db
    .query(
      'INSERT INTO dcs_nonce (timestamp, api_key, nonce) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
    )
    .run(timestamp, apiKey, nonce)
  if (changes > 0) return partner.id
  throw new Refusal('DAPI_NONCE_USED', 'X-DAPI-NONCE was used at this X-DAPI-TIMESTAMP')
}

/** Makes a channel the partner's newest and ends the earlier ones after their grace (D7). */
export function rotate(
  context: Context,
  { use, channel: { hash, ttl, grace } }: { use: Use; channel: Fetched },
): Ends {
  const { db } = context
  const partner = spend(context, use)
  const { at } = use
  const hashes = hashesAlive(db, partner, at)
  db.query(
    `UPDATE dcs_channel SET expires_at = min(expires_at, ?), over = (expires_at <= ? OR ? = 0)
       WHERE partner = ? AND over = 0`,
  ).run(at + grace, at, grace, partner)
  db.query('INSERT INTO dcs_channel (hash, partner, expires_at) VALUES (?, ?, ?)').run(
    hash,
    partner,
    at + ttl,
  )
  const forgotten = forget(db, partner, at)
  return grace === 0
    ? { ended: hashes, shortened: [] }
    : { ended: forgotten, shortened: hashes.filter((one) => !forgotten.includes(one)) }
}

/** Ends every channel of a partner; answers the hashes of those that were alive at `at`. */
export function endAll(db: Database, partner: string, at: number): readonly string[] {
  const hashes = hashesAlive(db, partner, at)
  db.query(
    'UPDATE dcs_channel SET expires_at = min(expires_at, ?), over = 1 WHERE partner = ? AND over = 0',
  ).run(at, partner)
  return hashes
}

/** The channel with a hash; one that ended too long ago is like one that never was. */
export function listening(
  { db }: Context,
  { hash, at }: { hash: string; at: number },
): Listening | null {
  const found = db
    .query<{ partner: string; expiresAt: number; over: number }, [string, number]>(
      `SELECT partner, expires_at AS expiresAt, over FROM dcs_channel
         WHERE hash = ? AND expires_at > ?`,
    )
    .get(hash, at - rememberedMs)
  if (found === null) return null
  const { partner, expiresAt, over } = found
  return { partner, expiresAt, ended: over === 1 || expiresAt <= at }
}

function hashesAlive(db: Database, partner: string, at: number): readonly string[] {
  return db
    .query<{ hash: string }, [string, number]>(
      'SELECT hash FROM dcs_channel WHERE partner = ? AND over = 0 AND expires_at > ?',
    )
    .all(partner, at)
    .map(({ hash }) => hash)
}

/** Drops channels that ended too long ago, and those of the partner that are too many; answers the hashes of the latter. */
function forget(db: Database, partner: string, at: number): readonly string[] {
  db.query(
    `DELETE FROM dcs_channel WHERE row IN
       (SELECT row FROM dcs_channel WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)`,
  ).run(at - rememberedMs, sliceRows)
  return db
    .query<{ hash: string }, [string, string, number]>(
      `DELETE FROM dcs_channel WHERE partner = ? AND row <=
         (SELECT row FROM dcs_channel WHERE partner = ? ORDER BY row DESC LIMIT 1 OFFSET ?)
         RETURNING hash`,
    )
    .all(partner, partner, mostRemembered)
    .map(({ hash }) => hash)
}
