import { limitKey } from '../../core/address.ts'
import type { Clock } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import type { Limiter, Rate } from '../../core/limiter.ts'
import { spend } from '../../core/turn.ts'
import type { Partners, Use } from './partners.ts'
import { apiKeyPattern } from './secrets.ts'
import { isSignature } from './signing.ts'

/** How far a timestamp may be from the server's clock, either way (ms, D19). */
export const windowMs = 5_000

/** What signed requests are judged with. */
export interface Gatehouse {
  readonly partners: Partners
  readonly clock: Clock
  readonly limiter: Limiter
  /** How often one partner may ask; an address may four times as often, whoever it asks for. */
  readonly rate: Rate
  readonly trustedProxies: readonly string[]
}

/** Who has signed a request; what it spends is still to be spent. */
export interface Signed {
  readonly partner: string
  readonly use: Use
}

/**
 * Finds out who has signed a request (D19); `address` is where it comes from. Refuses, in this order:
 * RATE_LIMITED for the address, DAPI_KEY_UNKNOWN, DAPI_TIMESTAMP_EXPIRED, DAPI_SIGN_INVALID,
 * RATE_LIMITED for the partner. Whether the nonce is fresh is known when it is spent.
 */
export async function signed(request: Request, address: string, gate: Gatehouse): Promise<Signed> {
  const { partners, clock, limiter, rate } = gate
  spend(limiter, `dcs#${limitKey(address)}`, {
    perSecond: 4 * rate.perSecond,
    burst: 4 * rate.burst,
  })
  const at = clock.now()
  const { apiKey, timestamp, nonce, sign } = credentials(request.headers)
  const caller = apiKeyPattern.test(apiKey) ? await partners.byKey(apiKey) : null
  if (caller === null) throw new Refusal('DAPI_KEY_UNKNOWN', 'No partner has this X-DAPI-API-KEY')
  if (!/^\d{13}$/.test(timestamp) || Math.abs(at - Number(timestamp)) > windowMs) {
    const message = `X-DAPI-TIMESTAMP: Expected ms within ${windowMs} of the server's clock`
    throw new Refusal('DAPI_TIMESTAMP_EXPIRED', message)
  }
  if (!/^[1-9]\d{4}$/.test(nonce)) {
    throw new Refusal('DAPI_SIGN_INVALID', 'X-DAPI-NONCE: Expected 10000 to 99999')
  }
  const payload = queryText(request.url)
  if (!isSignature(sign, caller.secret, { apiKey, timestamp, nonce, payload })) {
    throw new Refusal('DAPI_SIGN_INVALID', 'X-DAPI-SIGN does not fit this request')
  }
  // Only now: who merely knows a key must not use its partner's rate up.
  spend(limiter, `dcs/${caller.id}:http`, rate)
  const use = { apiKey, timestamp: Number(timestamp), nonce: Number(nonce), at }
  return { partner: caller.id, use }
}

function credentials(headers: Headers) {
  const read = (name: string) => headers.get(`x-dapi-${name}`) ?? ''
  return {
    apiKey: read('api-key'),
    timestamp: read('timestamp'),
    nonce: read('nonce'),
    sign: read('sign'),
  }
}

/** The query of a URL as it was sent, without its question mark. */
function queryText(url: string): string {
  const from = url.indexOf('?')
  return from < 0 ? '' : url.slice(from + 1)
}
