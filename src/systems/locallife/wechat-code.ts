import * as v from 'valibot'
import { readBytes } from '../../core/bytes.ts'
import type { Clock } from '../../core/clock.ts'
import { Refusal } from '../../core/errors.ts'
import type { Log } from '../../core/log.ts'

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

/** An openid beside an error, whatever it is written as, is no login. */
const Session = v.object({
  openid: v.pipe(v.string(), v.regex(/^[A-Za-z0-9_-]{1,64}$/)),
  errcode: v.optional(v.literal(0)),
})
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
    throw unavailable(log, controller.signal.aborted ? 'timeout' : kindOf(error))
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
  throw unavailable(log, 'no openid')
}

function unavailable(log: Log, kind: string): Refusal {
  log.warn('wechat unavailable', { kind })
  return new Refusal('UPSTREAM_UNAVAILABLE', 'WeChat cannot be asked at the moment')
}

/** The address has the secret in it, so of an error only its kind may be told. */
function kindOf(error: unknown): string {
  const { name = 'unknown', code = name } = error as { name?: string; code?: string }
  return String(code)
}

/** An answer that is of no use; `code` says why, and holds nothing of it. */
class Useless extends Error {
  constructor(readonly code: string) {
    super(code)
  }
}

/** How WeChat is asked. */
const transfer = {
  // Nobody else may be led to the secret.
  redirect: 'error',
  // What gets no answer on a connection that was kept goes out again by itself, and a code counts once.
  keepalive: false,
  // 30 KB can unpack to a gigabyte, before a byte of it could be refused.
  decompress: false,
  headers: { 'accept-encoding': 'identity' },
} as const

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
  const answer = await fetch(url, { ...transfer, signal })
  if (answer.status !== 200) throw new Useless(`status ${answer.status}`)
  const bytes = await readBytes(answer, mostBytes)
  if (bytes === null) throw new Useless('too long')
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
}
