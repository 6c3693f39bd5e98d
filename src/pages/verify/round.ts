import { answered } from '../common/answered.ts'
import type { Values } from './proof.ts'

/** As much of a round as its server tells. */
export interface Round {
  readonly roundId: string
  readonly status: 'running' | 'ended' | 'void'
  readonly crashPoint: number | null
  readonly hash: string | null
  readonly roundIndex: number | null
  readonly source?: 'chain' | 'scenario'
  readonly fairness?: {
    readonly commitment: string
    readonly rtpBps: number
    readonly cap: number
    readonly salt: string | null
  } | null
}

/** Nothing yet. */
export const empty: Values = {
  hash: '',
  salt: '',
  rtpBps: '',
  cap: '',
  point: '',
  before: '',
  commitment: '',
  index: '',
}

/** Asks the server of this page for a round and for the one before it; throws a message when there is none. */
export async function fetchRound(id: string): Promise<{ round: Round; before: string }> {
  const round = await get<Round>(`/api/crash/rounds/${encodeURIComponent(id)}`)
  const { rounds } = await get<{ rounds: readonly Round[] }>(
    `/api/crash/rounds?before=${encodeURIComponent(id)}&limit=100`,
  )
  const index = (round.roundIndex ?? 0) - 1
  const before = index > 0 ? rounds.find((one) => one.roundIndex === index) : undefined
  return { round, before: before?.hash ?? '' }
}

/** The newest rounds that are over, for whoever has no id at hand. */
export async function newest(): Promise<readonly Round[]> {
  const { rounds } = await get<{ rounds: readonly Round[] }>('/api/crash/rounds?limit=8')
  return rounds.filter(({ status, hash }) => status === 'ended' && hash !== null)
}

/** The values to check a round by. */
export function valuesOf({ hash, crashPoint, roundIndex, fairness }: Round, before = ''): Values {
  return {
    hash: hash ?? '',
    salt: fairness?.salt ?? '',
    rtpBps: String(fairness?.rtpBps ?? ''),
    cap: fairness?.cap.toFixed(2) ?? '',
    point: crashPoint?.toFixed(2) ?? '',
    commitment: fairness?.commitment ?? '',
    index: String(roundIndex ?? ''),
    before: before === '' && roundIndex === 1 ? (fairness?.commitment ?? '') : before,
  }
}

/** Reads a pasted answer of /api/crash/rounds/ID; null when it is none. */
export function parseRound(text: string): Round | null {
  try {
    const round = JSON.parse(text) as Round
    return typeof round === 'object' && round !== null && 'hash' in round ? round : null
  } catch {
    return null
  }
}

async function get<Answer>(path: string): Promise<Answer> {
  return answered<Answer>(await fetch(path))
}
