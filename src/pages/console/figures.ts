/** Numbers as people read them; null is a dash. */
export interface Figures {
  count(value: number | null): string
  /** Per second. */
  rate(value: number | null): string
  milliseconds(value: number | null): string
  bytes(value: number | null): string
  /** 0.97 is 97.00 %. */
  percent(value: number | null, digits?: number): string
  /** How long something lasts or lasted, such as `3 min`. */
  span(ms: number): string
  /** Time of day to the second, of epoch ms; with its ms where asked. */
  time(at: number, exact?: boolean): string
  /** Day and time. */
  moment(at: number): string
  /** Minor units of a currency. */
  money(minor: number, decimals: number, currency: string): string
}

const dash = '–'
const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const
const spans = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
] as const

/** Figures in a language. */
export function figuresOf(language: 'en' | 'zh'): Figures {
  const locale = language === 'zh' ? 'zh-CN' : 'en-GB'
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const one = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
  const fine = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 })
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium', hourCycle: 'h23' })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' })
  const time = (at: number) => clock.format(at)
  return {
    count: (value) => (value === null ? dash : whole.format(value)),
    rate: (value) => (value === null ? dash : `${(value < 10 ? one : whole).format(value)}/s`),
    milliseconds: (value) => (value === null ? dash : `${fine.format(value)} ms`),
    bytes: (value) => (value === null ? dash : bytesText(value, fine)),
    percent: (value, digits = 2) => (value === null ? dash : `${(value * 100).toFixed(digits)} %`),
    span(ms) {
      const [size, unit] = spans.find(([least]) => ms >= least) ?? [1_000, 'second' as const]
      const style = { style: 'unit', unit, unitDisplay: 'short' } as const
      return new Intl.NumberFormat(locale, style).format(Math.max(0, Math.floor(ms / size)))
    },
    time: (at, exact = false) =>
      exact ? `${time(at)}.${String(at % 1_000).padStart(3, '0')}` : time(at),
    moment: (at) => `${day.format(at)}, ${time(at)}`,
    money: (minor, decimals, currency) => {
      const style = { minimumFractionDigits: decimals, maximumFractionDigits: decimals }
      return `${new Intl.NumberFormat(locale, style).format(minor / 10 ** decimals)} ${currency}`
    },
  }
}

function bytesText(value: number, format: Intl.NumberFormat): string {
  const step = Math.min(
    units.length - 1,
    value < 1 ? 0 : Math.floor(Math.log(value) / Math.log(1_024)),
  )
  return `${format.format(value / 1_024 ** step)} ${units[step]}`
}
