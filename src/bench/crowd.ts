import { constants, setPriority } from 'node:os'
import type { Received } from './client.ts'
import { createLatencies, type Latencies } from './latency.ts'
import type { Kind, Opened, Opening } from './opening.ts'
import type { Straggler } from './quotes.ts'
import type { Repeats } from './receipts.ts'
import { startRole, type Role } from './role.ts'
import type { Target } from './target.ts'
import { clock } from './time.ts'

/** How opening all connections went. */
export interface Gathering {
  readonly ready: number
  readonly failed: Readonly<Record<string, number>>
  readonly ms: number
  readonly handshakes: Latencies
}

/** What all connections received since `begin`. */
export interface Harvest {
  readonly frames: number
  /** Frames on the connections that got the fewest and the most. */
  readonly least: number
  readonly most: number
  readonly lost: number
  readonly latencies: Latencies
  readonly repeats: Repeated
  /** Prices that came again. */
  readonly doubled: number
  /** Who was made to stop reading, where prices are told; what they get counts nowhere else. */
  readonly stragglers: readonly Straggler[]
}

/** What came of acknowledging, on all connections. */
export interface Repeated {
  /** Acknowledgements sent. */
  readonly sent: number
  /** Notices that came again before they were acknowledged, by how long after their publish. */
  readonly ages: Latencies
  /** Notices that came again though they had been acknowledged. */
  readonly doubled: number
}

/** Many connections to one server, spread over processes. */
export interface Crowd {
  readonly size: number
  open(): Promise<Gathering>
  /** Opens the same connections again, with the tokens they had. */
  reopen(): Promise<Gathering>
  /** Ends all connections without a word. */
  cut(): Promise<void>
  /** Counts from nought; `heard` gets how many messages to all have reached all, after every `every` of them. */
  begin(every?: number, heard?: (messages: number) => void): Promise<void>
  /** Counts from nought, of prices only those told at `from` (µs) or later. */
  beginAt(from: number): Promise<void>
  harvest(): Promise<Harvest>
  /** Sends a command on each connection, again after each reply, for `ms`; `ms` in the answer is the true time. */
  repeat(payload: string, ms: number): Promise<Harvest & { readonly ms: number }>
  /** Makes the first `count` connections read nothing any more. */
  pause(count: number): Promise<void>
  resume(): Promise<void>
  /** Whether notices are acknowledged from now on; they are at first. */
  acknowledge(wanted: boolean): Promise<void>
  /** Has each of its processes carry out an order with the arguments for its connections, of which the first has the number `first` and the last the one before `end`. */
  order<Result>(order: string, argsOf: (first: number, end: number) => unknown): Promise<Result[]>
  /** Lets its processes wait while others need the processor: elsewhere clients have one of their own. */
  giveWay(): void
  /** How many connections are open. */
  alive(): Promise<number>
  stop(): Promise<void>
}

/** Under the 10,000 to 20,000 descriptors that systems allow a process. */
const perProcess = 8_000
/** Handshakes under way at once, in all. */
const handshakeWindow = 128

/** The paths of a crowd that listens to topics: connection i to topic i modulo `topics`. */
export function topicPaths(
  target: Target,
  size: number,
  topics: number,
  firstUser = 0,
): readonly string[] {
  return Array.from({ length: size }, (_, i) => target.path(firstUser + i, i % topics))
}

/** Starts the processes of a crowd, a connection for each path. */
export async function startCrowd(
  target: Pick<Target, 'host' | 'port' | 'greeting'>,
  paths: readonly string[],
  kind: Kind = 'messages',
): Promise<Crowd> {
  const size = paths.length
  const processes = Math.ceil(size / perProcess)
  const share = Math.ceil(size / processes)
  const roles = Array.from({ length: processes }, () => startRole('client'))
  const everyRole = <Result>(order: string, argsOf: (index: number) => unknown = () => undefined) =>
    Promise.all(roles.map((role, index) => role.ask<Result>(order, argsOf(index))))
  const opening = (index: number): Opening => ({
    host: target.host,
    port: target.port,
    paths: paths.slice(index * share, (index + 1) * share),
    greeting: target.greeting,
    window: Math.ceil(handshakeWindow / processes),
    kind,
  })
  return {
    size,
    open: () => gather(() => everyRole<Opened>('open', opening)),
    reopen: () => gather(() => everyRole<Opened>('reopen')),
    cut: async () => void (await everyRole('cut')),
    async begin(every, heard = () => {}) {
      hearAll(roles, heard)
      await everyRole('begin', () => ({ every: every ?? null }))
    },
    beginAt: async (from) => void (await everyRole('begin', () => ({ every: null, from }))),
    harvest: async () => join(await everyRole<Received>('received')),
    async repeat(payload, ms) {
      const parts = await everyRole<Received & { ms: number }>('repeat', () => ({ payload, ms }))
      return { ...join(parts), ms: Math.max(...parts.map((part) => part.ms)) }
    },
    pause: async (count) => void (await roles[0]!.ask('pause', { count })),
    resume: async () => void (await everyRole('resume')),
    acknowledge: async (wanted) => void (await everyRole('acknowledge', () => ({ wanted }))),
    order: (order, argsOf) =>
      everyRole(order, (index) => argsOf(index * share, Math.min(size, (index + 1) * share))),
    giveWay: () => roles.forEach(({ pid }) => setPriority(pid, constants.priority.PRIORITY_LOW)),
    alive: async () => (await everyRole<number>('alive')).reduce((sum, open) => sum + open, 0),
    stop: async () => void (await Promise.all(roles.map((role) => role.stop()))),
  }
}

/** Puts together what each process reports of its progress: the slowest counts. */
function hearAll(roles: readonly Role[], heard: (messages: number) => void): void {
  const counts = new Map(roles.map((role) => [role, 0]))
  for (const role of roles) {
    role.onNews((messages: number) => {
      counts.set(role, messages)
      heard(Math.min(...counts.values()))
    })
  }
}

async function gather(open: () => Promise<Opened[]>): Promise<Gathering> {
  const startedAt = clock.elapsed()
  const parts = await open()
  const handshakes = createLatencies()
  const failed: Record<string, number> = {}
  for (const part of parts) {
    handshakes.merge(part.handshakes)
    for (const [status, count] of Object.entries(part.failed)) {
      failed[status] = (failed[status] ?? 0) + count
    }
  }
  return { ready: handshakes.count, failed, ms: clock.elapsed() - startedAt, handshakes }
}

function join(parts: readonly Received[]): Harvest {
  const latencies = createLatencies()
  for (const part of parts) latencies.merge(part.latencies)
  const total = (of: (part: Received) => number) => parts.reduce((sum, part) => sum + of(part), 0)
  return {
    frames: total(({ frames }) => frames),
    lost: total(({ lost }) => lost),
    least: Math.min(...parts.map(({ least }) => least)),
    most: Math.max(...parts.map(({ most }) => most)),
    latencies,
    doubled: total(({ doubled }) => doubled),
    stragglers: parts.flatMap(({ stragglers }) => stragglers),
    repeats: joinRepeats(parts.map(({ repeats }) => repeats)),
  }
}

function joinRepeats(parts: readonly Repeats[]): Repeated {
  const ages = createLatencies()
  for (const part of parts) ages.merge(part.ages)
  const total = (of: (part: Repeats) => number) => parts.reduce((sum, part) => sum + of(part), 0)
  return { sent: total(({ sent }) => sent), ages, doubled: total(({ doubled }) => doubled) }
}
