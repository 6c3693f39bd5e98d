import type { Clock, Stop } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import type { Chain, Chains, Terms } from './chains.ts'
import type { SaltSource } from './salt-source.ts'

/** What keeps chains ready. */
export interface SaltingParts {
  readonly chains: Chains
  /** What new chains are promised with; the source adds where their salt comes from. */
  readonly terms: Omit<Terms, 'saltSource'>
  /** How many rounds a new chain has. */
  readonly length: number
  readonly source: SaltSource
  readonly clock: Clock
  readonly log: Log
  /** Gets how many rounds are left. */
  readonly metrics?: Metrics
}

/** Keeps a chain ready that has a salt and hashes left: commits the next one in time and has it salted. */
export interface Salting {
  /** The chain to play, null when there is none. */
  playable(): Chain | null
  /** All chains, newest first, as of a second ago, with every hash that was used. */
  known(): readonly Chain[]
  /** A round has burned the hash of a chain at an index. */
  used(chain: number, index: number): void
  /** Why there is nothing to play, null when there is. */
  idle(): string | null
  /** Looks once, then goes on by itself; a chain that has to be made first comes later. */
  start(): Promise<void>
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>
}

const lookMs = 1_000
/** Share of a chain after which the next one is committed. */
const worn = 0.9
const firstRetryMs = 1_000
const longestRetryMs = 30_000

/** Makes it; a chain that "fanfare crash chain" makes or salts beside the server is noticed within a second. */
export function createSalting({ chains, ...parts }: SaltingParts): Salting {
  const { terms, length, source, clock, log } = parts
  let known: readonly Chain[] = []
  let trouble: string | null = null
  let retryAt = 0
  let retryMs = firstRetryMs
  let working: Promise<void> | null = null
  let stopLooking: Stop = () => {}
  let stopped = false

  const fits = (chain: Chain) => matches(chain, terms, source.kind)
  const playable = () => pick(known.filter(fits)) ?? pick(known)
  /** The newest one that can still be salted as configured. */
  const waiting = () => known.find((chain) => chain.salt === null && fits(chain)) ?? null

  function keep(chain: Chain): void {
    const others = known.filter(({ id }) => id !== chain.id)
    known = [chain, ...others].sort((a, b) => b.id - a.id)
  }

  async function look(): Promise<void> {
    const before = new Map(known.map(({ id, position }) => [id, position]))
    const found = await chains.list()
    // What the game has used since the question was asked is not in the answer.
    known = found.map((chain) => {
      const position = Math.max(chain.position, before.get(chain.id) ?? 0)
      return { ...chain, position }
    })
  }

  async function commit(): Promise<void> {
    const saltSource = await source.promise()
    if (stopped) return
    const chain = await chains.commit({ ...terms, saltSource }, length, clock.now())
    keep(chain)
    log.info('chain committed', { chain: chain.id, commitment: chain.h0, rounds: chain.length })
  }

  async function salt(chain: Chain): Promise<void> {
    const value = await source.saltOf(chain)
    if (value === null || stopped) return
    keep(await chains.salt(chain.id, value, clock.now()))
    log.info('chain salted', { chain: chain.id, salt: value, source: chain.saltSource })
  }

  async function work(): Promise<void> {
    try {
      await look()
      if (stopped || clock.elapsed() < retryAt) return
      if (known.filter(fits).every(isWorn)) await commit()
      const next = waiting()
      if (next !== null && !stopped) await salt(next)
      trouble = null
      retryMs = firstRetryMs
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (reason !== trouble) log.warn('no next chain yet', { reason })
      trouble = reason
      retryAt = clock.elapsed() + retryMs
      retryMs = Math.min(2 * retryMs, longestRetryMs)
    }
  }

  function begin(): void {
    working ??= work().finally(() => (working = null))
  }

  parts.metrics?.collect(
    'crash_chain_rounds_left',
    'gauge',
    'Rounds that can be played before a further chain has to be salted',
    [],
    () => [[[], roundsLeft(known)]],
  )
  return {
    playable,
    known: () => known,
    used(id, index) {
      known = known.map((chain) =>
        chain.id === id && index > chain.position ? { ...chain, position: index } : chain,
      )
    },
    idle() {
      if (playable() !== null) return null
      const next = waiting()
      return trouble ?? (next === null ? 'No chain is committed yet' : source.waiting(next))
    },
    async start() {
      await look()
      stopLooking = clock.every(lookMs, begin)
      begin()
    },
    async stop() {
      stopped = true
      stopLooking()
      await working
    },
  }
}

/** Whether a chain is to be played and was promised with what is configured now. */
function matches(chain: Chain, terms: Omit<Terms, 'saltSource'>, kind: string): boolean {
  const { rtpBps, curve, cap, saltSource, leftAt } = chain
  const [of] = saltSource.split(':')
  if (leftAt !== null) return false
  return of === kind && rtpBps === terms.rtpBps && curve === terms.curve && cap === terms.cap
}

function roundsLeft(chains: readonly Chain[]): number {
  const salted = chains.filter(({ salt, leftAt }) => salt !== null && leftAt === null)
  return salted.reduce((sum, { length, position }) => sum + length - position, 0)
}

function isWorn({ salt, position, length }: Chain): boolean {
  return salt !== null && position >= worn * length
}

/** The newest chain that can be played; but one that is nearly used up is played to its end first, so that no hash is left out at anybody's will. */
function pick(chains: readonly Chain[]): Chain | null {
  const ready = chains.filter(
    ({ salt, position, length, leftAt }) => salt !== null && position < length && leftAt === null,
  )
  return ready.findLast(isWorn) ?? ready[0] ?? null
}
