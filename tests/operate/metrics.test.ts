import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '../fixture.ts'
import { demanded } from '../machine.ts'

const root = join(import.meta.dir, '../..')
const folder = join(root, 'docs/operate')
const scratch = mkdtempSync(join(tmpdir(), 'fanfare-operate-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const promtool = Bun.which('promtool')
/** Skipped where promtool (Debian: prometheus) is not installed, unless everything is demanded. */
const withPromtool = test.skipIf(promtool === null && !demanded)

function judged(...words: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([promtool ?? 'promtool', ...words])
  return exitCode === 0 ? 'fine' : `${stdout}${stderr}`
}

interface Told {
  readonly kind: string
  labels: string | null
}

/** Every metric of a server with all systems: its kind, and its labels where it has a series already. */
async function told(): Promise<Map<string, Told>> {
  await using server = await start({ pledge: { upstream_url: 'http://127.0.0.1:1' } })
  await server.fetch('/healthz')
  const text = await (await fetch(`${server.fanfare.internal?.url.origin}/metrics`)).text()
  const metrics = new Map<string, Told>()
  for (const [, name = '', kind = ''] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const [, series] = new RegExp(`^${name}(?:\\{(.*)\\})? `, 'm').exec(text) ?? [null, null]
    const found = new RegExp(`^${name}[{ ]`, 'm').test(text)
    const labels = [...(series ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label)
    metrics.set(name, { kind, labels: found ? labels.join(', ') : null })
  }
  return metrics
}

interface Row extends Told {
  readonly name: string
  readonly alerts: readonly string[]
}

/** The rows of the tables in metrics.md. */
async function rows(): Promise<Row[]> {
  const page = await Bun.file(join(folder, 'metrics.md')).text()
  return [...page.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, name = '', rest = '']) => {
    const [kind = '', labels = '', , , alerts = ''] = rest.split('|').map((cell) => cell.trim())
    return { name, kind, labels, alerts: alerts.split(/, /).filter((alert) => alert !== '') }
  })
}

interface Rule {
  readonly alert: string
  readonly expr: string
}

async function rules(): Promise<Rule[]> {
  const text = await Bun.file(join(folder, 'alerts.yml')).text()
  const { groups } = Bun.YAML.parse(text) as { groups: { rules: Rule[] }[] }
  return groups.flatMap((group) => group.rules)
}

/** Metrics of ours that an expression asks for, those of a histogram by its own name. */
function namesIn(expr: string, known: ReadonlyMap<string, Told>): string[] {
  const names = expr.match(/\b(?:fanfare|process)_\w+/g) ?? []
  return names.map((name) => {
    const base = name.replace(/_(bucket|sum|count)$/, '')
    return known.get(base)?.kind === 'histogram' ? base : name
  })
}

async function dashboardQueries(): Promise<string[]> {
  const { panels, annotations } = await Bun.file(join(folder, 'grafana-dashboard.json')).json()
  const targets = panels.flatMap(({ targets = [] }: { targets?: { expr: string }[] }) => targets)
  return [...targets, ...annotations.list].map(({ expr }: { expr: string }) => expr)
}

test('docs/operate/metrics.md has a row for every metric of a running server, with its kind and labels, and none for any other', async () => {
  const [metrics, table] = [await told(), await rows()]
  expect(table.map(({ name }) => name).toSorted()).toEqual([...metrics.keys()].toSorted())
  for (const { name, kind, labels } of table) {
    const real = metrics.get(name)!
    expect([name, kind, labels]).toEqual([name, real.kind, real.labels ?? labels])
  }
})

test('metrics.md and alerts.yml name each other, so that whoever looks at a metric knows what rings', async () => {
  const [table, metrics] = [await rows(), await told()]
  const real = await rules()
  const promised = table.flatMap(({ name, alerts }) => alerts.map((alert) => `${alert} ${name}`))
  const kept = real.flatMap(({ alert, expr }) =>
    namesIn(expr, metrics).map((name) => `${alert} ${name}`),
  )
  expect(promised.toSorted()).toEqual([...new Set(kept)].toSorted())
  const named = new Set(table.flatMap(({ alerts }) => alerts))
  const silent = real.map(({ alert }) => alert).filter((alert) => !named.has(alert))
  // Whether a target answers is Prometheus's own metric.
  expect(silent).toEqual(['FanfareDown'])
})

test('every query of the dashboard and of the alerts asks for metrics that exist', async () => {
  const metrics = await told()
  const queries = [...(await dashboardQueries()), ...(await rules()).map(({ expr }) => expr)]
  expect(queries.length).toBeGreaterThan(60)
  for (const query of queries) {
    const missing = namesIn(query, metrics).filter((name) => !metrics.has(name))
    expect([query, missing]).toEqual([query, []])
  }
})

test('the dashboard has a row for each system, and asks which data source to use', async () => {
  const { panels, templating } = await Bun.file(join(folder, 'grafana-dashboard.json')).json()
  const titles = panels.filter((one: any) => one.type === 'row').map((one: any) => one.title)
  expect(titles).toEqual(expect.arrayContaining(['jive', 'dcs', 'locallife', 'pledge', 'crash']))
  expect(templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource' })
  const own = panels.filter((one: any) => one.type !== 'row').map((one: any) => one.datasource.uid)
  expect(new Set(own)).toEqual(new Set(['${datasource}']))
  const ids = panels.map((one: any) => one.id)
  expect(new Set(ids).size).toBe(ids.length)
})

withPromtool('Prometheus can read the dashboard’s queries and those of metrics.md', async () => {
  const page = await Bun.file(join(folder, 'metrics.md')).text()
  const asked = [...page.matchAll(/```promql\n(.*?)\n```/gs)].map(([, query = '']) => query)
  expect(asked.length).toBeGreaterThan(3)
  const queries = [...(await dashboardQueries()), ...asked].map((query) =>
    query.replaceAll('$__rate_interval', '5m').replaceAll('$instance', '.*'),
  )
  const recorded = queries.map((expr, index) => ({ record: `query:${index}`, expr }))
  const path = join(scratch, 'queries.yml')
  await Bun.write(path, JSON.stringify({ groups: [{ name: 'queries', rules: recorded }] }))
  expect(judged('check', 'rules', path)).toBe('fine')
})

withPromtool('the configuration of Prometheus on the page is one that it takes', async () => {
  const page = await Bun.file(join(folder, 'metrics.md')).text()
  const [, yaml = ''] = /```yaml\n(.*?)\n```/s.exec(page) ?? []
  const path = join(scratch, 'prometheus.yml')
  await Bun.write(path, yaml)
  await Bun.write(join(scratch, 'alerts.yml'), Bun.file(join(folder, 'alerts.yml')))
  expect(judged('check', 'config', path)).toBe('fine')
})

withPromtool('the alerts ring for what they should and for nothing else', async () => {
  expect(judged('check', 'rules', join(folder, 'alerts.yml'))).toBe('fine')
  const cases = join(import.meta.dir, 'alerts.test.yml')
  expect(judged('test', 'rules', cases)).toBe('fine')
  const text = await Bun.file(cases).text()
  const untested = (await rules()).map(({ alert }) => alert).filter((one) => !text.includes(one))
  expect(untested).toEqual([])
})

withPromtool('what the server tells is written as Prometheus wants it', async () => {
  await using server = await start({ pledge: { upstream_url: 'http://127.0.0.1:1' } })
  const metrics = await fetch(`${server.fanfare.internal?.url.origin}/metrics`)
  const { exitCode, stdout, stderr } = Bun.spawnSync([promtool!, 'check', 'metrics'], {
    stdin: await metrics.bytes(),
  })
  // Exit code 3: readable, with remarks on style.
  expect([exitCode, `${stdout}${stderr}`]).toEqual([0, ''])
})
