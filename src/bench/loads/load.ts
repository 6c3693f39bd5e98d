import type { Crowd, Harvest } from '../crowd.ts'
import { createLatencies, type Latencies } from '../latency.ts'
import { until } from '../time.ts'

/** A load on one system that can go on for ever: clients that come and go, and what they are told. */
export interface Load {
  readonly system: string
  /** One turn of `seconds`: some or all leave and come back, and are told things; ends when everything has come or nothing more does. */
  turn(seconds: number): Promise<Turn>
  /** Ends its clients. */
  stop(): Promise<void>
}

/** What came of a turn of a load. */
export interface Turn {
  /** What was published or asked. */
  readonly messages: number
  /** What reached clients, answers included. */
  readonly deliveries: number
  readonly missed: number
  readonly doubled: number
  /** Handshakes refused, connections lost, requests refused or unanswered. */
  readonly failed: number
  /** From the call to each delivery. */
  readonly latencies: Latencies
}

const patienceMs = 10_000

/** What a crowd has got once all is there that should be, or nothing more comes. */
export async function arrived(crowd: Crowd, expected: number): Promise<Harvest> {
  await until(async () => (await crowd.harvest()).frames >= expected, patienceMs, 50)
  return crowd.harvest()
}

/** A turn by what was to come and what has. */
export function turnOf(
  harvest: Harvest,
  { messages, expected, failed }: { messages: number; expected: number; failed: number },
): Turn {
  const { frames, latencies, lost, repeats } = harvest
  return {
    messages,
    deliveries: frames,
    missed: Math.max(0, expected - frames),
    doubled:
      Math.max(0, frames - expected) + harvest.doubled + repeats.doubled + repeats.ages.count,
    failed: failed + lost,
    latencies,
  }
}

/** The turns of several loads, or of one load over time, as one. */
export function together(turns: readonly Turn[]): Turn {
  const latencies = createLatencies()
  for (const turn of turns) latencies.merge(turn.latencies.counted())
  const total = (of: (turn: Turn) => number) => turns.reduce((sum, turn) => sum + of(turn), 0)
  return {
    messages: total(({ messages }) => messages),
    deliveries: total(({ deliveries }) => deliveries),
    missed: total(({ missed }) => missed),
    doubled: total(({ doubled }) => doubled),
    failed: total(({ failed }) => failed),
    latencies,
  }
}

/** All of a crowd leave without a word and come back; how many were not let in. */
export async function comeBack(crowd: Crowd): Promise<number> {
  await crowd.cut()
  return crowd.size - (await crowd.reopen()).ready
}
