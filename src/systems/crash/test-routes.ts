import { Hono } from 'hono'
import * as v from 'valibot'
import { limitKey, requestAddress } from '../../core/address.ts'
import { Refusal } from '../../core/errors.ts'
import { readJson } from '../../core/json.ts'
import type { Limiter, Rate } from '../../core/limiter.ts'
import { shaped } from '../../core/protocol.ts'
import { spend } from '../../core/turn.ts'
import { playerPattern } from './player-id.ts'

/** What handing out tokens for tests works with. */
export interface TestParts {
  /** Signs a token of `ttl` ms for a player; null where no secret is configured. */
  readonly sign: (
    player: string,
    ttl: number,
    claims: Readonly<Record<string, unknown>>,
  ) => Promise<string> | null
  readonly limiter: Limiter
  readonly trustedProxies: readonly string[]
  /** A name for a player that is given none. */
  readonly newPlayer: () => string
}

/** Of one address. */
const asking: Rate = { perSecond: 100, burst: 1_000 }
const day = 86_400

/** Who the token is for, how it shows itself, and for how many seconds. */
export const TestToken = v.object({
  playerId: v.optional(v.pipe(v.string(), v.regex(playerPattern, 'Expected the id of a player'))),
  nickname: v.optional(v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(64))),
  ttl: v.optional(
    v.pipe(
      v.number('Expected seconds'),
      v.integer('Expected whole seconds'),
      v.minValue(1, 'Expected at least 1 second'),
      v.maxValue(day, 'Expected at most a day'),
    ),
    3_600,
  ),
})

/** Tokens for whoever asks (K30): in development only, with play money. */
export function testRoutes({ sign, limiter, trustedProxies, newPlayer }: TestParts): Hono {
  const app = new Hono()
  app.post('/api/crash/test/tokens', async (context) => {
    const address = requestAddress(context.req.raw, context.env, trustedProxies)
    spend(limiter, `crash/test:${limitKey(address)}`, asking)
    const empty = context.req.raw.body === null
    const body = shaped(TestToken, empty ? {} : await readJson(context.req.raw, [], 4_096))
    const { playerId = newPlayer(), nickname, ttl } = body
    const claims = nickname === undefined ? {} : { name: nickname }
    const token = await sign(playerId, ttl * 1_000, claims)
    if (token === null) {
      throw new Refusal('NOT_CONFIGURED', 'Not configured: set "auth.secret"', {
        key: 'auth.secret',
      })
    }
    return context.json({ token, playerId })
  })
  return app
}
