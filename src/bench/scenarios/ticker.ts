import type { Crowd, Harvest } from '../crowd.ts'
import type { Ticked } from '../exchange.ts'
import { spread, watch, type Scenario, type Stage } from '../scenario.ts'
import type { Measure } from '../table.ts'
import { sleep, until, wallMicros } from '../time.ts'

const usualSeconds = 4
/** The kernel acknowledges the first 16 frames after a pause one by one, which doubles their price. */
const warmUpSeconds = 1.5
const usualRate = 20
/** When nothing has come for so long, nothing more will: a price that gave way to a newer one never comes. */
const patienceMs = 1_000
/** The part with readers that stop: so many in all, one in so many of them, for so long in a run of the usual length. */
const fewReaders = 1_000
const straggleEvery = 20
const calmSeconds = 3
const stopSeconds = 8
const againSeconds = 2
/** A second to the look, two between pings, two for the pong: so long a reader may have stopped unnoticed. */
const unnoticedSeconds = 5

/** The load of pledge: everybody listens to one price, which an exchange tells 20 times a second; then some stop reading for a while (P3, P8). */
export const ticker: Scenario = {
  summary: '8,000 listeners to one price, 20 a second; then 50 of 1,000 stop reading for 8 s',
  startsItself: true,
  needsExchange: true,
  rounds: 3,
  goals: {
    missed: { of: 'value', at: 'most', than: 0 },
    doubled: { of: 'value', at: 'most', than: 0 },
    'p99 ms': { of: 'ratio', at: 'most', than: 1.15 },
    'CPU us/delivery': { of: 'ratio', at: 'most', than: 1.15 },
    "slow: others' missed": { of: 'value', at: 'most', than: 0 },
    "slow: others' p99, with / without slow": { of: 'value', at: 'most', than: 1.2 },
    'slow: old prices, s': { of: 'value', at: 'most', than: unnoticedSeconds },
    'slow: without the last price': { of: 'value', at: 'most', than: 0 },
  },
  async measure(stage) {
    await stage.upstream!.heard()
    const { crowd, gathering } = await listeners(stage, stage.wishes.connections ?? 8_000)
    const seconds = stage.wishes.seconds ?? usualSeconds
    const { harvest, told, ms, cpu } = await ticked(stage, crowd, seconds)
    await crowd.stop()
    stage.say(`${told} prices`)
    const measures: Measure[] = [
      { name: 'listeners', value: gathering.ready },
      { name: 'frames/s, on the least', value: harvest.least / seconds },
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
  const { harvest: calm } = await ticked(stage, crowd, calmSeconds * length)
  const hard = await ticked(stage, crowd, (stopSeconds + againSeconds) * length, async () => {
    await crowd.pause(count)
    await sleep(stopSeconds * length * 1000)
    await crowd.resume()
    return size - count
  })
  const { stragglers } = await crowd.harvest()
  const [p99, p99Calm] = [hard.harvest, calm].map(({ latencies }) => latencies.percentile(0.99))
  const most = Math.max(...stragglers.map(({ old }) => old))
  stage.say(`${count} stopped reading`)
  return [
    { name: 'slow: listeners', value: size },
    { name: 'slow: stop reading', value: count },
    { name: "slow: others' missed", value: hard.told * (size - count) - hard.harvest.frames },
    ...spread('slow: without: ', calm),
    ...spread('slow: with: ', hard.harvest),
    { name: "slow: others' p99, with / without slow", value: p99! / p99Calm! },
    { name: 'slow: old prices, at most', value: most },
    { name: 'slow: old prices, s', value: most / (stage.wishes.rate ?? usualRate) },
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

/** What came of telling prices to a crowd for so long, after a while that does not count, until all has come or nothing more does; `meanwhile` tells how many read. */
async function ticked(
  { target, upstream, wishes }: Stage,
  crowd: Crowd,
  seconds: number,
  meanwhile = async () => crowd.size,
): Promise<Ticked & { readonly harvest: Harvest; readonly cpu: number }> {
  const rate = wishes.rate ?? usualRate
  const warmUp = Math.min(warmUpSeconds, seconds)
  // Half-way between two prices, so that it is certain which is the first to count.
  const from = wallMicros() + (warmUp - 0.5 / rate) * 1_000_000
  await crowd.beginAt(from)
  // One stream, since a pause would make what follows it dear again.
  const telling = upstream!.tick({ rate, seconds: warmUp + seconds, from })
  await sleep((from - wallMicros()) / 1000)
  const server = watch(target)
  const readers = await meanwhile()
  const ticked = await telling
  const cpu = server.cpuMicros()
  return { ...ticked, cpu, harvest: await arrived(crowd, ticked.told * readers) }
}

async function arrived(crowd: Crowd, wanted: number): Promise<Harvest> {
  let harvest = await crowd.harvest()
  for (let before = -1; harvest.frames < wanted && harvest.frames > before;) {
    before = harvest.frames
    await until(async () => (await crowd.harvest()).frames >= wanted, patienceMs, 50)
    harvest = await crowd.harvest()
  }
  return harvest
}
