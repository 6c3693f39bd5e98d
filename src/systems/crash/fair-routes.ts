import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { limitKey, requestAddress } from '../../core/address.ts'
import type { Clock } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import { readJson } from '../../core/json.ts'
import type { Limiter, Rate } from '../../core/limiter.ts'
import { parseAmount } from '../../core/money.ts'
import { shaped } from '../../core/protocol.ts'
import { textsOf, wholeText } from '../../core/query.ts'
import { spend } from '../../core/turn.ts'
import type { Stats } from './audience.ts'
import { highestCap } from './chains.ts'
import { crashPoint, parseHash, previousHash } from './draw.ts'
import { statsUpdate } from './events.ts'
import { chainsText, fairnessText, roundDetailText, roundsText } from './fair-answers.ts'
import type { Ledger } from './ledger.ts'
import type { Salting } from './salts.ts'
import { multiplierText, type Writing } from './writing.ts'

/** What the public proof works with. */
export interface FairParts {
  readonly ledger: Pick<Ledger, 'rounds' | 'round'>
  readonly salting: Pick<Salting, 'playable' | 'known'>
  readonly stats: () => Stats
  /** What everybody plays by, as JSON. */
  readonly rules: string
  readonly writing: Writing
  readonly clock: Clock
  readonly limiter: Limiter
  /** Whose forwarded addresses are believed. */
  readonly trustedProxies: readonly string[]
}

/** Of one address: whole offices share one, and an auditor reads many pages. */
const asking: Rate = { perSecond: 50, burst: 500 }

/** A body takes 400 bytes. */
const mostBytes = 4_096

/** The proof for everybody, without a key and from any page: commitments, rounds, statistics, and a second opinion on a crash point. A round that is not over shows neither its point nor its hash. */
export function fairRoutes(parts: FairParts): Hono {
  const { ledger, salting, clock, writing } = parts
  const app = new Hono()
  for (const path of ['fairness', 'chains', 'rules', 'stats', 'rounds', 'rounds/*', 'verify']) {
    app.use(`/api/crash/${path}`, async (context, next) => {
      await next()
      // Afterwards, so that refusals have it too.
      context.res.headers.set('access-control-allow-origin', '*')
    })
    app.use(`/api/crash/${path}`, (context, next) => {
      const address = requestAddress(context.req.raw, context.env, parts.trustedProxies)
      spend(parts.limiter, `crash/fair:${limitKey(address)}`, asking)
      return next()
    })
  }
  app.get('/api/crash/fairness', (context) => {
    const text = fairnessText(salting.playable(), salting.known())
    if (text !== null) return answer(context, text)
    throw new Refusal('NOT_FOUND', 'No chain is committed yet')
  })
  app.get('/api/crash/chains', (context) => answer(context, chainsText(salting.known())))
  app.get('/api/crash/rules', (context) => answer(context, parts.rules))
  app.get('/api/crash/stats', (context) =>
    answer(context, statsUpdate(parts.stats(), clock.now(), writing)),
  )
  app.get('/api/crash/rounds', async (context) => {
    const { before, limit } = shaped(RoundsQuery, textsOf(context.req.queries()))
    return answer(context, roundsText(await ledger.rounds(before ?? null, limit)))
  })
  app.get('/api/crash/rounds/:id', async (context) => {
    const id = context.req.param('id')
    const round = /^\d{1,16}$/.test(id) ? await ledger.round(Number(id)) : null
    if (round === null) throw new Refusal('NOT_FOUND', 'No such round')
    const chain = salting.known().find((one) => one.id === round.chain) ?? null
    return answer(context, roundDetailText(round, chain, writing))
  })
  app.post('/api/crash/verify', async (context) => {
    const body = shaped(Verify, await readJson(context.req.raw, ['rtp', 'cap'], mostBytes))
    return answer(context, verdictText(body, salting))
  })
  return app
}

/** Query of a list of rounds: the oldest id of the part before, and how many. */
export const RoundsQuery = v.object({
  before: v.optional(wholeText(0, Number.MAX_SAFE_INTEGER)),
  limit: v.optional(wholeText(1, 100), '20'),
})

/** Body of POST /api/crash/verify; what is left out is that of the chain that is played. */
export const Verify = v.object({
  hash: v.pipe(v.string(), v.regex(/^[0-9a-fA-F]{64}$/, 'Expected 64 hex digits')),
  salt: v.pipe(v.string(), v.minLength(1), v.maxLength(256)),
  rtp: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^(0\.\d{1,4}|1(\.0{1,4})?)$/, 'Expected a ratio such as "0.97"'),
      v.transform((ratio) => parseAmount(ratio, { decimals: 4, zero: true })),
      v.minValue(1, 'Expected more than 0'),
    ),
  ),
  cap: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^[1-9]\d{0,7}(\.\d{1,2})?$/, 'Expected a multiplier such as "1000000.00"'),
      v.transform((text) => parseAmount(text, { decimals: 2 })),
    ),
  ),
})

/** What is left out is that of the chain that is played. */
function verdictText(
  { hash, salt, rtp, cap }: v.InferOutput<typeof Verify>,
  salting: Pick<Salting, 'playable' | 'known'>,
): string {
  const chain = salting.playable() ?? salting.known()[0]
  const rtpBps = rtp ?? chain?.rtpBps
  if (rtpBps === undefined) throw new Refusal('INVALID_REQUEST', 'rtp: Expected a ratio')
  const bytes = parseHash(hash)!
  const point = crashPoint(bytes, salt, rtpBps, cap ?? chain?.cap ?? highestCap)
  const before = Buffer.from(previousHash(bytes)).toString('hex')
  return `{"crashPoint":${multiplierText(point)},"previousHash":"${before}"}`
}

function answer(context: Context, json: string): Response {
  return context.body(json, 200, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
  })
}
