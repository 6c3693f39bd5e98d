import type { InferOutput } from 'valibot'
import type { schema } from './schema.ts'
import { unusable } from './secrets.ts'

/** So many KuCoin takes on one connection. */
const mostSymbols = 300

/** So many digits of an amount are exact, all its decimals included. */
const mostDigits = 15
/** One for each type of event, and the player's own. */
const channelsOfPlayer = 6

/** What no single setting can know: the setting, the one it disagrees with, how. */
export function* disagreements({
  systems,
  limits,
  jive,
  locallife,
  pledge,
  crash,
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
  yield* stakes(crash)
  if (systems.includes('crash') && limits.subscriptions < channelsOfPlayer) {
    const message = `Expected at least ${channelsOfPlayer}, which a player of crash has`
    yield ['limits.subscriptions', 'systems', message]
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

/** Amounts are read with the decimals of the currency. */
function* stakes(
  crash: Pick<InferOutput<typeof schema>, 'crash'>['crash'],
): Generator<[string, string, string]> {
  const { decimals } = crash
  for (const name of ['min_bet', 'max_bet', 'max_profit', 'max_exposure'] as const) {
    const [whole = '', fraction = ''] = crash[name].split('.')
    if (fraction.length > decimals) {
      const message = `Expected at most ${decimals} decimals (crash.decimals)`
      yield [`crash.${name}`, 'crash.decimals', message]
    } else if (whole.length + decimals > mostDigits) {
      const message = `Expected at most ${mostDigits} digits, ${decimals} of them decimals`
      yield [`crash.${name}`, 'crash.decimals', message]
    }
  }
  if (Number(crash.min_bet) <= 0) yield ['crash.min_bet', 'crash.min_bet', 'Expected more than 0']
  if (Number(crash.max_bet) < Number(crash.min_bet)) {
    yield ['crash.max_bet', 'crash.min_bet', 'Expected at least crash.min_bet']
  }
  const highest = Number(crash.max_multiplier)
  if (highest < 1.01 || highest >= 100_000_000) {
    yield ['crash.max_multiplier', 'crash.max_multiplier', 'Expected 1.01 to 99999999.99']
  }
  // A bet that may win nothing could never be cashed out.
  if (Number(crash.max_profit) < Number(crash.max_bet) / 100) {
    yield ['crash.max_profit', 'crash.max_bet', 'Expected at least a hundredth of crash.max_bet']
  }
}
