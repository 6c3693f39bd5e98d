import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { createMetrics } from '../../src/core/metrics.ts'
import { processMetrics } from '../../src/core/process.ts'
import { fakeClock } from '../clock.ts'

/** Reads the text format back: series → number, strictly by its grammar. */
function read(text: string): Map<string, number> {
  const series = new Map<string, number>()
  expect(text === '' || text.endsWith('\n')).toBe(true)
  for (const line of text.split('\n').slice(0, -1)) {
    if (/^# (HELP|TYPE) [a-z_][a-z0-9_]* ./.test(line)) continue
    const match =
      /^([a-z_][a-z0-9_]*)(\{([a-z_]+="([^"\\]|\\[\\n"])*",?)+\})? ([+-]?(\d.*|Inf)|NaN)$/.exec(
        line,
      )
    if (match === null) throw new Error(`Not a line of the format: ${JSON.stringify(line)}`)
    const key = line.slice(0, line.lastIndexOf(' '))
    expect(series.has(key)).toBe(false)
    series.set(key, Number((match[5] ?? '').replace('Inf', 'Infinity')))
  }
  return series
}

describe('counters and gauges', () => {
  test('are told with prefix, help and type, in the order they were made', () => {
    const metrics = createMetrics()
    const opened = metrics.counter('connections_opened_total', 'Opened connections', ['system'])
    opened('jive').inc()
    opened('jive').inc(2)
    opened('crash').inc()
    metrics.gauge('acks_pending', 'Waiting')().set(1.5)
    expect(metrics.text()).toBe(
      `# HELP fanfare_connections_opened_total Opened connections
# TYPE fanfare_connections_opened_total counter
fanfare_connections_opened_total{system="jive"} 3
fanfare_connections_opened_total{system="crash"} 1
# HELP fanfare_acks_pending Waiting
# TYPE fanfare_acks_pending gauge
fanfare_acks_pending 1.5
`,
    )
  })

  test('a series is one thing however often it is looked up', () => {
    const counter = createMetrics().counter('x_total', 'X', ['a', 'b'])
    expect(counter('1', '2')).toBe(counter('1', '2'))
    expect(counter('1', '2')).not.toBe(counter('12', ''))
    expect(counter('2', '1')).not.toBe(counter('1', '2'))
  })

  test('no label value can break the format', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', '\\', '\n', '}', ',', 'n', '{', ' ') }),
        (value) => {
          const metrics = createMetrics()
          metrics.counter('x_total', `Help ${value}`, ['label'])(value).inc(7)
          const [[key, count] = ['', 0]] = read(metrics.text())
          expect(count).toBe(7)
          const written = key.slice('fanfare_x_total{label="'.length, -'"}'.length)
          const unescaped = written.replace(/\\(.)/g, (_, c: string) => (c === 'n' ? '\n' : c))
          expect(unescaped).toBe(value)
        },
      ),
    )
  })

  test('numbers that are no decimal are written as the format wants them', () => {
    const metrics = createMetrics()
    const gauge = metrics.gauge('x', 'X', ['of'])
    for (const value of [Infinity, -Infinity, NaN, 1e21, 0.1]) gauge(String(value)).set(value)
    const lines = metrics.text().split('\n')
    expect(lines).toContain('fanfare_x{of="Infinity"} +Inf')
    expect(lines).toContain('fanfare_x{of="-Infinity"} -Inf')
    expect(lines).toContain('fanfare_x{of="NaN"} NaN')
    expect(lines).toContain('fanfare_x{of="1e+21"} 1e+21')
  })

  test('two who ask for one metric get the same, and another shape is an error that names it', () => {
    const metrics = createMetrics()
    metrics.counter('x_total', 'X', ['a'])('1').inc()
    metrics.counter('x_total', 'X', ['a'])('1').inc()
    expect(read(metrics.text()).get('fanfare_x_total{a="1"}')).toBe(2)
    expect(() => metrics.counter('x_total', 'X', ['b'])).toThrow('fanfare_x_total')
    expect(() => metrics.gauge('x_total', 'X', ['a'])).toThrow('fanfare_x_total')
    expect(() => metrics.counter('bad name', 'X')).toThrow('bad name')
    expect(() => metrics.counter('y_total', 'X', ['a'])()).toThrow('1 label values')
  })

  test('a label that turns out to have no end is counted under "other", since memory has one', () => {
    const metrics = createMetrics()
    const counter = metrics.counter('x_total', 'X', ['user'])
    for (let n = 0; n < 5_000; n++) counter(`u${n}`).inc()
    const series = read(metrics.text())
    expect(series.size).toBeLessThanOrEqual(1_001)
    expect(series.get('fanfare_x_total{user="other"}')).toBe(4_000)
    expect([...series.values()].reduce((a, b) => a + b)).toBe(5_000)
  })
})

