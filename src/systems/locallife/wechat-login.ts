import { Hono } from 'hono'
import * as v from 'valibot'
import { limitKey, requestAddress } from '../../core/address.ts'
import { wantsLater } from '../../core/errors.ts'
import { readJson } from '../../core/json.ts'
import type { Rate } from '../../core/limiter.ts'
import { shaped } from '../../core/protocol.ts'
import { spend } from '../../core/turn.ts'
import { notConfigured } from './not-configured.ts'
import type { LocallifeParts } from './options.ts'
import { openidOf, type MiniProgram } from './wechat-code.ts'

/** What logging in works with. */
export interface LoginParts extends Pick<
  LocallifeParts,
  'clock' | 'log' | 'limiter' | 'trustedProxies' | 'times' | 'sign' | 'wechat'
> {
  readonly people: Pick<LocallifeParts['people'], 'login'>
}

/** Body of POST /v1/auth/wechat-login. */
export const Login = v.object({
  code: v.pipe(
    v.string(),
    v.regex(/^[\x21-\x7e]{1,128}$/, 'Expected 1 to 128 visible ASCII characters'),
  ),
})

/** Of one address: many phones share one behind their operator's. */
const logins: Rate = { perSecond: 10, burst: 100 }
/** So many codes are with WeChat at once: a WeChat that hangs must not fill our memory. */
const mostAsking = 100

/** POST /v1/auth/wechat-login (L19): the code of a mini-program for a token of this server's own. */
export function loginRoutes(parts: LoginParts): Hono {
  const { people, clock, limiter, sign, times } = parts
  // Whether there is a secret is known beforehand: no code is to be spent for nothing.
  const signs = sign('') !== null
  let asking = 0
  const app = new Hono()
  app.post('/v1/auth/wechat-login', async (context) => {
    const program = configured(parts, signs)
    const address = requestAddress(context.req.raw, context.env, parts.trustedProxies)
    spend(limiter, `locallife/login:${limitKey(address)}`, logins)
    const { code } = shaped(Login, await readJson(context.req.raw, [], 4_096))
    if (asking >= mostAsking) throw wantsLater('OVERLOADED', 'Too many log in at once', 1_000)
    asking++
    const openid = await openidOf(program, code, parts).finally(() => asking--)
    const user = await people.login(openid, crypto.randomUUID(), clock.now())
    const token = await sign(user)
    context.header('cache-control', 'no-store')
    const expiresIn = Math.floor(times.tokenTtl / 1_000)
    return context.json({ access_token: token, expires_in: expiresIn, user: { id: user } })
  })
  return app
}

/** The mini-program, whole; refuses NOT_CONFIGURED with the key that is missing. */
function configured({ wechat }: LoginParts, signs: boolean): MiniProgram {
  const { baseUrl, appId, appSecret } = wechat
  if (appId === undefined) throw notConfigured('locallife.wechat.app_id')
  if (appSecret === undefined) throw notConfigured('locallife.wechat.app_secret')
  if (!signs) throw notConfigured('locallife.token_secret')
  return { baseUrl, appId, appSecret }
}
