import { ask, heardOf, refusals, watchFlight, type Answers, type Heard } from '../answers.ts'
import type { Crowd } from '../crowd.ts'
import type { Settings } from '../gaming.ts'
import { growth, multiplierAt } from '../play.ts'
import { spread, watch, type Scenario, type Stage, type Wishes } from '../scenario.ts'
import type { Measure } from '../table.ts'
import { clock, sleep, until } from '../time.ts'
import { flightCourse, openBets, pingCourse, targetedBets } from '../wagers.ts'
import { bets } from './bets.ts'

const tickMs = 50
const ticksPerSecond = 1000 / tickMs
/** The kernel acknowledges the first 16 frames after a pause one by one, and compilers have work. */
const warmUpSeconds = 1.5
/** From the last multiplier that counts to the crash. */
const restSeconds = 1
const usualSeconds = 10
/** By then whatever was under way has come. */
const arrivalMs = 500
/** One player in so many sends requests in flight; their process hears less, so that answers do not wait for it. */
const callerEvery = 10
/** For each request in flight so many changes are told, and so many bets reach their targets: the requests cause the rest. */
const changesPerRequest = 0.8
const targetsPerRequest = 0.6
const betsPerSecond = 2_000
/** As many as the game tells in a second: bets are told about for so long. */
const changesPerSecond = 400
const patienceMs = 20_000
const usualPlayers = 5_000
/** The same of fanfare, beside less and more of bare. */
const aloneName = 'CPU %, bare: multipliers alone'
const allToldName = 'CPU %, bare: changes and echoes too'

/** The load of crash: a round with bets in flight beside bare multipliers (F2), then money as fast as it goes (F8). */
export const crash: Scenario = {
  summary: '5,000 players in flight: 20 frames, 500 commands, 400 changes/s; then 1,000 bet',
  startsItself: true,
  rounds: 3,
  goals: {
    'frames/s off 20': { of: 'value', at: 'most', than: 0.1 },
    missed: { of: 'value', at: 'most', than: 0 },
    [aloneName]: { of: 'ratio', at: 'most', than: 1.15 },
    'command p99 ms': { of: 'value', at: 'most', than: 10 },
    'changes missed': { of: 'value', at: 'most', than: 0 },
    'bets: commands/s': { of: 'value', at: 'least', than: 40_000 },
    'bets: refused or unanswered': { of: 'value', at: 'most', than: 0 },
    'audit: exit code': { of: 'value', at: 'most', than: 0 },
    'bets: audit: exit code': { of: 'value', at: 'most', than: 0 },
  },
  game: gameFor,
  async measure(stage) {
    const players = stage.wishes.connections ?? usualPlayers
    const callers = Math.ceil(players / callerEvery)
    const watchers = await come(stage, callers, players)
    const table: Table = { watchers, callers: await come(stage, 0, callers) }
    // Whose answers are measured must not wait for those who only listen.
    watchers.giveWay()
    const measures = stage.target.gaming.plays
      ? await played(stage, table)
      : await ticked(stage, table)
    const stay = [{ name: 'connections', value: players }, ...measures]
    return stage.round === 0 && stage.target.gaming.plays ? [...stay, ...(await bets(stage))] : stay
  },
}

/** Those who listen only, and those who ask as well. */
interface Table {
  readonly watchers: Crowd
  readonly callers: Crowd
}

/** Time for all to come and bet and for that to be told; then one flight that is long enough. */
function gameFor(wishes: Wishes): Settings {
  const players = wishes.connections ?? usualPlayers
  const flightMs = (warmUpSeconds + (wishes.seconds ?? usualSeconds) + restSeconds) * 1000
  const bettingMs = 2_000 + players + (players * 1000) / changesPerSecond
  return {
    SCENARIO: `fixed:${multiplierAt(flightMs).toFixed(2)}`,
    CURVE: `exp:${growth}`,
    BETTING: `${Math.ceil(bettingMs)}ms`,
    WAITING: '20s',
    TICK: `${tickMs}ms`,
    CHAIN_LENGTH: '1000',
  }
}

async function come({ target, readers }: Stage, first: number, end: number): Promise<Crowd> {
  const paths = Array.from({ length: end - first }, (_, at) => target.gaming.path(first + at))
  return (await readers(paths, 'players')).crowd
}

/** Bare tells multipliers and nothing else; then what fanfare tells, and echoes requests. */
async function ticked(stage: Stage, table: Table): Promise<Measure[]> {
  const { gaming } = stage.target
  const seconds = stage.wishes.seconds ?? usualSeconds
  const flight = { rate: ticksPerSecond, seconds: warmUpSeconds + seconds + restSeconds }
  const alone = await flightOf(stage, table, [], gaming.fly({ ...flight, changes: 0 }))
  await sleep(1_000)
  const course = pingCourse(table.callers.size, requestsIn(stage))
  const changes = rateOf(stage) * changesPerRequest
  const all = await flightOf(stage, table, course, gaming.fly({ ...flight, changes }))
  return [
    ...flightMeasures(alone, table),
    { name: allToldName, value: cpuPercent(all) },
    { name: 'changes/s', value: all.changesPerSecond },
    ...answerMeasures(stage, all),
  ]
}