describe('histograms', () => {
  test('have cumulative buckets, the sum and the count', () => {
    const metrics = createMetrics()
    const histogram = metrics.histogram('publish_seconds', 'Time', [0.1, 0.01, 1])
    for (const value of [0.005, 0.01, 0.011, 0.5, 2]) histogram.observe(value)
    expect(metrics.text().split('\n').slice(0, -1)).toEqual([
      '# HELP fanfare_publish_seconds Time',
      '# TYPE fanfare_publish_seconds histogram',
      'fanfare_publish_seconds_bucket{le="0.01"} 2',
      'fanfare_publish_seconds_bucket{le="0.1"} 3',
      'fanfare_publish_seconds_bucket{le="1"} 4',
      'fanfare_publish_seconds_bucket{le="+Inf"} 5',
      'fanfare_publish_seconds_sum 2.526',
      'fanfare_publish_seconds_count 5',
    ])
  })

  test('each bucket counts what is at most its bound', () => {
    const numbers = fc.array(fc.double({ min: 0, max: 10, noNaN: true }))
    fc.assert(
      fc.property(numbers, fc.uniqueArray(fc.integer({ min: 0, max: 10 })), (values, bounds) => {
        const metrics = createMetrics()
        const histogram = metrics.histogram('x', 'X', bounds)
        for (const value of values) histogram.observe(value)
        const series = read(metrics.text())
        for (const bound of [...bounds, Infinity]) {
          const le = bound === Infinity ? '+Inf' : bound
          expect(series.get(`fanfare_x_bucket{le="${le}"}`)).toBe(
            values.filter((value) => value <= bound).length,
          )
        }
        expect(series.get('fanfare_x_count')).toBe(values.length)
      }),
    )
  })
})

describe('collected metrics', () => {
  test('are read when asked for, each time anew', () => {
    const metrics = createMetrics()
    let value = 1
    metrics.collect('connections', 'gauge', 'Open', ['system'], () => [[['jive'], value]])
    expect(metrics.text()).toContain('fanfare_connections{system="jive"} 1\n')
    value = 2
    expect(metrics.text()).toContain('fanfare_connections{system="jive"} 2\n')
    expect(() => metrics.collect('connections', 'gauge', 'Open', ['system'], () => [])).toThrow(
      'there already',
    )
  })

  test('tell what the process costs, without the prefix', () => {
    const metrics = createMetrics()
    const clock = fakeClock(Date.UTC(2026, 0, 1))
    processMetrics(metrics, clock, { version: '1.2.3', commit: 'abc' })
    const series = read(metrics.text())
    expect(series.get('fanfare_build_info{version="1.2.3",commit="abc"}')).toBe(1)
    expect(series.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
    expect(series.get('process_cpu_seconds_total')).toBeGreaterThan(0)
    const startedAt = series.get('process_start_time_seconds') ?? 0
    expect(startedAt).toBeLessThanOrEqual(clock.now() / 1_000)
  })

  test.skipIf(process.platform !== 'linux')(
    'open files rise with an open socket, which is what the alarm is for',
    () => {
      const metrics = createMetrics()
      processMetrics(metrics, fakeClock())
      const open = () => read(metrics.text()).get('process_open_fds') ?? 0
      open()
      const before = open()
      const servers = Array.from({ length: 20 }, () =>
        Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response() }),
      )
      expect(open()).toBeGreaterThanOrEqual(before + 20)
      for (const server of servers) void server.stop(true)
    },
  )
})
