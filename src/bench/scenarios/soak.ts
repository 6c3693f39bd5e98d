import { crashLoad } from '../loads/crash.ts'
import { dcsLoad } from '../loads/dcs.ts'
import { jiveLoad } from '../loads/jive.ts'
import { together, type Load, type Turn } from '../loads/load.ts'
import { locallifeLoad } from '../loads/locallife.ts'
import { pledgeLoad } from '../loads/pledge.ts'
import { lookLine, startLooking, type Look } from '../looking.ts'
import { spread, type Scenario, type Stage } from '../scenario.ts'
import { median, quarters, slope } from '../series.ts'
import { missedGoals, type Goal, type Measure } from '../table.ts'
import { clock, until } from '../time.ts'

const usualSeconds = 3_600
const usualConnections = 5_000
/** Messages of jive a second; the other systems get theirs in proportion. */
const usualRate = 100
const turnSeconds = 8
/** The start of a run, while caches and compilers still fill memory. */
const warmUpShare = 0.2
const settleMs = 5_000
const secondsPerHour = 3_600

const none: Goal = { of: 'value', at: 'most', than: 0 }
const goals: Readonly<Record<string, Goal>> = {
  missed: none,
  doubled: none,
  failed: none,
  'faults logged': none,
  'RSS MB/h': { of: 'value', at: 'most', than: 20 },
  // Publishers keep up to 48 connections open, as many as the machine makes them need.
  'descriptors, last - first quarter': { of: 'value', at: 'most', than: 50 },
  'descriptors left': { of: 'value', at: 'most', than: 2 },
  'threads, last - first quarter': { of: 'value', at: 'most', than: 4 },
  'WAL MB at most': { of: 'value', at: 'most', than: 64 },
  'p99, last / first quarter': { of: 'value', at: 'most', than: 1.5 },
  'audit: exit code': none,
}
const verdict = 'verdict: goals missed'

/** All five systems in one server for hours, clients coming and going: what grows that should not? */
export const soak: Scenario = {
  summary: 'an hour of all systems, 5,000 connections come and go: what grows, what is lost?',
  startsItself: true,
  alone: true,
  needsExchange: true,
  goals: { ...goals, [verdict]: none },
  settings: {
    FANFARE_CRASH_SALT_SOURCE: 'local',
    FANFARE_CRASH_BETTING: '2s',
    FANFARE_CRASH_WAITING: '1s',
    FANFARE_CRASH_CURVE: 'exp:0.0005',
    FANFARE_CRASH_MAX_MULTIPLIER: '50.00',
    // So short that chains end, and others begin, while it runs.
    FANFARE_CRASH_CHAIN_LENGTH: '100',
    FANFARE_CRASH_RATES: 'bet=1000000 cash_out=1000000 state=1000000 other=1000000',
  },
  async measure(stage) {
    const look = startLooking(stage.target)
    const base = await look(null)
    const loads = await startLoads(stage)
    const { looks, turns } = await rounds(stage, loads, look)
    for (const load of loads) await load.stop()
    const empty = async () => (await look(null)).descriptors <= base.descriptors
    await until(empty, settleMs, 100)
    const end = await look(null)
    const exitCode = await stage.target.gaming.audit()
    const measures = [
      ...lossesOf(turns, end),
      ...growthOf(looks),
      { name: 'descriptors left', value: end.descriptors - base.descriptors },
      { name: 'RSS MB, all gone', value: end.rssMB },
      { name: 'audit: exit code', value: exitCode },
    ]
    return [...measures, { name: verdict, value: missedGoals(measures, goals) }]
  },
}

async function startLoads(stage: Stage): Promise<Load[]> {
  const connections = stage.wishes.connections ?? usualConnections
  const rate = stage.wishes.rate ?? usualRate
  const share = (part: number) => Math.max(2, Math.round(connections * part))
  const loads = [
    await jiveLoad(stage, share(0.5), rate),
    await locallifeLoad(stage, share(0.2), rate / 2),
    await dcsLoad(stage, share(0.05), rate / 5),
    await pledgeLoad(stage, share(0.15), Math.max(1, rate / 20)),
    await crashLoad(stage, share(0.1), rate),
  ]
  stage.say(`${connections} connections to ${loads.map(({ system }) => system).join(', ')}`)
  return loads
}

