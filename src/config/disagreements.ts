import type { InferOutput } from 'valibot'
import type { schema } from './schema.ts'
import { unusable } from './secrets.ts'

/** So many KuCoin takes on one connection. */
const mostSymbols = 300

/** What no single setting can know: the setting, the one it disagrees with, how. */
export function* disagreements({
  jive,
  locallife,
  pledge,
  tls,
}: InferOutput<typeof schema>): Generator<[string, string, string]> {
  if (jive.timeout <= jive.ping_interval) {
    yield ['jive.timeout', 'jive.ping_interval', 'Expected more than jive.ping_interval']
  }
  if (locallife.timeout <= locallife.ping_interval) {
    const message = 'Expected more than locallife.ping_interval'
    yield ['locallife.timeout', 'locallife.ping_interval', message]
  }
  const { public_key, serial } = locallife.wechat_pay
  if (public_key !== undefined && serial === undefined) {
    const message = 'Expected locallife.wechat_pay.serial beside it'
    yield ['locallife.wechat_pay.public_key', 'locallife.wechat_pay.serial', message]
  }
  if (pledge.symbols.length > mostSymbols) {
    yield ['pledge.symbols', 'pledge.symbols', `Expected at most ${mostSymbols}`]
  }
  if (tls.cert !== undefined && tls.key === undefined) {
    yield ['tls.cert', 'tls.key', 'Expected tls.key beside it']
  }
  if (tls.key !== undefined && tls.cert === undefined) {
    yield ['tls.key', 'tls.cert', 'Expected tls.cert beside it']
  }
  if (tls.cert !== undefined && tls.key !== undefined) {
    const fault = unusable(tls.cert, tls.key)
    if (fault !== null) yield ['tls.key', 'tls.cert', fault]
  }
}
