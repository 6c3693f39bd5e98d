import type { Crowd, Harvest } from '../crowd.ts'
import type { Ticked } from '../exchange.ts'
import { spread, watch, type Scenario, type Stage } from '../scenario.ts'
import type { Measure } from '../table.ts'
import { sleep, until } from '../time.ts'

const usualSeconds = 5
const warmUpSeconds = 2
const patienceMs = 10_000
/** The part with readers that stop: so many in all, one in so many of them, for so long in a run of the usual length. */
const fewReaders = 1_000
const straggleEvery = 20
const calmSeconds = 4
const stopSeconds = 8

/** The load of pledge: everybody listens to one price, which an exchange tells 20 times a second; then some stop reading for a while (P3, P8). */
export const ticker: Scenario = {
  summary: '8,000 listeners to one price, 20 a second; then 50 of 1,000 stop reading for 8 s',
  needsExchange: true,
  rounds: 3,
  goals: {
    missed: { of: 'value', at: 'most', than: 0 },
    doubled: { of: 'value', at: 'most', than: 0 },
    'p99 ms': { of: 'ratio', at: 'most', than: 1.15 },
    'CPU us/delivery': { of: 'ratio', at: 'most', than: 1.15 },
    "slow: others' missed": { of: 'value', at: 'most', than: 0 },
    "slow: others' p99, with / without slow": { of: 'value', at: 'most', than: 1.2 },
    'slow: without the last price': { of: 'value', at: 'most', than: 0 },
  },
  async measure(stage) {
    await stage.upstream!.heard()
    const { crowd, gathering } = await listeners(stage, stage.wishes.connections ?? 8_000)
    const seconds = stage.wishes.seconds ?? usualSeconds
    await ticked(stage, crowd, Math.min(warmUpSeconds, seconds))
    const server = watch(stage.target)
    const { harvest, told, ms } = await ticked(stage, crowd, seconds)
    const cpu = server.cpuMicros()
    await crowd.stop()
    stage.say(`${told} prices`)
    const measures: Measure[] = [
      { name: 'listeners', value: gathering.ready },
      { name: 'frames/s, on the least', value: (harvest.least * 1000) / ms },
      { name: 'deliveries', value: harvest.frames },
      { name: 'missed', value: told * crowd.size - harvest.frames, over: 'sum' },
      { name: 'doubled', value: harvest.doubled, over: 'sum' },
      ...spread('', harvest),
      { name: 'CPU us/delivery', value: cpu / harvest.frames },
      { name: 'CPU %', value: cpu / ms / 10 },
      { name: 'connections lost', value: harvest.lost, over: 'sum' },
    ]
    return stage.round === 0
      ? [...measures, ...(await slow(stage, seconds / usualSeconds))]
      : measures
  },
}

/** Those who stop get what the kernel has taken for them by the time it is noticed, and then the newest; `length` is that of the run as a share of the usual one. */
async function slow(stage: Stage, length: number): Promise<Measure[]> {
  const size = Math.min(fewReaders, stage.wishes.connections ?? fewReaders)
  const count = Math.ceil(size / straggleEvery)
  const { crowd } = await listeners(stage, size)
  await ticked(stage, crowd, warmUpSeconds * length)
  const { harvest: calm } = await ticked(stage, crowd, calmSeconds * length)
  await crowd.pause(count)
  const reading = sleep(stopSeconds * length * 1000).then(crowd.resume)
  const hard = await ticked(stage, crowd, (stopSeconds + calmSeconds) * length, size - count)
  await reading
  const { stragglers } = await crowd.harvest()
  const [p99, p99Calm] = [hard.harvest, calm].map(({ latencies }) => latencies.percentile(0.99))
  const old = stragglers.map((straggler) => straggler.old)
  stage.say(`${count} stopped reading`)
  return [
    { name: 'slow: listeners', value: size },
    { name: 'slow: stop reading', value: count },
    { name: "slow: others' missed", value: hard.told * (size - count) - hard.harvest.frames },
    ...spread('slow: without: ', calm),
    ...spread('slow: with: ', hard.harvest),
    { name: "slow: others' p99, with / without slow", value: p99! / p99Calm! },
    { name: 'slow: old prices, at most', value: Math.max(...old) },
    {
      name: 'slow: without the last price',
      value: stragglers.filter(({ newest }) => newest !== hard.last).length,
    },
    { name: 'slow: cut', value: size - (await crowd.alive()) },
  ]
}

function listeners({ target, readers }: Stage, size: number) {
  return readers(new Array<string>(size).fill(target.pricePath), 'prices')
}

/** What came of telling prices for so long to a crowd `readers` of which read, until all has come or nothing more does. */
async function ticked(
  { upstream, wishes }: Stage,
  crowd: Crowd,
  seconds: number,
  readers = crowd.size,
): Promise<Ticked & { readonly harvest: Harvest }> {
  await crowd.begin()
  const ticked = await upstream!.tick({ rate: wishes.rate ?? 20, seconds })
  const arrived = async () => (await crowd.harvest()).frames >= ticked.told * readers
  await until(arrived, patienceMs, 50)
  return { ...ticked, harvest: await crowd.harvest() }
}