/** Turn after turn until time is up, with a look at the end of each. */
async function rounds(stage: Stage, loads: readonly Load[], look: ReturnType<typeof startLooking>) {
  const seconds = stage.wishes.seconds ?? usualSeconds
  const end = clock.elapsed() + seconds * 1000
  const looks: Look[] = []
  const turns: Turn[] = []
  while (turns.length === 0 || clock.elapsed() < end) {
    const length = Math.min(turnSeconds, seconds / 4)
    const turn = together(await Promise.all(loads.map((load) => load.turn(length))))
    turns.push(turn)
    const seen = await look(turn)
    looks.push(seen)
    stage.keep({ ...seen, missed: turn.missed, doubled: turn.doubled, failed: turn.failed })
    stage.say(`${lookLine(seen)}${troubleOf(turn)}`)
  }
  return { looks, turns }
}

function troubleOf({ missed, doubled, failed }: Turn): string {
  if (missed + doubled + failed === 0) return ''
  return `  MISSED ${missed}, doubled ${doubled}, failed ${failed}`
}

function lossesOf(turns: readonly Turn[], end: Look): Measure[] {
  const all = together(turns)
  return [
    { name: 'messages', value: all.messages },
    { name: 'deliveries', value: all.deliveries },
    { name: 'missed', value: all.missed },
    { name: 'doubled', value: all.doubled },
    { name: 'failed', value: all.failed },
    { name: 'faults logged', value: end.faults },
    ...spread('', all),
  ]
}

/** What grows, by the looks after the warm-up. */
function growthOf(looks: readonly Look[]): Measure[] {
  const warm = looks.slice(Math.floor(looks.length * warmUpShare))
  const [first, last] = quarters(warm)
  const middle = (of: (look: Look) => number, among: readonly Look[]) => median(among.map(of))
  const perHour = (of: (look: Look) => number) =>
    slope(warm.map((look) => [look.seconds / secondsPerHour, of(look)]))
  const most = (of: (look: Look) => number) => Math.max(...looks.map(of))
  const gained = (of: (look: Look) => number) => of(warm.at(-1)!) - of(warm[0]!)
  const rss = ({ rssMB }: Look) => rssMB
  const descriptors = (look: Look) => look.descriptors
  const threads = (look: Look) => look.threads
  const p99 = (look: Look) => look.p99
  return [
    { name: 'minutes', value: looks.at(-1)!.seconds / 60 },
    { name: 'connections', value: most(({ connections }) => connections) },
    { name: 'RSS MB, first quarter', value: middle(rss, first) },
    { name: 'RSS MB, last quarter', value: middle(rss, last) },
    { name: 'RSS MB/h', value: perHour(rss) },
    { name: 'heap MB/h', value: perHour(({ heapMB }) => heapMB) },
    {
      name: 'descriptors, last - first quarter',
      value: middle(descriptors, last) - middle(descriptors, first),
    },
    {
      name: 'threads, last - first quarter',
      value: middle(threads, last) - middle(threads, first),
    },
    { name: 'WAL MB at most', value: most(({ logMB, crashLogMB }) => logMB + crashLogMB) },
    {
      name: 'MB / 1,000 messages',
      value: (gained(({ databaseMB }) => databaseMB) * 1000) / gained(({ recorded }) => recorded),
    },
    {
      name: 'crash: KB / bet',
      value: (gained((look) => look.crashDatabaseMB) * 1024) / gained(({ bets }) => bets),
    },
    { name: 'p99 ms, first quarter', value: middle(p99, first) },
    { name: 'p99, last / first quarter', value: middle(p99, last) / middle(p99, first) },
  ]
}
