import { Hono } from 'hono'
import { readBytes } from '../../core/bytes.ts'
import { Refusal, refusalOf } from '../../core/errors.ts'
import type { Rate } from '../../core/limiter.ts'
import { refusedNotification } from './events.ts'
import type { LocallifeParts } from './options.ts'
import type { Orders, PaymentFault } from './orders.ts'
import { merchantOf, paymentOf, type Merchant } from './wechat-pay.ts'
import { holds, sealOf, type Doubt } from './wechat-signature.ts'

/** What the notifications of WeChat Pay work with. */
export interface PayParts extends Pick<
  LocallifeParts,
  'clock' | 'log' | 'metrics' | 'limiter' | 'pay' | 'wechat'
> {
  readonly orders: Pick<Orders, 'pay' | 'alert'>
}

/** A notification has 1 to 2 KB. */
const mostBytes = 65_536
/** Alerts and log lines of one kind: whoever sends rubbish must not fill either. */
const alerts: Rate = { perSecond: 1 / 60, burst: 1 }
const lines: Rate = { perSecond: 1, burst: 10 }

/** POST /v1/webhooks/wechat-pay/notify (L20, L21): 204 once the payment is kept, else `{"code":"FAIL","message"}` with 4xx or 5xx, upon which WeChat Pay sends it again. */
export function payRoutes(parts: PayParts): Hono {
  const { clock, log, metrics } = parts
  const merchant = merchantOf(parts)
  const counted = metrics.counter(
    'wechat_notifications_total',
    'Payment notifications by outcome',
    ['outcome'],
  )
  const app = new Hono()
  app.post('/v1/webhooks/wechat-pay/notify', async ({ req }) => {
    if (merchant instanceof Refusal) {
      counted('failed').inc()
      throw merchant
    }
    try {
      const outcome = await take(parts, merchant, req.raw)
      counted(outcome).inc()
      return new Response(null, { status: 204 })
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal !== error) log.error('payment notification failed', error)
      counted(refusal.status < 500 ? 'refused' : 'failed').inc()
      return fail(refusal)
    }
  })
  return app
}

async function take(parts: PayParts, merchant: Merchant, request: Request): Promise<string> {
  const { orders, clock, log } = parts
  const at = clock.now()
  const seal = sealOf(request.headers, merchant.keys, at)
  if (typeof seal === 'string') throw doubted(parts, seal)
  const body = await bodyOf(request)
  if (!holds(seal, body)) throw doubted(parts, 'signature')
  const payment = readable(parts, () => paymentOf(body, merchant, at))
  // Refunds and the like: a failure would make WeChat Pay repeat for a day what nobody here wants.
  if (payment === null) return 'ignored'
  const result = await orders.pay(payment)
  const { order, transaction } = payment
  if ('fault' in result) {
    log.warn('payment refused', { order, transaction, fault: result.fault })
    throw misfit(result.fault)
  }
  log.info('payment', { order, transaction, outcome: result.outcome })
  return result.outcome
}

async function bodyOf(request: Request): Promise<Uint8Array> {
  const body = await readBytes(request, mostBytes).catch(() => {
    throw new Refusal('INVALID_REQUEST', 'The body did not arrive whole')
  })
  if (body !== null) return body
  throw new Refusal('PAYLOAD_TOO_LARGE', `A notification has at most ${mostBytes} bytes`)
}

/** What operators read; whoever sent it is told nothing of it. */
const reasons: Readonly<Record<Doubt | 'content', string>> = {
  headers: '签名头缺失或无效',
  timestamp: '时间戳超出五分钟',
  serial: '公钥序列号未知',
  signature: '签名不匹配',
  content: '签名有效，但内容无法解密或解析，请检查 APIv3 密钥',
}

function doubted(parts: PayParts, doubt: Doubt): Refusal {
  warn(parts, doubt)
  return new Refusal('UNAUTHORIZED', 'Not a notification that WeChat Pay has signed')
}

/** What `read` answers; of what it cannot read the log names the field, and whoever sent it learns nothing. */
function readable<Result>(parts: PayParts, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    warn(parts, 'content', withoutValues(error))
    throw new Refusal('INVALID_REQUEST', 'The notification cannot be read')
  }
}

/** Why something cannot be read: its fields by name, since the message of a shape quotes what is in them. */
function withoutValues({ details, message }: Refusal): string {
  if (!Array.isArray(details)) return message
  return details.map(({ path }) => path).join(', ') || 'Not an object'
}

/** Says that a notification was refused, in the log and to the platform; the answer does not wait for it. */
function warn(
  { orders, clock, log, limiter }: PayParts,
  reason: Doubt | 'content',
  fault?: string,
): void {
  if (limiter.take(`locallife/pay-log:${reason}`, lines) === 0) {
    log.warn('payment notification refused', { reason, fault })
  }
  if (limiter.take(`locallife/pay-alert:${reason}`, alerts) > 0) return
  orders.alert(refusedNotification(reasons[reason]), clock.now()).catch((error: unknown) => {
    log.error('payment alert failed', error, { reason })
  })
}

function misfit(fault: PaymentFault): Refusal {
  return fault === 'order'
    ? new Refusal('NOT_FOUND', 'No such order')
    : new Refusal('INVALID_REQUEST', `The payment does not fit: "${fault}"`)
}

/** The envelope that WeChat Pay expects of a failure. */
function fail({ message, status }: Refusal): Response {
  return Response.json({ code: 'FAIL', message }, { status })
}
