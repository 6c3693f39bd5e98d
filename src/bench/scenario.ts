import { startCrowd, topicPaths, type Crowd, type Gathering, type Harvest } from './crowd.ts'
import type { Kind } from './opening.ts'
import { createPoster, type Poster } from './post.ts'
import { cpuMicros, rssBytes } from './process.ts'
import type { Goal, Measure } from './table.ts'
import type { Settings } from './gaming.ts'
import { filling, type Needs, type Starter, type Target } from './target.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** What can be asked of a scenario; undefined: its own default. */
export interface Wishes {
  readonly connections?: number
  readonly seconds?: number
  /** Bytes of a message as it reaches the clients, about. */
  readonly bytes?: number
  /** Messages a second, where the load is open. */
  readonly rate?: number
}

/** One load that both servers get, and what should come of it. */
export interface Scenario {
  readonly summary: string
  readonly goals: Readonly<Record<string, Goal>>
  /** Whether the server is to tell the prices of an exchange. */
  readonly needsExchange?: true
  /** Whether there is nothing to compare it with: only fanfare is measured, and not with `all`. */
  readonly alone?: true
  /** Whether it needs to start the server itself: one that runs already will not do. */
  readonly startsItself?: true
  /** What the server is to be started with beside the usual, by the names in the environment. */
  readonly settings?: Settings
  /** How the server is to play crash, where it is to. */
  game?(wishes: Wishes): Settings
  /** How often both servers are measured, in turn; once if it is not told. */
  readonly rounds?: number
  measure(stage: Stage): Promise<Measure[]>
}

/** What a scenario works with: one server, and clients that are gone when it is over. */
export interface Stage {
  readonly target: Target
  readonly wishes: Wishes
  /** From 0. */
  readonly round: number
  /** The exchange whose prices the server tells, where the scenario needs one. */
  readonly upstream: Upstream | null
  /** Opens connections to some topics, of users numbered from `firstUser`; throws when none gets through. */
  crowd(size: number, topics: number, firstUser?: number): Promise<Gathered>
  /** Opens connections with paths of their own, of which only players are greeted; throws when none gets through. */
  readers(paths: readonly string[], kind: Kind): Promise<Gathered>
  poster(lines: number): Poster
  /** Starts one more server of the kind, which the scenario ends; resolves when it answers /healthz. */
  another(needs?: Needs): Promise<Target>
  /** The filling of each message. */
  readonly filling: string
  /** Tells how the work goes. */
  say(what: string): void
  /** Keeps what was seen at a moment, for who asked for JSON. */
  keep(sample: Sample): void
}

/** Values by their names, as they were at a moment. */
export type Sample = Readonly<Record<string, number>>

/** Open connections, and how opening them went. */
export interface Gathered {
  readonly crowd: Crowd
  readonly gathering: Gathering
}

/** One of the rounds of a scenario; `say` gets how the work goes, `keep` what is seen meanwhile. */
export type Run = Pick<Stage, 'wishes' | 'round' | 'say' | 'keep'>

/** Starts a server, runs a scenario on it and ends it and its clients, whatever happens. */
export async function perform(
  scenario: Scenario,
  start: Starter,
  { wishes, round, say, keep }: Run,
): Promise<Measure[]> {
  const ends: (() => unknown)[] = []
  async function gathered(starting: Promise<Crowd>): Promise<Gathered> {
    const crowd = await starting
    ends.push(crowd.stop)
    const gathering = await crowd.open()
    if (gathering.ready === 0) throw new Error(refusedAll(gathering))
    return { crowd, gathering }
  }
  try {
    const upstream = scenario.needsExchange === true ? await startUpstream() : null
    if (upstream !== null) ends.push(upstream.stop)
    const target = await start({
      upstream: upstream?.url,
      game: scenario.game?.(wishes),
      settings: scenario.settings,
    })
    ends.push(target.stop)
    return await scenario.measure({
      target,
      wishes,
      round,
      upstream,
      keep,
      another: start,
      filling: filling(wishes.bytes ?? 200),
      say: (what) => say(`${target.name}: ${what}`),
      crowd: (...args) => gathered(startCrowd(target, topicPaths(target, ...args))),
      readers: (paths, kind) =>
        gathered(
          startCrowd({ ...target, greeting: target.greeting && kind === 'players' }, paths, kind),
        ),
      poster(lines) {
        const poster = createPoster(target.host, target.port, lines)
        ends.push(poster.close)
        return poster
      },
    })
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

function refusedAll({ failed }: Gathering): string {
  return `No connection was let in: ${JSON.stringify(failed)}`
}

/** CPU and memory of a server from now on; NaN when its process is not known. */
export function watch({ pid }: Target) {
  const cpuBefore = pid === null ? NaN : cpuMicros(pid)
  const rssBefore = pid === null ? NaN : rssBytes(pid)
  return {
    cpuMicros: () => (pid === null ? NaN : cpuMicros(pid) - cpuBefore),
    rssGrowth: () => (pid === null ? NaN : rssBytes(pid) - rssBefore),
  }
}

/** p50, p99 and the longest of latencies, in ms; names begin with `prefix`. */
export function spread(prefix: string, { latencies }: Pick<Harvest, 'latencies'>): Measure[] {
  return [
    { name: `${prefix}p50 ms`, value: latencies.percentile(0.5) / 1000 },
    { name: `${prefix}p99 ms`, value: latencies.percentile(0.99) / 1000 },
    { name: `${prefix}max ms`, value: latencies.max / 1000 },
  ]
}
