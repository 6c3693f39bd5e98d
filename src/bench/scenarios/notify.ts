import type { Crowd } from '../crowd.ts'
import { anybody, mostlyFew, readersOf, type Address } from '../district.ts'
import { evenly } from '../even.ts'
import type { Latencies } from '../latency.ts'
import { arrived } from '../loads/load.ts'
import type { Readings } from '../metrics.ts'
import type { Poster } from '../post.ts'
import { spread, watch, type Scenario, type Stage } from '../scenario.ts'
import { stamped } from '../stamp.ts'
import type { Measure } from '../table.ts'
import { filling, send, type Target } from '../target.ts'
import { clock, sleep, until, wallMicros } from '../time.ts'

const publishers = 64
const warmUpSeconds = 2
const patienceMs = 10_000
const lookEveryMs = 1_000
/** What waits is counted by the server each second, as long as that is quick. */
const countLagMs = 2_500
/** What a notice takes on the wire beyond what a notification of jive does. */
const envelopeBytes = 70
/** Users who get so much while nobody acknowledges that not all of it is kept. */
const few = 10
/** What locallife keeps for one user (L12). */
const keptPerUser = 200
/** When a notice without acknowledgement may be told again at the earliest, and must have been: looked for each second (L12). */
const againAfterMs = 10_000
const againMs = 12_000
/** So long that some are told again meanwhile, and none for the second time before all is counted. */
const silentSeconds = 13

/** The load of locallife: riders and merchants who acknowledge what they are told, then do not, then come back. */
export const notify: Scenario = {
  summary: '5,000 riders and merchants, 500 notices/s: acknowledged; not; then all reconnect',
  goals: {
    missed: { of: 'value', at: 'most', than: 0 },
    doubled: { of: 'value', at: 'most', than: 0 },
    'p99 ms': { of: 'value', at: 'most', than: 100 },
    'commits/notice': { of: 'value', at: 'most', than: 1.2 },
    'pending after': { of: 'value', at: 'most', than: 0 },
    'silent: missed': { of: 'value', at: 'most', than: 0 },
    'silent: doubled': { of: 'value', at: 'most', than: 0 },
    'silent: p99 ms': { of: 'value', at: 'most', than: 100 },
    'silent: not told again': { of: 'value', at: 'most', than: 0 },
    'silent: told too often': { of: 'value', at: 'most', than: 0 },
    'silent: told again p99 ms': { of: 'value', at: 'most', than: againMs },
    'silent: pending over bound': { of: 'value', at: 'most', than: 0 },
    'back: missed': { of: 'value', at: 'most', than: 0 },
    'back: pending after': { of: 'value', at: 'most', than: 0 },
  },
  async measure(stage) {
    const { target, wishes, say } = stage
    const users = wishes.connections ?? 5_000
    const poster = stage.poster(publishers)
    await target.notices.settle(poster, users)
    say(`${users} users`)
    const paths = Array.from({ length: users }, (_, user) => target.notices.path(user))
    const { crowd, gathering } = await stage.readers(paths, 'notices')
    const work = { stage, crowd, poster, users, rate: wishes.rate ?? 500 }
    const seconds = wishes.seconds ?? 10
    await publishing(work, (index) => anybody(index, users), Math.min(warmUpSeconds, seconds))
    await sleep(1_000)
    const measures = [{ name: 'users', value: gathering.ready }, ...(await heard(work, seconds))]
    if (!target.notices.keeps) return measures
    const { told, measures: unheard } = await silent(work, Math.min(seconds * 1.3, silentSeconds))
    return [...measures, ...unheard, ...(await back(work, told))]
  },
}

interface Work {
  readonly stage: Stage
  readonly crowd: Crowd
  readonly poster: Poster
  readonly users: number
  /** Notices a second. */
  readonly rate: number
}

/** Everybody acknowledges at once. */
async function heard(work: Work, seconds: number): Promise<Measure[]> {
  const { crowd, users, stage } = work
  const { target, say } = stage
  await crowd.begin()
  const before = await target.metrics()
  const server = watch(target)
  const highest = watchPending(target)
  const startedAt = clock.elapsed()
  const { counts, perSecond } = await publishing(work, (index) => anybody(index, users), seconds)
  const expected = sum(counts)
  const { frames, latencies } = await arrived(crowd, expected)
  const taken = clock.elapsed() - startedAt
  const [cpu, after] = [server.cpuMicros(), await target.metrics()]
  const atMost = highest()
  const pending = await recounted(target)
  const { repeats } = await crowd.harvest()
  const commits = after(commitCount) - before(commitCount)
  say(`${repeats.sent} acknowledgements`)
  return [
    { name: 'notices/s', value: perSecond },
    { name: 'deliveries', value: frames },
    { name: 'missed', value: expected - frames },
    { name: 'doubled', value: repeats.doubled + repeats.ages.count },
    ...spread('', { latencies }),
    { name: 'acknowledgements/s', value: (repeats.sent * 1000) / taken },
    { name: 'commits/s', value: (commits * 1000) / taken },
    { name: 'commits/notice', value: (commits * 1000) / taken / perSecond },
    { name: 'CPU us/delivery', value: cpu / frames },
    { name: 'pending at most', value: atMost },
    { name: 'pending after', value: pending },
  ]
}

