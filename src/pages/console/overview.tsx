import type { Overview as Told } from './api.ts'
import { Chart, type Line } from './chart.tsx'
import type { Desk } from './desk.ts'
import { Mark } from './mark.tsx'
import { RoundNow } from './round-now.tsx'
import { stateText } from './sayings.ts'
import { Table } from './table.tsx'

/** The server at a glance: figures, charts, checks. */
export function Overview({ desk }: { desk: Desk }) {
  const { words, pulse } = desk
  const { overview } = pulse
  if (overview === null) return <p aria-busy="true">{words.loading}</p>
  return (
    <>
      <Tiles desk={desk} told={overview} />
      <Charts desk={desk} />
      <div class="columns">
        <Checks desk={desk} told={overview} />
        <Upstream desk={desk} told={overview} />
        <RoundNow desk={desk} />
      </div>
    </>
  )
}

function Tiles({ desk, told }: { desk: Desk; told: Told }) {
  const { words, figures } = desk
  const { store, rates, publish, descriptors } = told
  const connections = sum(told.connections)
  const files =
    descriptors && `${figures.count(descriptors.open)} / ${figures.count(descriptors.most)}`
  const waiting = `${figures.count(sum(store.waiting))} / ${figures.count(store.mostWaiting)}`
  const tiles = [
    [words.connections, figures.count(connections)],
    [words.framesIn, figures.rate(rates && rates.framesIn)],
    [words.published, figures.rate(rates && rates.published)],
    [words.delivered, figures.rate(rates && rates.delivered)],
    [words.publish99, figures.milliseconds(publish.p99)],
    [words.commit99, figures.milliseconds(store.commit.p99)],
    [words.waitingRows, waiting],
    [words.loopLag, figures.milliseconds(told.loopLag)],
    [words.cpu, figures.percent(told.cpu, 0)],
    [words.memory, figures.bytes(told.rssBytes)],
    [words.files, files ?? '–'],
    [words.disk, figures.bytes(store.freeBytes)],
    [words.running, figures.span(told.at - told.startedAt)],
    [words.watchers, figures.count(told.watchers)],
  ]
  return (
    <dl class="tiles">
      {tiles.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Charts({ desk }: { desk: Desk }) {
  const { words, figures, pulse, systems } = desk
  const { samples } = pulse
  const bySystem = systems.map((name): Line => ({
    name,
    of: ({ connections }) => connections[name] ?? 0,
  }))
  const messages: readonly Line[] = [
    { name: words.framesIn, of: ({ rates }) => rates && rates.framesIn },
    { name: words.published, of: ({ rates }) => rates && rates.published },
    { name: words.delivered, of: ({ rates }) => rates && rates.delivered },
  ]
  const publish: readonly Line[] = [
    { name: 'p99', of: (one) => one.publish.p99 },
    { name: 'p50', of: (one) => one.publish.p50 },
  ]
  const store: readonly Line[] = [
    { name: 'p99', of: (one) => one.store.commit.p99 },
    { name: 'p50', of: (one) => one.store.commit.p50 },
  ]
  const { time } = figures
  const shared = { samples, time: (at: number) => time(at) }
  return (
    <div class="charts">
      <Chart {...shared} title={words.connections} lines={bySystem} figure={figures.count} whole />
      <Chart {...shared} title={words.messages} lines={messages} figure={figures.rate} />
      <Chart {...shared} title={words.publish} lines={publish} figure={figures.milliseconds} />
      <Chart {...shared} title={words.commit} lines={store} figure={figures.milliseconds} />
    </div>
  )
}

function Checks({ desk, told }: { desk: Desk; told: Told }) {
  const { words } = desk
  return (
    <section>
      <h2>{words.checks}</h2>
      <Table label={words.checks} heads={[words.check, words.state, '']}>
        {told.checks.map(({ name, state, fails }) => (
          <tr key={name}>
            <th scope="row">{words.sayings?.checks[name] ?? name}</th>
            <td>{stateText(words.sayings, state) ?? <span lang="en">{state}</span>}</td>
            <td>
              <Mark kind={fails ? 'bad' : 'good'}>{fails ? words.failing : words.passing}</Mark>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  )
}

function Upstream({ desk, told }: { desk: Desk; told: Told }) {
  const { words, figures } = desk
  const { upstream } = told
  if (upstream === null) return null
  const symbols = Object.entries(upstream.ages)
  return (
    <section>
      <h2>
        {words.upstream}{' '}
        <Mark kind={upstream.up ? 'good' : 'bad'}>{upstream.up ? words.up : words.down}</Mark>
      </h2>
      {symbols.length > 0 && (
        <Table label={words.upstream} heads={[words.symbol, words.age]}>
          {symbols.map(([symbol, age]) => (
            <tr key={symbol}>
              <th scope="row">{symbol}</th>
              <td class="number">{figures.milliseconds(Math.round(age))}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  )
}

function sum(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((all, one) => all + one, 0)
}
