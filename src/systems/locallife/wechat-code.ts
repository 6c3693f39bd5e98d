import * as v from 'valibot'
import type { Clock } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'
import { readBytes } from './bytes.ts'

/** The mini-program at WeChat. */
export interface MiniProgram {
  readonly baseUrl: string
  readonly appId: string
  readonly appSecret: string
}

/** So long WeChat may take, ms. */
const patience = 5_000
/** Of an answer; a usual one has 200. */
const mostBytes = 16_384

const Session = v.object({ openid: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)) })
const Denial = v.object({ errcode: v.pipe(v.number(), v.integer(), v.notValue(0)) })

/** Exchanges the code of a mini-program for the openid of its user. Refuses UNAUTHORIZED with WeChat's `errcode` in the details, and UPSTREAM_UNAVAILABLE when nothing sensible comes within 5 s. The session key that WeChat answers too goes no further. */
export async function openidOf(
  program: MiniProgram,
  code: string,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<string> {
  const controller = new AbortController()
  const stop = clock.after(patience, () => controller.abort())
  let answer: unknown
  try {
    answer = await ask(program, code, controller.signal)
  } catch (error) {
    // The address has the secret in it, so of the error only its kind may be told.
    const { name = 'unknown', code: kind = name } = error as { name?: string; code?: string }
    log.warn('wechat unavailable', { kind: String(kind) })
    throw new Refusal('UPSTREAM_UNAVAILABLE', 'WeChat cannot be asked at the moment')
  } finally {
    stop()
  }
  const denial = v.safeParse(Denial, answer)
  if (denial.success) {
    const { errcode } = denial.output
    log.info('wechat refused a code', { errcode })
    throw new Refusal('UNAUTHORIZED', 'WeChat does not take this code', { errcode })
  }
  const session = v.safeParse(Session, answer)
  if (session.success) return session.output.openid
  log.warn('wechat unavailable', { kind: 'no openid' })
  throw new Refusal('UPSTREAM_UNAVAILABLE', 'WeChat cannot be asked at the moment')
}

/** What WeChat answers, whatever content type it gives it; rejects for what is no JSON. */
async function ask(
  { baseUrl, appId, appSecret }: MiniProgram,
  code: string,
  signal: AbortSignal,
): Promise<unknown> {
  const query = new URLSearchParams({
    appid: appId,
    secret: appSecret,
    js_code: code,
    grant_type: 'authorization_code',
  })
  const url = `${baseUrl.replace(/\/+$/, '')}/sns/jscode2session?${query}`
  // Nobody else may be led to the secret.
  const answer = await fetch(url, { signal, redirect: 'error' })
  if (answer.status !== 200) throw new Error(`status ${answer.status}`)
  const bytes = await readBytes(answer, mostBytes)
  if (bytes === null) throw new Error('too long')
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
}
