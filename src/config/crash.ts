import * as v from 'valibot'
import { choice, count, duration, Fault, quoted, setting, text } from './kinds.ts'
import { rates } from './rates.ts'

/** What a development server plays instead of its chain, or beside it. */
export type Scenario =
  | { readonly kind: 'fast' }
  /** Crash points in hundredths, one after another and again from the first. */
  | { readonly kind: 'fixed'; readonly points: readonly number[] }
  | { readonly kind: 'players'; readonly count: number }
  /** Delay of frames in ms, and how much more or less at random. */
  | { readonly kind: 'latency'; readonly delay: number; readonly jitter: number }

const curve = /^(exp:0\.\d{1,12}|power:\d{1,3}(\.\d{1,6})?:\d(\.\d{1,4})?)$/

/** Settings of the multiplier game; ratios and money are decimal strings, since their decimals are counted. */
export const crash = v.object({
  betting: duration('5s', 'How long bets are taken', '100ms', '1h'),
  waiting: duration('3s', 'From the crash to the next round', '100ms', '1h'),
  tick: duration('50ms', 'Between two multipliers told in flight', '10ms', '1s'),
  timeout: duration('60s', 'Silence after which a connection is closed', '1s'),
  on_disconnect: choice(
    ['keep', 'cash_out'],
    'keep',
    'What becomes of bets in flight when the last connection of their player closes',
  ),
  rtp: ratio('0.97', 'Return to player of the next chain, 0.5 to 1'),
  curve: text('exp:0.00015', 'How the multiplier rises: `exp:K` or `power:A:B`', curve),
  max_multiplier: decimal('1000000.00', 'Highest crash point of the next chain', 2),
  chain_length: count(1_000_000, 'Rounds of the next chain', 1, 10_000_000),
  salt_source: choice(
    ['manual', 'drand', 'local'],
    'manual',
    'Who salts a chain: the operator, a public beacon, or the server itself (not independent)',
  ),
  drand_url: text('https://api.drand.sh', 'Where the beacon is asked', /^https?:\/\/\S+$/),
  currency: text('USD', 'Currency of all purses', /^[A-Z0-9]{3,8}$/),
  decimals: count(2, 'Decimals of the currency', 0, 8),
  min_bet: decimal('0.01', 'Smallest bet'),
  max_bet: decimal('10000.00', 'Largest bet'),
  max_profit: decimal(
    '1000000.00',
    'Most that one bet may win; it is cashed out where it would win more',
  ),
  max_exposure: decimal('100000000000.00', 'Most that all bets of a round could win together'),
  idempotency_window: duration(
    '10m',
    'How long the repeat of a money command gets its first answer',
    '1m',
    '1d',
  ),
  rates: rates(
    'bet=5 cash_out=10 state=2 other=5',
    'Commands of one player in a second, and at once',
  ),
  scenario: scenario(),
})

function decimal(fallback: string, description: string, most = 8) {
  const pattern = `^(0|[1-9][0-9]{0,11})(\\.[0-9]{1,${most}})?$`
  return text(fallback, description, new RegExp(pattern))
}

function ratio(fallback: string, description: string) {
  const traits = { kind: 'text', pattern: '^(0\\.[0-9]{1,4}|1(\\.0{1,4})?)$' } as const
  return setting(traits, fallback, description, (value): string => {
    const fits = typeof value === 'string' && new RegExp(traits.pattern).test(value)
    if (fits && Number(value) >= 0.5) return value
    throw new Fault(`Expected a ratio such as ${quoted(fallback)}, got ${quoted(value)}`)
  })
}

function scenario() {
  const description =
    'Instead of chance, with --dev only: `fast`, `fixed:1.00,2.35`, `players:50`, `latency:80ms±40ms`'
  return setting({ kind: 'text' }, undefined, description, (value): Scenario | undefined => {
    if (value === '') return undefined
    const read = typeof value === 'string' ? readScenario(value) : null
    if (read !== null) return read
    throw new Fault(`Expected a scenario such as "fixed:1.00,2.35", got ${quoted(value)}`)
  })
}

function readScenario(text: string): Scenario | null {
  if (text === 'fast') return { kind: 'fast' }
  const players = /^players:(\d{1,5})$/.exec(text)
  if (players !== null) return { kind: 'players', count: Number(players[1]) }
  const latency = /^latency:(\d{1,5})ms(?:±(\d{1,5})ms)?$/.exec(text)
  if (latency !== null) {
    const [delay, jitter] = [Number(latency[1]), Number(latency[2] ?? 0)]
    return jitter <= delay ? { kind: 'latency', delay, jitter } : null
  }
  if (!/^fixed:[1-9]\d{0,7}\.\d\d(,[1-9]\d{0,7}\.\d\d)*$/.test(text)) return null
  const points = text
    .slice('fixed:'.length)
    .split(',')
    .map((point) => Number(point.replace('.', '')))
  return { kind: 'fixed', points }
}
