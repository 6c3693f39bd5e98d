/** One time series of a counter; keep it, looking it up costs more than counting. */
export interface Counter {
  inc(by?: number): void
}
export interface Gauge {
  set(value: number): void
}
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
  /** The whole registry in the Prometheus text format 0.0.4. */
  text(): string
}
