import { Argument, Command, Option } from 'commander'
import { bareRole } from '../bench/bare.ts'
import { startBare } from '../bench/bare-target.ts'
import { clientRole } from '../bench/client.ts'
import { exchangeRole } from '../bench/exchange.ts'
import { fanfareTarget, startFanfare } from '../bench/fanfare-target.ts'
import type { RoleName } from '../bench/role.ts'
import { overRounds } from '../bench/rounds.ts'
import { perform, type Sample, type Scenario, type Wishes } from '../bench/scenario.ts'
import { scenarios, type ScenarioName } from '../bench/scenarios.ts'
import { compare, table, type Measure, type Row } from '../bench/table.ts'
import type { Starter, Target } from '../bench/target.ts'
import { Failure } from './failure.ts'

interface Options {
  readonly json?: boolean
  readonly only?: Target['name']
  readonly url?: string
  readonly key?: string
  readonly secret?: string
  readonly pid?: number
  readonly connections?: number
  readonly seconds?: number
  readonly bytes?: number
  readonly rate?: number
  readonly rounds?: number
  readonly minutes?: number
}

/** What a scenario came to, as `--json` prints it. */
interface Result {
  readonly scenario: string
  readonly rows: readonly Row[]
  /** What was seen meanwhile, where the scenario looks now and then. */
  readonly samples?: readonly Sample[]
}

const names = Object.keys(scenarios) as ScenarioName[]
/** Those that a bare server can be put beside. */
const compared = names.filter((name) => !('alone' in scenarios[name]))

/** `fanfare bench SCENARIO`: measures a server beside a bare Bun.serve under the same load. */
export function benchCommand(): Command {
  const summaries = names.map((name) => `  ${name.padEnd(10)} ${scenarios[name].summary}`)
  return new Command('bench')
    .description('Measure the server beside a bare one under the same load')
    .addArgument(new Argument('<scenario>', 'what to measure').choices([...names, 'all']))
    .option('--json', 'print JSON')
    .addOption(new Option('--only <server>', 'measure one of the two').choices(['bare', 'fanfare']))
    .option('--connections <n>', 'connections, or publishing clients', whole)
    .option('--seconds <s>', 'length of each load', positive)
    .option('--minutes <m>', 'the same in minutes, for a soak', positive)
    .option('--bytes <n>', 'size of a message', whole)
    .option('--rate <n>', 'messages a second, where the load has a rate', positive)
    .option('--rounds <n>', 'measure both servers in turn so often', whole)
    .option('--url <url>', 'a server that runs already; else one is started')
    .option('--key <key>', 'its server key')
    .option('--secret <secret>', 'the HS256 secret of its tokens')
    .option('--pid <pid>', 'its process, for CPU and memory', whole)
    .addHelpText(
      'after',
      `\nScenarios:\n${summaries.join('\n')}\n\nExample:\n  fanfare bench fanout --connections 10000`,
    )
    .addCommand(workerCommand(), { hidden: true })
    .action(bench)
}

const roles: Record<RoleName, () => void> = {
  client: clientRole,
  bare: bareRole,
  exchange: exchangeRole,
}

/** The processes that the bench starts of itself. */
function workerCommand(): Command {
  return new Command('worker')
    .addArgument(new Argument('<role>').choices(Object.keys(roles)))
    .action((role: RoleName) => roles[role]())
}

async function bench(wanted: ScenarioName | 'all', options: Options): Promise<void> {
  // Leaving through exit ends what was started.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
  const results: Result[] = []
  for (const name of wanted === 'all' ? compared : [wanted]) {
    const result: Result = { scenario: name, ...(await measure(name, options)) }
    results.push(result)
    if (options.json !== true) console.log(`${table(name, result.rows)}\n`)
  }
  if (options.json === true) console.log(JSON.stringify(wanted === 'all' ? results : results[0]))
}

/** Both servers in turn, so that each has the machine for itself. */
async function measure(name: ScenarioName, options: Options): Promise<Omit<Result, 'scenario'>> {
  const scenario: Scenario = scenarios[name]
  const { minutes } = options
  const wishes: Wishes = { ...options, ...(minutes !== undefined && { seconds: minutes * 60 }) }
  const samples: Sample[] = []
  const keep = (sample: Sample) => void samples.push(sample)
  const say = (what: string) => console.error(what)
  const starters = { bare: startBare, fanfare: starterOf(name, options) }
  const measured: Record<Target['name'], Measure[][]> = { bare: [], fanfare: [] }
  for (let round = 0; round < (options.rounds ?? scenario.rounds ?? 1); round++) {
    for (const server of ['bare', 'fanfare'] as const) {
      const only = scenario.alone === true ? 'fanfare' : options.only
      if (only !== undefined && only !== server) continue
      const run = { wishes, round, say, keep }
      measured[server].push(await perform(scenario, starters[server], run))
    }
  }
  const rows = compare(overRounds(measured.bare), overRounds(measured.fanfare), scenario.goals)
  return samples.length === 0 ? { rows } : { rows, samples }
}

function starterOf(name: ScenarioName, { url, key, secret, pid }: Options): Starter {
  if (url === undefined) return startFanfare
  if ('startsItself' in scenarios[name]) {
    throw new Failure(2, `The scenario "${name}" needs to start the server itself`)
  }
  if (key === undefined || secret === undefined) {
    throw new Failure(2, 'With --url the server key (--key) and the secret (--secret) are needed')
  }
  return async () => fanfareTarget({ url: new URL(url), key, secret, pid: pid ?? null })
}

function positive(text: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new Failure(2, `Expected a number above 0, got "${text}"`)
}

function whole(text: string): number {
  const value = positive(text)
  if (Number.isSafeInteger(value)) return value
  throw new Failure(2, `Expected a whole number, got "${text}"`)
}