/** A round: all bet, some ask in flight, targets are reached, the crash comes; then the money is audited. */
async function played(stage: Stage, table: Table): Promise<Measure[]> {
  const { watchers, callers } = table
  const rate = rateOf(stage)
  const placed = await Promise.all([
    ask(watchers, targetedBets(watchers.size, rate * targetsPerRequest), betsPerSecond),
    ask(callers, openBets(callers.size), betsPerSecond),
  ])
  for (const answers of placed) refusals(answers)
  stage.say(`${watchers.size + callers.size} players have bet`)
  await watchFlight([callers], { from: 0, to: Infinity, tick: tickMs })
  const flies = async () => (await heardOf([callers])).ticks > 0
  if (!(await until(flies, patienceMs + watchers.size * 10, 20))) throw new Error('No round flew')
  const flight = await flightOf(stage, table, flightCourse(callers.size, requestsIn(stage)))
  await sleep((restSeconds + 1) * 1000)
  const after = await heardOf([watchers, callers])
  const lost = watchers.size + callers.size - (await watchers.alive()) - (await callers.alive())
  await Promise.all([watchers.stop(), callers.stop()])
  return [
    ...flightMeasures(flight, table),
    { name: allToldName, value: cpuPercent(flight) },
    { name: 'changes/s', value: flight.changesPerSecond },
    { name: 'changes missed', value: after.mostChanges - after.leastChanges, over: 'sum' },
    ...answerMeasures(stage, flight),
    { name: 'connections lost', value: lost, over: 'sum' },
    { name: 'audit: exit code', value: await stage.target.gaming.audit(), over: 'sum' },
  ]
}

interface Flight {
  readonly heard: Heard
  readonly cpuMicros: number
  readonly ms: number
  readonly changesPerSecond: number
  readonly answers: Answers | null
}

/** What is heard and what it costs, from some time after now on; requests begin at once. */
async function flightOf(
  stage: Stage,
  { watchers, callers }: Table,
  course: ReturnType<typeof flightCourse>,
  flying: Promise<void> | null = null,
): Promise<Flight> {
  const crowds = [watchers, callers]
  const ms = (stage.wishes.seconds ?? usualSeconds) * 1000
  const from = clock.now() + warmUpSeconds * 1000
  await watchFlight(crowds, { from, to: from + ms, tick: tickMs })
  const asking = course.length > 0 ? ask(callers, course, rateOf(stage), from * 1000) : null
  await sleep(from - clock.now())
  const server = watch(stage.target)
  const before = await heardOf(crowds)
  await sleep(from + ms - clock.now())
  const cpuMicros = server.cpuMicros()
  const after = await heardOf(crowds)
  const answers = await asking
  await flying
  const changes = (after.changes - before.changes) / (watchers.size + callers.size)
  await sleep(arrivalMs)
  const heard = await heardOf(crowds)
  return { heard, cpuMicros, ms, changesPerSecond: (changes * 1000) / ms, answers }
}

function flightMeasures(flight: Flight, { watchers, callers }: Table): Measure[] {
  const { heard } = flight
  const { least, most, firstAt, lastAt, ticks, missed } = heard
  const perSecond = ((least - 1) * 1000) / (lastAt - firstAt)
  return [
    { name: 'frames/s, on the least', value: perSecond },
    { name: 'frames/s off 20', value: Math.abs(perSecond - ticksPerSecond) },
    {
      name: 'missed',
      value: missed + most * (watchers.size + callers.size) - ticks,
      over: 'sum',
    },
    ...spread('', heard),
    { name: aloneName, value: cpuPercent(flight) },
  ]
}

function cpuPercent({ cpuMicros, ms }: Flight): number {
  return cpuMicros / ms / 10
}

function answerMeasures(stage: Stage, { answers }: Flight): Measure[] {
  if (answers === null) return []
  const refused = refusals(answers)
  if (refused > 0) stage.say(`refused: ${JSON.stringify(answers.refused)}`)
  return [
    {
      name: 'commands/s',
      value: (answers.answered * 1000) / ((stage.wishes.seconds ?? usualSeconds) * 1000),
    },
    { name: 'commands refused', value: refused, over: 'sum' },
    { name: 'commands unanswered', value: answers.unanswered, over: 'sum' },
    ...spread('command ', answers),
  ]
}

function rateOf({ wishes }: Stage): number {
  return wishes.rate ?? 500
}

function requestsIn(stage: Stage): number {
  return Math.floor(rateOf(stage) * (warmUpSeconds + (stage.wishes.seconds ?? usualSeconds)))
}
