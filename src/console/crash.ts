import { Refusal } from '../core/errors.ts'
import type { AuditState, CrashFigures, CrashGlance } from '../pages/console/reports.ts'
import type { System } from '../system.ts'
import type { Books, ConsoleParts } from './parts.ts'

/** The round that runs, and what the chain in play promises to pay back; null where crash does not run. */
export function glanceOf(
  systems: readonly Pick<System, 'name' | 'glance'>[],
): { readonly glance: CrashGlance; readonly promised: number | null } | null {
  const system = systems.find(({ name }) => name === 'crash')
  if (system?.glance === undefined) return null
  const { promised, ...glance } = system.glance() as CrashGlance & {
    readonly promised: number | null
  }
  return { glance, promised }
}

/** What crash shows and lets do. */
export interface CrashDesk {
  /** Over the newest `rounds` rounds that ended and had stakes, of the newest 100,000. Refuses NOT_FOUND where crash does not run. */
  figures(rounds: number): Promise<CrashFigures>
  audit(): AuditState
  /** Begins an audit for somebody; refuses CONFLICT while one runs. */
  begin(by: string): AuditState
  /** Gives up the audit that runs. */
  end(): void
}

const faultsShown = 100
const pageRounds = 1_000
/** Where nobody bets for months, a question must not read them all. */
const mostPages = 100

/** Nobody has audited yet. */
export function createCrashDesk({ systems, books, clock, log }: ConsoleParts): CrashDesk {
  let state: AuditState = { state: 'never' }
  let stop = () => {}

  function mine(): Books {
    if (books === null) throw new Refusal('NOT_FOUND', 'No system "crash" runs here')
    return books
  }
  async function follow(begun: Extract<AuditState, { state: 'running' }>, books: Books) {
    const audit = books.audit()
    stop = audit.end
    const { startedAt, by } = begun
    try {
      const { faults, ...extent } = await audit.found
      const endedAt = clock.now()
      const ok = faults.length === 0
      const shown = { faults: faults.slice(0, faultsShown), faultCount: faults.length }
      state = { state: 'done', startedAt, endedAt, by, ok, ...extent, ...shown }
      if (!ok) log.warn('audit found faults', { system: 'crash', faults: faults.length })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      state = { state: 'failed', startedAt, endedAt: clock.now(), by, reason }
      log.warn('audit failed', { system: 'crash', reason })
    }
  }

  return {
    async figures(rounds) {
      const books = mine()
      const { glance, promised } = glanceOf(systems)!
      return { glance, promised, ...paidBack(await newest(books, rounds)) }
    },
    audit() {
      mine()
      return state
    },
    begin(by) {
      const books = mine()
      if (state.state === 'running') throw new Refusal('CONFLICT', 'An audit runs already')
      const begun = { state: 'running', startedAt: clock.now(), by } as const
      state = begun
      void follow(begun, books)
      return begun
    },
    end: () => stop(),
  }
}

interface Sums {
  readonly staked: number
  readonly paid: number
}

/** The newest rounds that ended with stakes; a page after another, so that nobody else waits long. */
async function newest(books: Books, most: number): Promise<readonly Sums[]> {
  const found: Sums[] = []
  let before: number | null = null
  for (let pages = 0; pages < mostPages; pages++) {
    const page = await books.rounds(before, pageRounds)
    for (const { status, staked, paid } of page) {
      if (status === 'ended' && staked > 0 && found.length < most) found.push({ staked, paid })
    }
    const last = page.at(-1)
    if (last === undefined || page.length < pageRounds || found.length >= most) break
    before = last.round
  }
  return found
}

/** What was paid by what was staked, with the 95 % interval of that ratio (by the spread of the rounds around it). */
export function paidBack(
  rounds: readonly Sums[],
): Pick<CrashFigures, 'rounds' | 'staked' | 'paid' | 'rtp' | 'interval'> {
  const count = rounds.length
  const staked = rounds.reduce((sum, round) => sum + round.staked, 0)
  const paid = rounds.reduce((sum, round) => sum + round.paid, 0)
  if (staked === 0) return { rounds: count, staked, paid, rtp: null, interval: null }
  const rtp = paid / staked
  if (count < 2) return { rounds: count, staked, paid, rtp, interval: null }
  const squares = rounds.reduce((sum, one) => sum + (one.paid - rtp * one.staked) ** 2, 0)
  const reach = (1.96 * Math.sqrt((count / (count - 1)) * squares)) / staked
  return { rounds: count, staked, paid, rtp, interval: [Math.max(0, rtp - reach), rtp + reach] }
}