/** Nobody acknowledges: what is new must come as before, what is old again, and no more is kept than is promised. */
async function silent(work: Work, seconds: number) {
  const { crowd, users, rate, stage } = work
  await crowd.acknowledge(false)
  await crowd.begin()
  const whom = (index: number) => mostlyFew(index, users, few)
  const startedAt = clock.elapsed()
  const { counts } = await publishing(work, whom, seconds)
  const expected = sum(counts)
  const { latencies, frames } = await arrived(crowd, expected)
  const pending = await recounted(stage.target)
  const taken = clock.elapsed() - startedAt
  const { repeats } = await crowd.harvest()
  const again = repeats.ages
  stage.say(`${again.count} told again`)
  const kept = counts.map((count) => Math.min(count, keptPerUser))
  /** Who got the notices that are `ms` old. */
  function olderThan(ms: number): readonly number[] {
    const length = Math.min(rate * seconds, (rate * (taken - ms)) / 1000)
    const indexes = Array.from({ length: Math.max(0, length) }, (_, index) => index)
    return indexes.flatMap((index) => readersOf(whom(index), users))
  }
  const least = olderThan(againMs).filter((user) => counts[user] === kept[user]).length
  const most = olderThan(againAfterMs).length
  const measures: Measure[] = [
    { name: 'silent: deliveries', value: frames },
    { name: 'silent: missed', value: expected - frames },
    { name: 'silent: doubled', value: repeats.doubled },
    ...spread('silent: ', { latencies }),
    { name: 'silent: told again', value: again.count },
    { name: 'silent: not told again', value: Math.max(0, least - again.count) },
    { name: 'silent: told too often', value: Math.max(0, again.count - most) },
    { name: 'silent: told again p99 ms', value: ageOf(again) },
    { name: 'silent: pending', value: pending },
    { name: 'silent: pending over bound', value: Math.max(0, pending - sum(kept)) },
  ]
  return { told: sum(kept), measures }
}

/** All are cut, come back and acknowledge what they are told of it: `told` notices in all. */
async function back({ crowd, stage }: Work, told: number): Promise<Measure[]> {
  const { target, say } = stage
  await crowd.cut()
  await crowd.acknowledge(true)
  await sleep(1_000)
  await crowd.begin()
  const before = await target.metrics()
  const startedAt = clock.elapsed()
  const { ready } = await crowd.reopen()
  const count = async () => (await crowd.harvest()).repeats.ages.count
  await until(async () => (await count()) >= told, patienceMs, 20)
  const taken = clock.elapsed() - startedAt
  const pending = await emptied(target)
  const after = await target.metrics()
  const { repeats } = await crowd.harvest()
  say(`${repeats.ages.count} replayed`)
  const commits = after(commitCount) - before(commitCount)
  return [
    { name: 'back: reconnected %', value: (100 * ready) / crowd.size },
    { name: 'back: missed', value: told - repeats.ages.count },
    { name: 'back: all told in ms', value: taken },
    { name: 'back: commits/acknowledgement', value: commits / repeats.sent },
    { name: 'back: pending after', value: pending },
  ]
}

/** Publishes at an even rate; tells how many notices each user is to get. */
async function publishing(
  { stage, poster, users, rate }: Work,
  whom: (index: number) => Address,
  seconds: number,
) {
  const { target, wishes } = stage
  const content = filling((wishes.bytes ?? 200) - envelopeBytes)
  const counts = new Array<number>(users).fill(0)
  const perSecond = await evenly({ rate, seconds }, (index) => {
    const to = whom(index)
    for (const user of readersOf(to, users)) counts[user]!++
    return send(poster, target, target.notices.request(to, stamped(wallMicros()), content))
  })
  return { counts, perSecond }
}

const commitCount = 'fanfare_store_commit_seconds_count'
const pendingGauge = 'fanfare_acks_pending'

/** The highest number of notices that wait, of what is seen each second until asked; NaN when it is not told. */
function watchPending(target: Target): () => number {
  let highest = NaN
  const look = (readings: Readings) => {
    const pending = readings(pendingGauge)
    highest = Number.isNaN(highest) ? pending : Math.max(highest, pending)
  }
  // A server that has ended fails the publishes: that is what should be told.
  const stop = clock.every(lookEveryMs, () => void target.metrics().then(look, () => {}))
  return () => {
    stop()
    return highest
  }
}

/** How many notices wait once they have been counted again; NaN when it is not told. */
async function recounted(target: Target): Promise<number> {
  if (Number.isNaN(await pendingOf(target))) return NaN
  await sleep(countLagMs)
  return pendingOf(target)
}

/** How many notices wait where some did: as soon as none does, else once they have been counted again. */
async function emptied(target: Target): Promise<number> {
  await until(async () => !((await pendingOf(target)) > 0), countLagMs, 100)
  return pendingOf(target)
}

async function pendingOf(target: Target): Promise<number> {
  return (await target.metrics())(pendingGauge)
}

function ageOf(ages: Latencies): number {
  return ages.count === 0 ? NaN : ages.percentile(0.99) / 1000
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0)
}
