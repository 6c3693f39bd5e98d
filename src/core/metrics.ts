/** One time series of a counter; keep it, looking it up costs more than counting. */
export interface Counter {
  inc(by?: number): void
}
/** One time series that goes up and down. */
export interface Gauge {
  set(value: number): void
}
/** How often values fell into each bucket. */
export interface Histogram {
  observe(value: number): void
}

/** A registry of metrics, told as Prometheus text. Names get the prefix `fanfare_` unless they start with `process_`. */
export interface Metrics {
  /** Series are told apart by label values, given in the order of `labels`; only bounded sets of values. */
  counter(name: string, help: string, labels?: readonly string[]): (...values: string[]) => Counter
  gauge(name: string, help: string, labels?: readonly string[]): (...values: string[]) => Gauge
  /** `read` is called when the metrics are read: label values → number. */
  collect(
    name: string,
    kind: 'gauge' | 'counter',
    help: string,
    labels: readonly string[],
    read: () => Iterable<readonly [readonly string[], number]>,
  ): void
  histogram(name: string, help: string, buckets: readonly number[]): Histogram
  /** What a metric says now; of a histogram the cumulative buckets by upper bound. Nothing where there is none of this name, written without `fanfare_`. */
  read(name: string): readonly Sample[]
  /** The whole registry in the Prometheus text format 0.0.4. */
  text(): string
}

/** Label values and their number. */
export type Sample = readonly [values: readonly string[], value: number]

interface Family {
  /** What may not differ between two who ask for it. */
  readonly shape: string
  readonly made: unknown
  read(): Iterable<Sample>
  text(): string
}

/** An empty registry. Asking again for a counter, gauge or histogram gives the same one; with another kind or other labels it is an Error. */
export function createMetrics(): Metrics {
  const families = new Map<string, Family>()

  function family<Made>(
    kind: string,
    name: string,
    help: string,
    labels: readonly string[],
    make: (fullName: string) => { made: Made; read: () => Iterable<Sample>; body: () => string },
  ): Made {
    const fullName = fullNameOf(name)
    const shape = `${kind} (${labels.join(', ')})`
    const known = families.get(fullName)
    if (known !== undefined) {
      if (known.shape === shape && known.made !== undefined) return known.made as Made
      throw new Error(`Metric "${fullName}" is there already as ${known.shape}`)
    }
    for (const text of [fullName, ...labels]) {
      if (!/^[a-z_][a-z0-9_]*$/.test(text))
        throw new Error(`"${text}" cannot name a metric or label`)
    }
    const { made, read, body } = make(fullName)
    const head = `# HELP ${fullName} ${escaped(help)}\n# TYPE ${fullName} ${kind}\n`
    families.set(fullName, { shape, made, read, text: () => head + body() })
    return made
  }

  function labelled(kind: string, name: string, help: string, labels: readonly string[]) {
    return family(kind, name, help, labels, (fullName) => {
      const { find, samples } = createSeries(labels.length)
      const body = () => sampleLines(fullName, labels, samples)
      return { made: find, read: () => samples, body }
    })
  }

  return {
    counter: (name, help, labels = []) => labelled('counter', name, help, labels),
    gauge: (name, help, labels = []) => labelled('gauge', name, help, labels),
    collect(name, kind, help, labels, read) {
      family(kind, name, help, labels, (fullName) => ({
        made: undefined,
        read,
        body: () => sampleLines(fullName, labels, read()),
      }))
    },
    histogram: (name, help, buckets) =>
      family('histogram', name, help, [], (fullName) => createHistogram(fullName, buckets)),
    read: (name) => [...(families.get(fullNameOf(name))?.read() ?? [])],
    text: () => [...families.values()].map((one) => one.text()).join(''),
  }
}

function fullNameOf(name: string): string {
  return name.startsWith('process_') ? name : `fanfare_${name}`
}

/** Most series of one metric; those that come later are counted together under `other`. */
const maxSeries = 1_000

class Series implements Counter, Gauge {
  value = 0
  constructor(readonly values: readonly string[]) {}
  inc(by = 1): void {
    this.value += by
  }
  set(value: number): void {
    this.value = value
  }
}

/** Series by label values: a tree, because joining the values would cost a new string each time. */
interface Branch {
  readonly branches: Map<string, Branch>
  leaf: Series | null
}

function createSeries(depth: number) {
  const root: Branch = { branches: new Map(), leaf: null }
  const all: Series[] = []

  function grow(values: readonly string[]): Series {
    if (values.length !== depth)
      throw new Error(`${depth} label values needed, not ${values.length}`)
    if (all.length >= maxSeries && values.some((value) => value !== 'other')) {
      return find(...values.map(() => 'other'))
    }
    let branch = root
    for (const value of values) {
      const next = branch.branches.get(value) ?? { branches: new Map(), leaf: null }
      branch.branches.set(value, next)
      branch = next
    }
    const series = new Series([...values])
    all.push(series)
    branch.leaf = series
    return series
  }

  function find(...values: string[]): Series {
    let branch = root
    for (const value of values) {
      const next = branch.branches.get(value)
      if (next === undefined) return grow(values)
      branch = next
    }
    return branch.leaf ?? grow(values)
  }

  const samples: Iterable<Sample> = {
    *[Symbol.iterator]() {
      for (const { values, value } of all) yield [values, value]
    },
  }
  return { find, samples }
}

function createHistogram(name: string, buckets: readonly number[]) {
  const bounds = buckets.toSorted((a, b) => a - b)
  const counts = Array.from({ length: bounds.length + 1 }, () => 0)
  let sum = 0
  const made: Histogram = {
    observe(value) {
      let index = 0
      while (index < bounds.length && value > (bounds[index] ?? 0)) index++
      counts[index] = (counts[index] ?? 0) + 1
      sum += value
    },
  }
  function read(): readonly Sample[] {
    let total = 0
    return counts.map((count, index) => {
      total += count
      return [[numberText(bounds[index] ?? Infinity)], total]
    })
  }
  function body(): string {
    const cumulative = read()
    const total = cumulative.at(-1)?.[1] ?? 0
    const lines = sampleLines(`${name}_bucket`, ['le'], cumulative)
    return `${lines}${name}_sum ${numberText(sum)}\n${name}_count ${total}\n`
  }
  return { made, read, body }
}

function sampleLines(name: string, labels: readonly string[], samples: Iterable<Sample>): string {
  let lines = ''
  for (const [values, value] of samples) {
    const pairs = labels.map((label, index) => `${label}="${escaped(values[index] ?? '', true)}"`)
    lines += `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${numberText(value)}\n`
  }
  return lines
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}

/** Label values escape quotes too, help texts do not. */
function escaped(text: string, quotes = false): string {
  const lines = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return quotes ? lines.replaceAll('"', '\\"') : lines
}
